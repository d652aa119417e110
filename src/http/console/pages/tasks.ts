import { Readable } from 'node:stream';
import { z } from 'zod';
import type { TaskView } from '../../../domain/tasks/tasks';
import { AppError } from '../../../errors';
import { act, done, download, may, page, part, type Visit } from '../console';
import { id } from '../form';
import { type Tone, table } from '../parts';

const stateNames: Record<TaskView['state'], [string, Tone]> = {
  waiting: ['排隊中', 'grey'],
  running: ['進行中', 'blue'],
  done: ['做完了', 'green'],
  failed: ['沒有做成', 'red'],
};

const sizeIn = (bytes: number): string =>
  bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;

const shown = (task: TaskView) => ({
  ...task,
  at: task.at.getTime(),
  over: task.state === 'done' || task.state === 'failed',
  stateName: stateNames[task.state][0],
  tone: stateNames[task.state][1],
  done: task.done ?? 0,
  total: task.total ?? 0,
  step: task.step ?? '',
  text: task.text ?? '',
  why: task.why ?? '',
  href: task.href ?? '',
  file: task.file?.name ?? '',
  size: task.file ? sizeIn(task.file.size) : '',
  expires: task.expiresAt?.getTime() ?? 0,
});

/** Hers, or anybody's for an administrator. */
async function hers(visit: Visit, task: string): Promise<TaskView> {
  const found = await visit.services.tasks.get(task);
  if (found.who !== visit.who.id && !visit.who.roles.includes('administrator'))
    throw new AppError('NotFound', 'tasks.unknown', '沒有這件工作，或已過期。');
  return found;
}

const one = z.object({ id });

export default [
  page(
    '/tasks',
    may('home.see'),
    { title: '我的工作', template: 'tasks', asks: z.object({}) },
    async ({ services, who }) => {
      const list = await services.tasks.list({ who: who.id });
      await services.tasks.saw(who.id);
      return {
        table: table({
          caption: '我的工作',
          columns: [{ label: '工作' }, { label: '狀態' }, { label: '開始' }, { label: '結果' }],
          rows: list
            .map(shown)
            .map((task) => [
              { text: task.title, href: `/tasks/${task.id}` },
              { text: task.stateName, tone: task.tone },
              new Date(task.at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' '),
              task.file
                ? { text: task.file, href: `/tasks/${task.id}/file`, own: true }
                : task.text || task.why,
            ]),
          empty: {
            title: '還沒有工作',
            text: '導出、導入這類要等一會兒的事，開始後都在這裡看進度、取結果。',
          },
        }),
      };
    },
  ),
  part('/tasks/bell', may('home.see'), { template: 'bell', asks: z.object({}) }, async ({ services, who }) =>
    services.tasks.bell(who.id),
  ),
  page(
    '/tasks/:id',
    may('home.see'),
    { title: '工作', template: 'task', asks: one },
    async (visit, asked) => {
      const task = await hers(visit, asked.id);
      return { title: task.title, task: shown(task) };
    },
  ),
  part('/tasks/:id/now', may('home.see'), { template: 'task-now', asks: one }, async (visit, asked) => ({
    task: shown(await hers(visit, asked.id)),
  })),
  act('/tasks/:id/cancel', may('home.see'), { what: '取消工作', asks: one }, async (visit, asked) => {
    await hers(visit, asked.id);
    await visit.services.tasks.cancel(asked.id, visit.by);
    return done('取消了。');
  }),
  download(
    '/tasks/:id/file',
    may('home.see'),
    { what: '下載工作的文件', asks: one },
    async (visit, asked) => {
      const task = await hers(visit, asked.id);
      if (!visit.may(task.right as Parameters<Visit['may']>[0]))
        throw new AppError('Forbidden', 'tasks.right', '你現在的角色不能再拿這個文件。');
      if (!task.file) throw new AppError('NotFound', 'tasks.no-file', '這件工作沒有文件，或已過期。');
      return { ...task.file, body: Readable.from(visit.services.tasks.read(asked.id)) };
    },
  ),
];
