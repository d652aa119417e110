import { z } from 'zod';
import type { AccountDay } from '../../../domain/days/day-rows';
import { csvOf } from '../../../domain/reports/csv';
import { recountTask, reportPage } from '../../../domain/rfm/rfm.tasks';
import { beijingDay, dayMs, startOfBeijingDay } from '../../../kit/beijing';
import { drawChart, linesOver } from '../chart';
import { act, done, download, may, page, picture } from '../console';
import { cursor, day, maybe } from '../form';
import { linked, peopleOf } from '../numbers';
import { type Cell, table } from '../parts';

const span = { from: maybe(day), to: maybe(day) };
const perPage = 31;
const mostDays = 400;

/** In words, for a file and above a table. */
const asWords = ({ from, to }: { from?: string | undefined; to?: string | undefined }): string =>
  from || to ? `${from ?? '最早'} 到 ${to ?? '昨天'}` : '全部日子';
const queryOf = (asked: Record<string, string | undefined>): string => {
  const some = Object.entries(asked).filter((one): one is [string, string] => one[1] !== undefined);
  return some.length === 0 ? '' : `?${new URLSearchParams(some).toString()}`;
};

/** Who followed on just that day; there is no such rule for a day of which it was ten years ago. */
const followedOn = (on: string, now: number): string => {
  const ago = Math.round((startOfBeijingDay(beijingDay(now)) - startOfBeijingDay(on)) / dayMs);
  return ago === 0 ? '1 天內關注' : `同時（${ago + 1} 天內關注；都不（${ago} 天內關注））`;
};

export default [
  page(
    '/reports',
    may('reports.see'),
    {
      title: '每日數據',
      menu: { group: 'reports', at: 10 },
      template: 'reports',
      asks: z.object({ ...span, cursor }),
    },
    async (visit, asked) => {
      const { from, to } = asked;
      const rows = await visit.services.days.list({ from, to, before: asked.cursor, limit: perPage + 1 });
      const shown = rows.slice(0, perPage);
      return {
        query: queryOf({ from, to }),
        has: rows.length > 0,
        table: table({
          caption: `每日數據，${asWords(asked)}`,
          path: '/reports',
          asked,
          filters: [
            { kind: 'day', name: 'from', label: '從', value: from },
            { kind: 'day', name: 'to', label: '到', value: to },
          ],
          columns: [
            { label: '日期' },
            { label: '新關注', number: true },
            { label: '離開', number: true },
            { label: '消息', number: true },
            { label: '答題', number: true },
          ],
          rows: shown.map((one): Cell[] => [
            { text: one._id, ...(one.partial ? { note: '開始記數以前，只有還在的人' } : {}) },
            linked(one.joined, peopleOf(visit, followedOn(one._id, visit.now))),
            one.partial ? '不知道' : one.left,
            one.messages ?? '不知道',
            one.answers,
          ]),
          empty: {
            title: '還沒有數過一天',
            text: '每天 04:00 數前一天。今天的數字在上面；不想等到夜裡，按「現在重數」。',
          },
          ...(rows.length > perPage ? { next: shown.at(-1)?._id } : {}),
        }),
      };
    },
  ),
  picture(
    '/reports/days.svg',
    may('reports.see'),
    { asks: z.object(span) },
    async ({ services }, { from, to }) => {
      const rows = (await services.days.list({ from, to, limit: 90 })).toReversed();
      return drawChart(
        linesOver(
          rows.map(({ _id }) => _id.slice(5)),
          [
            { name: '新關注', values: rows.map(({ joined }) => joined) },
            { name: '離開', values: rows.map(({ left, partial }) => (partial ? null : left)) },
            { name: '消息', values: rows.map(({ messages }) => messages ?? null) },
            { name: '答題', values: rows.map(({ answers }) => answers) },
          ],
        ),
      );
    },
  ),
  download(
    '/reports/days.csv',
    may('reports.see'),
    { what: '下載每日數據', asks: z.object(span) },
    async ({ services }, asked) => ({
      name: '每日數據.csv',
      type: 'text/csv; charset=utf-8',
      body: await csvOf<AccountDay>(
        [
          { title: '日期', of: ({ _id }) => _id },
          { title: '新關注', of: ({ joined }) => joined },
          { title: '離開', of: ({ left, partial }) => (partial ? undefined : left) },
          { title: '消息', of: ({ messages }) => messages },
          { title: '答題', of: ({ answers }) => answers },
        ],
        await services.days.list({ ...asked, limit: mostDays }),
        asWords(asked),
      ),
    }),
  ),
  act(
    '/reports/recount',
    may('reports.see'),
    { what: '重數數據', asks: z.object({ href: reportPage }) },
    async (visit, asked) => done('開始重數了，做完會告訴你。', { to: await visit.start(recountTask, asked) }),
  ),
];
