import { z } from 'zod';
import { tellReason } from '../../../domain/pushes/reasons';
import type { StepReport } from '../../../domain/pushes/sequences/report';
import { figure } from '../../../domain/pushes/tell-plan';
import { beijingMoment } from '../../../kit/beijing';
import { may, page, part } from '../console';
import { cursor, id, maybe, whole } from '../form';
import { table } from '../parts';
import { countsTold, stateWord, toneOf } from '../push-views';
import { slowly } from '../slowly';

const one = z.object({ id });

export default [
  part(
    '/sequences/:id/report',
    may('pushes.see'),
    { template: 'sequence-report', asks: one },
    async ({ services }, asked) => {
      const { versions } = await slowly(() => services.sequences.report(asked.id));
      const href = (query: string) => `/sequences/${asked.id}/people?${query}`;
      return {
        versions: versions.map(({ version: { version }, came, done: over, left, steps }) => {
          const { stop = 0, 'let-go': letGo = 0 } = left;
          const waiting = steps.reduce((sum, step) => sum + step.waiting, 0);
          const of = `version=${version}`;
          return {
            n: version,
            tiles: [
              { label: '進來', value: figure(came), href: href(of), note: '' },
              { label: '等著', value: figure(waiting), href: href(`${of}&state=waiting`), note: '' },
              { label: '走完', value: figure(over), href: href(`${of}&state=done`), note: '' },
              { label: '照條件退出', value: figure(stop), href: href(`${of}&why=stop`), note: '' },
              { label: '停止時放走', value: figure(letGo), href: href(`${of}&why=let-go`), note: '' },
            ],
            table: table({
              caption: `第 ${version} 版`,
              columns: [
                { label: '步' },
                { label: '等著', number: true },
                { label: '不合條件跳過', number: true },
                { label: '交給推送', number: true },
                { label: '其中' },
              ],
              rows: steps.map((step) => [
                `第 ${step.step + 1} 步`,
                { text: figure(step.waiting), href: href(`${of}&state=waiting&step=${step.step + 1}`) },
                { text: figure(step.skipped), href: href(`${of}&skipped=${step.step + 1}`) },
                {
                  text: figure(step.fed),
                  href: `/sequences/${asked.id}/pushes?version=${version}&step=${step.step + 1}`,
                },
                { text: fedTold(step), note: reasonsOf(step) },
              ]),
              empty: { title: '還沒有人', text: '' },
            }),
          };
        }),
      };
    },
  ),
  page(
    '/sequences/:id/people',
    may('pushes.see'),
    {
      title: '序列裡的人',
      template: 'sequence-people',
      asks: one.extend({
        version: maybe(whole(1, 9_999)),
        state: maybe(z.enum(['waiting', 'done', 'left'])),
        step: maybe(whole(1, 12)),
        why: maybe(z.enum(['stop', 'let-go'])),
        skipped: maybe(whole(1, 12)),
        cursor,
      }),
    },
    async ({ services }, asked) => {
      const { id: sequence, step, skipped, ...rest } = asked;
      const row = await services.sequences.get(sequence);
      const fromZero = (n: number | undefined) => (n === undefined ? undefined : n - 1);
      const { rows: found, next } = await services.sequences.people(sequence, {
        ...rest,
        step: fromZero(step),
        skipped: fromZero(skipped),
      });
      const names = await services.names.nameOf(found.map(({ pid }) => pid));
      return {
        id: row._id,
        name: row.name,
        table: table({
          caption: '序列裡的人',
          columns: [
            { label: '用戶' },
            { label: '在哪裡' },
            { label: '進來' },
            { label: '下一步／結束' },
            { label: '版本', number: true },
          ],
          rows: found.map((run) => [
            { text: run.pid, href: `/subscribers/${run.pid}`, note: names.get(run.pid) ?? '' },
            run.state === 'waiting'
              ? `等第 ${run.step + 1} 步`
              : run.state === 'done'
                ? '走完了'
                : run.why === 'stop'
                  ? '照條件退出'
                  : '停止時放走',
            beijingMoment(run.at.getTime()),
            beijingMoment((run.endedAt ?? run.dueAt).getTime()),
            run.version,
          ]),
          path: `/sequences/${sequence}/people`,
          asked: { ...rest, step, skipped },
          next,
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '在哪裡',
              value: asked.state,
              options: [
                { value: 'waiting', label: '等著' },
                { value: 'done', label: '走完了' },
                { value: 'left', label: '離開了' },
              ],
            },
            { kind: 'text', name: 'version', label: '第幾版', value: asked.version?.toString() },
            { kind: 'text', name: 'step', label: '等第幾步', value: step?.toString() },
          ],
          empty: { title: '還沒有人', text: '開始以後，誰進來了都在這裡。' },
        }),
      };
    },
  ),
  page(
    '/sequences/:id/pushes',
    may('pushes.see'),
    {
      title: '這一步的推送',
      template: 'sequence-people',
      asks: one.extend({ version: whole(1, 9_999), step: whole(1, 12) }),
    },
    async ({ services }, asked) => {
      const { sequences, pushes } = services;
      const row = await sequences.get(asked.id);
      const all = await sequences.pushesOf(asked.id, { version: asked.version, step: asked.step - 1 });
      const cells = [];
      for (const push of all.slice(0, 100)) {
        const status = await pushes.status(push._id);
        cells.push([
          { text: push._id, href: `/pushes/${push._id}`, own: true },
          { text: stateWord(status.state), tone: toneOf[status.state] },
          { text: figure(status.people), href: `/pushes/${push._id}/people` },
          countsTold(status),
        ]);
      }
      return {
        id: row._id,
        name: row.name,
        title: `第 ${asked.version} 版第 ${asked.step} 步的推送`,
        table: table({
          caption: '這一步的推送',
          columns: [{ label: '推送' }, { label: '狀態' }, { label: '人數', number: true }, { label: '其中' }],
          rows: cells,
          empty: { title: '還沒有推送', text: '有人走到這一步，才有。' },
        }),
      };
    },
  ),
];

function fedTold({ counts, fed }: StepReport): string {
  const ended = counts.sent + counts.handed + counts.failed + counts.unknown + counts.skipped;
  return countsTold({ counts, waiting: fed - ended }) || '—';
}
const reasonsOf = ({ counts, stopped }: StepReport): string =>
  [
    ...Object.entries(counts.reasons).map(([why, n]) => `${tellReason(why)} ${figure(n)}`),
    ...(stopped.length > 0 ? [`停著的推送：${stopped.join('、')}`] : []),
  ].join('；');
