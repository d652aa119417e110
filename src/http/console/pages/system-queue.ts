import { z } from 'zod';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page, part } from '../console';
import { cursor, maybe, reason } from '../form';
import { count, processName, span } from '../numbers';
import { type Cell, field, type Tone, table, tiles } from '../parts';
import { slowly } from '../slowly';

const nothing = z.object({});
const perPage = 50;
const where = z.enum(['jobs', 'letters']);
const taskStates: Record<'waiting' | 'running' | 'done' | 'failed', [string, Tone]> = {
  waiting: ['排隊中', 'grey'],
  running: ['進行中', 'blue'],
  done: ['做完了', 'green'],
  failed: ['沒有做成', 'red'],
};
/** A job has no other name than the one in the program. */
const kindCell = (kind: string): Cell => (kind === 'tell' ? '客服消息' : { text: kind, own: true });

export default [
  page(
    '/system/queue',
    may('system.see'),
    { title: '隊列', menu: { group: 'system', at: 52 }, template: 'system-queue', asks: nothing },
    () => ({}),
  ),
  part(
    '/system/queue/now',
    may('system.see'),
    { template: 'system-queue-now', asks: nothing },
    async (visit) => {
      const { services, house, now } = visit;
      const [board, oldest, undone, inboxOldest, aside, letters, timers, processes, tasks, hints] =
        await slowly(() =>
          Promise.all([
            services.outbox.board(),
            services.outbox.oldestPendingMs(),
            services.inbox.undone(),
            services.inbox.oldestUndoneMs(),
            services.outbox.countAside(),
            services.inbox.countQuarantined(),
            services.timers.next(20),
            services.processes.list(),
            services.tasks.list({ most: 20 }),
            house.hints(),
          ]),
        );
      const waiting = board.waiting.reduce((sum, { n }) => sum + n, 0);
      const machineNow = Date.now();
      return {
        tiles: tiles([
          {
            label: '發件箱等著',
            value: `${count(waiting)}${board.more ? '+' : ''}`,
            note: `最久的等了 ${span(oldest)}`,
          },
          { label: '消息還沒答完', value: undone, note: `最久的等了 ${span(inboxOldest)}` },
          { label: '擱下的工作', value: aside, href: '/system/aside', note: '試了五次都不成' },
          { label: '隔離的消息', value: letters, href: '/system/aside?what=letters', note: '三次都沒有答成' },
        ]),
        waiting: table({
          caption: '發件箱裡等著的，按種類',
          columns: [
            { label: '種類' },
            { label: '等著', number: true },
            { label: '試過不成的', number: true },
            { label: '最久的等了' },
          ],
          rows: board.waiting.map(({ kind, n, again, oldest: since }): Cell[] => [
            kindCell(kind),
            n,
            again,
            since.getTime() > machineNow ? '還沒到時候' : span(machineNow - since.getTime()),
          ]),
          empty: { title: '什麼都沒有等著', text: '要發的消息、要做的工作都做完了。' },
        }),
        failed: table({
          caption: '發件箱裡沒有做成的，按種類',
          columns: [{ label: '種類' }, { label: '沒有做成', number: true }, { label: '怎麼辦' }],
          rows: board.failed.map(({ kind, n }): Cell[] => [
            kindCell(kind),
            n,
            kind === 'tell' ? '微信拒收，不會再發' : { text: '看原因、重放', href: '/system/aside' },
          ]),
          empty: { title: '沒有不成的', text: '留 30 天的都在這裡。' },
        }),
        hints: hints
          ? tiles([
              { label: '等著的提示', value: hints.waiting },
              { label: '正在做', value: hints.active },
              { label: '延後的', value: hints.delayed },
              { label: '一小時內做完', value: hints.completed },
              { label: '一天內不成', value: hints.failed, note: '發件箱裡還在，會再做' },
            ])
          : '',
        timers: table({
          caption: '接著到期的定時',
          columns: [{ label: '什麼時候' }, { label: '工作' }, { label: '編號' }],
          rows: timers.map(({ _id, dueAt, job }): Cell[] => [
            {
              text: beijingMoment(dueAt.getTime()),
              ...(dueAt.getTime() <= now
                ? { note: '到了，馬上做' }
                : { note: `還有 ${span(dueAt.getTime() - now)}` }),
            },
            { text: job, own: true },
            { text: _id, own: true },
          ]),
          empty: { title: '沒有定時', text: '每天 04:00 的整理會自己排上。' },
        }),
        processes: table({
          caption: '進程',
          columns: [{ label: '做什麼' }, { label: '活著嗎' }, { label: '上次報到' }],
          rows: processes.map(({ role, alive, silentMs }): Cell[] => [
            processName(role),
            { text: alive ? '活著' : '沒有動靜', tone: alive ? 'green' : 'grey' },
            `${span(silentMs)}前`,
          ]),
          empty: { title: '一個都沒有', text: '看服務有沒有啟動。' },
        }),
        tasks: table({
          caption: '所有人的工作，新的在前',
          columns: [
            { label: '工作' },
            { label: '誰' },
            { label: '狀態' },
            { label: '開始' },
            { label: '說明' },
          ],
          rows: tasks.map((task): Cell[] => [
            task.who === visit.who.id || visit.who.roles.includes('administrator')
              ? { text: task.title, href: `/tasks/${task.id}` }
              : task.title,
            { text: task.by, own: true },
            { text: taskStates[task.state][0], tone: taskStates[task.state][1] },
            // By the machine: they are no business of fans.
            beijingMoment(task.at.getTime()),
            task.why ?? task.text ?? task.step ?? '',
          ]),
          empty: { title: '七天內沒有人開始過工作', text: '導出、導入、重數都是工作。' },
        }),
      };
    },
  ),

  page(
    '/system/aside',
    may('system.see'),
    { title: '擱下的', template: 'system-aside', asks: z.object({ what: maybe(where), cursor }) },
    async ({ services }, { what = 'jobs', cursor: from }) => {
      const [at = '', id = ''] = (from ?? '').split('~');
      const found =
        what === 'jobs'
          ? (await services.outbox.putAside(perPage + 1, from ?? '')).map((row) => ({
              id: row.id,
              name: row.job,
              at: row.at.getTime(),
              why: row.reason,
              next: row.id,
            }))
          : (
              await services.inbox.quarantined(
                perPage + 1,
                from === undefined ? undefined : { at: new Date(Number(at)), id },
              )
            ).map(({ _id, at: came, failed = '', quarantinedAt }) => ({
              id: _id,
              name: '粉絲發來的一則消息',
              at: came.getTime(),
              why: failed,
              next: `${quarantinedAt?.getTime()}~${_id}`,
            }));
      const rows = found.slice(0, perPage);
      return {
        what,
        rows,
        next: found.length > perPage ? encodeURIComponent(rows.at(-1)?.next ?? '') : '',
        first: from !== undefined,
        reason: field({ name: 'reason', label: '修好了什麼', kind: 'text', required: true, most: 200 }),
      };
    },
  ),
  act(
    '/system/replay',
    may('system.replay'),
    {
      what: '重放擱下的',
      asks: z.object({ what: where, id: z.string().regex(/^[^\p{Cc}]{1,300}$/u, '編號不對'), reason }),
    },
    async ({ services: { outbox, inbox } }, { what, id }) => {
      const why = await (what === 'jobs' ? outbox.putAsideFor(id) : inbox.quarantinedFor(id));
      const back = why !== undefined && (await (what === 'jobs' ? outbox.replay(id) : inbox.replay(id)));
      if (!back)
        throw new AppError(
          'NotFound',
          'replay.unknown',
          `沒有擱下的「${id}」：可能別人已經放回去了，或過了 30 天。請重新整理頁面再看。`,
        );
      return done('放回去了，一分鐘內接手。', {
        to: `/system/aside?what=${what}`,
        before: { put: 'aside', why },
        after: { put: 'back' },
      });
    },
  ),
];
