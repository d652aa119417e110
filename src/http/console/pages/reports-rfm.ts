import { z } from 'zod';
import { csvOf } from '../../../domain/reports/csv';
import { gridOf, type RfmCell, type RfmKind, type RfmPart, sentenceOf } from '../../../domain/rfm/rfm';
import { AppError } from '../../../errors';
import { drawChart } from '../chart';
import { download, may, page, picture } from '../console';
import { day, maybe } from '../form';
import { count, percent, segmentOf } from '../numbers';
import { field } from '../parts';

const kinds: Record<RfmKind, string> = { purchase: '買過的人：按購買', engagement: '沒買過的人：按互動' };
const partNames: Record<RfmKind, Record<RfmPart, string>> = {
  purchase: { r: '近度（多久前買）', f: '頻度（買幾次）', m: '額度（花多少）' },
  engagement: { r: '近度（多久前來）', f: '頻度（問答多少）', m: '額度（多少積分）' },
};
const asks = z.object({
  kind: maybe(z.enum(['purchase', 'engagement'])),
  across: maybe(z.enum(['f', 'm'])),
  day: maybe(day),
});
type Asked = z.infer<typeof asks>;

/** Recency goes down; frequency or money across. */
const wholeOf = ({ kind = 'purchase', across = 'f', day: on }: Asked) => ({ kind, across, day: on });
const queryOf = (asked: Asked): string => {
  const { kind, across, day: on } = wholeOf(asked);
  return `?${new URLSearchParams({ kind, across, ...(on ? { day: on } : {}) }).toString()}`;
};
const sumOf = (kind: RfmKind, sum: number): string =>
  kind === 'purchase' ? `¥${count(Math.round(sum / 100))}` : `${count(sum)} 分`;
const notYet = () =>
  new AppError('NotFound', 'rfm.day', '那一天以前還沒有數過；在「價值矩陣」按「現在重數」，或等明天 04:00。');

export default [
  page(
    '/reports/rfm',
    may('reports.see'),
    { title: '價值矩陣', menu: { group: 'reports', at: 40 }, template: 'reports-rfm', asks },
    async (visit, asked) => {
      const { kind, across, day: on } = wholeOf(asked);
      const last = await visit.services.rfm.last(on);
      if (!last) return { has: false };
      const grid = gridOf(last, kind, across, 'r');
      const all = grid.flat().reduce((sum, { people }) => sum + people, 0);
      const most = Math.max(1, ...grid.flat().map(({ people }) => people));
      return {
        has: true,
        on: last._id,
        all: count(all),
        unjudged: last.unjudged,
        query: queryOf(asked),
        across: partNames[kind][across],
        down: partNames[kind].r,
        scores: [1, 2, 3, 4, 5],
        rows: grid
          .map((cells, i) => ({
            score: i + 1,
            cells: cells.map(({ people, sum }, j) => ({
              people: count(people),
              share: percent(all > 0 ? people / all : undefined),
              sum: people > 0 ? sumOf(kind, sum) : '',
              heat: people === 0 ? 0 : Math.min(5, 1 + Math.floor((people / most) * 4.999)),
              href: people === 0 ? '' : segmentOf(visit, sentenceOf(kind, { r: i + 1, [across]: j + 1 })),
            })),
          }))
          .toReversed(),
        fields: [
          field({
            name: 'kind',
            label: '哪些人',
            kind: 'select',
            value: kind,
            options: Object.entries(kinds).map(([value, label]) => ({ value, label })),
          }),
          field({
            name: 'across',
            label: '橫軸',
            kind: 'select',
            value: across,
            options: (['f', 'm'] as const).map((value) => ({ value, label: partNames[kind][value] })),
          }),
          field({ name: 'day', label: '那天為止最後一次', kind: 'day', value: on ?? last._id }),
        ],
      };
    },
  ),
  picture('/reports/rfm.svg', may('reports.see'), { asks }, async ({ services }, asked) => {
    const { kind, across, day: on } = wholeOf(asked);
    const last = await services.rfm.last(on);
    if (!last) throw notYet();
    const grid = gridOf(last, kind, across, 'r');
    const scores = ['1', '2', '3', '4', '5'];
    return drawChart(
      {
        xAxis: {
          type: 'category',
          data: scores,
          name: partNames[kind][across],
          nameLocation: 'middle',
          nameGap: 28,
        },
        yAxis: { type: 'category', data: scores, name: partNames[kind].r },
        visualMap: {
          show: false,
          min: 0,
          max: Math.max(1, ...grid.flat().map(({ people }) => people)),
          inRange: { color: ['#eef3f1', '#a6d4c6', '#26826b'] },
        },
        series: [
          {
            type: 'heatmap',
            data: grid.flatMap((cells, i) => cells.map(({ people }, j) => [j, i, people])),
            label: { show: true },
          },
        ],
        grid: { left: 24, right: 24, top: 40, bottom: 40, containLabel: true },
      },
      { width: 640, height: 420 },
    );
  }),
  download(
    '/reports/rfm.csv',
    may('reports.see'),
    { what: '下載價值矩陣', asks },
    async ({ services }, asked) => {
      const { kind, day: on } = wholeOf(asked);
      const last = await services.rfm.last(on);
      if (!last) throw notYet();
      return {
        name: `價值矩陣-${last._id}.csv`,
        type: 'text/csv; charset=utf-8',
        body: await csvOf<RfmCell>(
          [
            { title: '日期', of: () => last._id },
            { title: '近度', of: ({ r }) => r },
            { title: '頻度', of: ({ f }) => f },
            { title: '額度', of: ({ m }) => m },
            { title: '人數', of: ({ people }) => people },
            {
              title: kind === 'purchase' ? '消費（元）' : '積分',
              of: ({ sum }) => (kind === 'purchase' ? sum / 100 : sum),
            },
          ],
          last.cells
            .filter((cell) => cell.kind === kind)
            .toSorted((a, b) => b.r - a.r || b.f - a.f || b.m - a.m),
          kinds[kind],
        ),
      };
    },
  ),
];
