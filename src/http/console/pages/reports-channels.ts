import { z } from 'zod';
import type { Stay } from '../../../domain/days/stays';
import { csvOf } from '../../../domain/reports/csv';
import { beijingDay, dayMs } from '../../../kit/beijing';
import { createCache } from '../../../kit/cache';
import { barsOf, drawChart } from '../chart';
import { download, may, page, part, picture, type Visit } from '../console';
import { day, maybe } from '../form';
import { linked, peopleOf, percent } from '../numbers';
import { type Cell, field, table } from '../parts';
import { slowly } from '../slowly';

const sorts = ['joined', 'left', 'week', 'month'] as const;
type Sort = (typeof sorts)[number];
const asks = z.object({
  from: maybe(day),
  to: maybe(day),
  sort: maybe(z.enum([...sorts, ...sorts.map((one) => `-${one}` as const)])),
  cursor: maybe(z.string().regex(/^\d{1,6}$/, '頁碼不對')),
});
type Asked = z.infer<typeof asks>;
type Row = Stay & { name: string };
const perPage = 50;

const spanOf = ({ now }: Visit, { from, to }: Asked) => ({
  from: from ?? beijingDay(now - 90 * dayMs),
  to: to ?? beijingDay(now - dayMs),
});
const kept = ({ of, kept: n }: Stay['week']): number | undefined => (of > 0 ? n / of : undefined);
const measure: Record<Sort, (row: Stay) => number> = {
  joined: ({ joined }) => joined,
  left: ({ left }) => left,
  week: ({ week }) => kept(week) ?? -1,
  month: ({ month }) => kept(month) ?? -1,
};

const stays = createCache<Row[]>({ max: 20, freshMs: 60_000, staleMs: 60_000 });
async function rowsOf(visit: Visit, asked: Asked): Promise<Row[]> {
  const { services } = visit;
  const { from, to } = spanOf(visit, asked);
  const { value } = await stays.get(`${from}/${to}`, () =>
    slowly(async () => {
      const found = await services.days.stays(from, to);
      const names = await services.channels.namesOf(found.map(({ scene }) => scene));
      return found.map((row) => ({ ...row, name: names.get(row.scene) ?? '' }));
    }),
  );
  const sort = asked.sort ?? '-joined';
  const of = measure[sort.replace('-', '') as Sort];
  const way = sort.startsWith('-') ? -1 : 1;
  return value.toSorted((a, b) => way * (of(a) - of(b)));
}

export default [
  page(
    '/reports/channels',
    may('reports.see'),
    { title: '渠道', menu: { group: 'reports', at: 70 }, template: 'reports-channels', asks },
    (visit, asked) => {
      const { from, to } = spanOf(visit, asked);
      return {
        query: `?${new URLSearchParams({ from, to, ...(asked.sort ? { sort: asked.sort } : {}), ...(asked.cursor ? { cursor: asked.cursor } : {}) }).toString()}`,
        span: `?from=${from}&to=${to}`,
        fields: [
          field({ name: 'from', label: '關注日從', kind: 'day', value: from }),
          field({ name: 'to', label: '到', kind: 'day', value: to }),
        ],
      };
    },
  ),
  part(
    '/reports/channels/list',
    may('reports.see'),
    { template: 'reports-table', asks },
    async (visit, asked) => {
      const rows = await rowsOf(visit, asked);
      const at = Number(asked.cursor ?? 0);
      const shown = rows.slice(at, at + perPage);
      const still = ({ of, kept: n }: Stay['week']): Cell =>
        of > 0
          ? { text: percent(n / of), note: `${of} 人裡的 ${n} 人` }
          : { text: '—', note: '還沒有滿的人' };
      return {
        table: table({
          caption: '渠道帶來的人',
          path: '/reports/channels',
          asked,
          columns: [
            { label: '渠道' },
            { label: '新關注', number: true, sort: 'joined' },
            { label: '已離開', number: true, sort: 'left' },
            { label: '滿 7 天還在', number: true, sort: 'week' },
            { label: '滿 30 天還在', number: true, sort: 'month' },
          ],
          rows: shown.map((row): Cell[] => [
            {
              text: row.name || row.scene,
              own: true,
              ...(row.name ? { note: row.scene } : { note: '掃的碼不在渠道表裡' }),
            },
            linked(
              row.joined,
              peopleOf(visit, `第一次從渠道「${row.scene}」來`),
              '點開是現在還在的人，不分日期',
            ),
            row.left,
            still(row.week),
            still(row.month),
          ]),
          empty: {
            title: '這段日子沒有人掃渠道碼關注',
            text: '先把渠道表導入，把帶參數的二維碼掛出去；有人掃碼關注，第二天 04:00 以後這裡看得到。',
            href: '/content',
            label: '去內容',
          },
          ...(rows.length > at + perPage ? { next: String(at + perPage) } : {}),
          total: rows.length,
        }),
      };
    },
  ),
  picture('/reports/channels.svg', may('reports.see'), { asks }, async (visit, asked) => {
    const rows = (await rowsOf(visit, asked)).slice(0, 12);
    return drawChart(
      barsOf(
        rows.map(({ name, scene }) => name || scene),
        [
          { name: '新關注', values: rows.map(({ joined }) => joined) },
          { name: '已離開', values: rows.map(({ left }) => left) },
        ],
      ),
    );
  }),
  download('/reports/channels.csv', may('reports.see'), { what: '下載渠道', asks }, async (visit, asked) => {
    const { from, to } = spanOf(visit, asked);
    return {
      name: `渠道-${from}-${to}.csv`,
      type: 'text/csv; charset=utf-8',
      body: await csvOf<Row>(
        [
          { title: '碼', of: ({ scene }) => scene },
          { title: '渠道', of: ({ name }) => name },
          { title: '新關注', of: ({ joined }) => joined },
          { title: '已離開', of: ({ left }) => left },
          { title: '滿 7 天的人', of: ({ week }) => week.of },
          { title: '滿 7 天還在', of: ({ week }) => week.kept },
          { title: '滿 30 天的人', of: ({ month }) => month.of },
          { title: '滿 30 天還在', of: ({ month }) => month.kept },
        ],
        await rowsOf(visit, asked),
        `關注日 ${from} 到 ${to}`,
      ),
    };
  }),
];
