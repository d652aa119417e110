import { z } from 'zod';
import { recountTask } from '../../../domain/rfm/rfm.tasks';
import {
  hasNoSource,
  type StageCode,
  stageCodes,
  stageNames,
  stageRules,
} from '../../../domain/stages/stage-rules';
import { AppError } from '../../../errors';
import { beijingDay, dayMs } from '../../../kit/beijing';
import { drawChart, linesOver } from '../chart';
import { act, done, may, page, part, picture } from '../console';
import { cursor, day, maybe } from '../form';
import { type Cell, table } from '../parts';
import { personCell, queryOf } from '../people';
import { slowly } from '../slowly';

const rowsOnPage = 50;
const span = z.object({ since: maybe(day), until: maybe(day) });

/** The days that are asked for: the last thirty where none are. */
function daysOf(asked: z.infer<typeof span>, now: number): { since: string; until: string } {
  const until = asked.until ?? beijingDay(now);
  const since = asked.since ?? beijingDay(Date.parse(`${until}T00:00:00+08:00`) - 29 * dayMs);
  if (since > until)
    throw new AppError('Invalid', 'stages.span', `開始的日子 ${since} 在結束的 ${until} 後面，請換過來。`);
  return { since, until };
}

export default [
  page(
    '/stages',
    may('people.see'),
    { title: '階段', menu: { group: 'people', at: 60 }, template: 'stages', asks: span },
    async ({ services, now }, asked) => {
      const { since, until } = daysOf(asked, now);
      const [days, task] = await Promise.all([
        services.stages.days(since, until),
        services.tasks.latest(recountTask.name),
      ]);
      return {
        span: queryOf({ since, until }),
        hasChart: days.length > 1,
        running: task?.state === 'waiting' || task?.state === 'running',
      };
    },
  ),
  part(
    '/stages/rates',
    may('people.see'),
    { template: 'stages-rates', asks: span },
    async ({ services, now }, asked) => {
      const { since, until } = daysOf(asked, now);
      const rates = await slowly(() => services.stages.rates(since, until));
      return {
        moves: table({
          caption: '這段日子的躍遷',
          path: '/stages',
          asked: { since, until },
          filters: [
            { kind: 'day', name: 'since', label: '從', value: since },
            { kind: 'day', name: 'until', label: '到', value: until },
          ],
          columns: [
            { label: '從' },
            { label: '到' },
            { label: '人', number: true },
            { label: '佔那個階段的', number: true },
          ],
          rows: rates.map(({ from, to, people, of, rate = 0 }): Cell[] => [
            stageNames[from],
            stageNames[to],
            { text: people, href: `/stages/moves?${queryOf({ from, to, since, until })}` },
            of === undefined
              ? ''
              : { text: `${(rate * 100).toFixed(1)}%`, note: `${of.toLocaleString('en')} 人中` },
          ]),
          empty: { title: '還沒有躍遷', text: '有人關注、提問、玩活動或購買，就會從一個階段到另一個階段。' },
        }),
      };
    },
  ),
  part(
    '/stages/counts',
    may('people.see'),
    { template: 'stages-counts', asks: z.object({}) },
    async ({ services }) => {
      const counts = await slowly(() => services.stages.counts());
      const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
      return {
        table: table({
          caption: '每個階段有多少人',
          columns: [
            { label: '階段' },
            { label: '人', number: true },
            { label: '佔比', number: true },
            { label: '看什麼判定' },
          ],
          rows: stageRules.map((rule): Cell[] => {
            const people = counts[rule.stage] ?? 0;
            return [
              stageNames[rule.stage],
              hasNoSource(rule) ? '' : { text: people, href: `/subscribers?stage=${rule.stage}` },
              hasNoSource(rule) || all === 0 ? '' : `${((people / all) * 100).toFixed(1)}%`,
              hasNoSource(rule) ? `沒有來源；可以餵它的：${rule.fedBy}` : rule.fedBy,
            ];
          }),
          empty: { title: '', text: '' },
        }),
      };
    },
  ),
  picture('/stages/chart', may('people.see'), { asks: span }, async ({ services, now }, asked) => {
    const { since, until } = daysOf(asked, now);
    const days = await services.stages.days(since, until);
    const standing = (stage: StageCode) => days.some(({ people }) => (people[stage] ?? 0) > 0);
    return drawChart(
      linesOver(
        days.map(({ _id }) => _id.slice(5)),
        stageCodes.filter(standing).map((stage) => ({
          name: stageNames[stage],
          values: days.map(({ people }) => people[stage] ?? 0),
        })),
      ),
    );
  }),
  page(
    '/stages/moves',
    may('people.see'),
    {
      title: '誰換了階段',
      template: 'stages-moves',
      asks: span.extend({ from: z.enum(stageCodes), to: z.enum(stageCodes), cursor }),
    },
    async (visit, { from, to, cursor: after, ...asked }) => {
      const { services } = visit;
      const { since, until } = daysOf(asked, visit.now);
      const { moves, next } = await services.stages.moved({
        from,
        to,
        since,
        until,
        after,
        limit: rowsOnPage,
      });
      const names = await services.names.nameOf(moves.map(({ pid }) => pid));
      return {
        told: `${since} 到 ${until}，從「${stageNames[from]}」到「${stageNames[to]}」`,
        back: `/stages?${queryOf({ since, until })}`,
        table: table({
          caption: '誰換了階段',
          path: '/stages/moves',
          asked: { from, to, since, until, ...(after === undefined ? {} : { cursor: after }) },
          columns: [{ label: '名字' }, { label: '哪一天' }],
          rows: moves.map(({ pid, on }): Cell[] => [personCell(visit, pid, names.get(pid) ?? ''), on]),
          empty: { title: '沒有人了', text: '這樣走過的人都已經取消關注：人數留著，名字不留。' },
          next,
        }),
      };
    },
  ),
  act('/stages/judge', may('people.edit'), { what: '重新判斷階段', asks: z.object({}) }, async (visit) =>
    done('開始重新判斷。', { to: await visit.start(recountTask, { href: '/stages' }) }),
  ),
];
