import { z } from 'zod';
import { csvOf } from '../../../domain/reports/csv';
import type { Rate } from '../../../domain/stages/moves';
import { hasNoSource, stageCodes, stageNames, stageRules } from '../../../domain/stages/stage-rules';
import { beijingDay, dayMs } from '../../../kit/beijing';
import { createCache } from '../../../kit/cache';
import { drawChart } from '../chart';
import { download, may, page, part, picture, type Visit } from '../console';
import { day, maybe } from '../form';
import { linked, peopleOf, percent } from '../numbers';
import { type Cell, field, table } from '../parts';
import { slowly } from '../slowly';

const asks = z.object({ from: maybe(day), to: maybe(day) });
type Asked = z.infer<typeof asks>;
type Span = { from: string; to: string };

/** The last thirty days where nothing is said. */
const spanOf = ({ now }: Visit, { from, to }: Asked): Span => ({
  from: from ?? beijingDay(now - 29 * dayMs),
  to: to ?? beijingDay(now),
});
const queryOf = ({ from, to }: Span): string => `?from=${from}&to=${to}`;

/** The part, the picture and the file ask for the same. */
const moves = createCache<Rate[]>({ max: 20, freshMs: 30_000, staleMs: 30_000 });
const movesIn = async ({ services }: Visit, { from, to }: Span): Promise<Rate[]> =>
  (await moves.get(`${from}/${to}`, () => slowly(() => services.stages.rates(from, to)))).value;
type Counts = Awaited<ReturnType<Visit['services']['stages']['counts']>>;
const standing = createCache<Counts>({ max: 1, freshMs: 60_000, staleMs: 60_000 });

export default [
  page(
    '/reports/stages',
    may('reports.see'),
    { title: '生命週期', menu: { group: 'reports', at: 30 }, template: 'reports-stages', asks },
    (visit, asked) => {
      const span = spanOf(visit, asked);
      return {
        span,
        query: queryOf(span),
        fields: [
          field({ name: 'from', label: '從', kind: 'day', value: span.from }),
          field({ name: 'to', label: '到', kind: 'day', value: span.to }),
        ],
      };
    },
  ),
  part(
    '/reports/stages/now',
    may('reports.see'),
    { template: 'reports-table', asks: z.object({}) },
    async (visit) => {
      const { value: counts } = await standing.get('now', () => slowly(() => visit.services.stages.counts()));
      const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
      return {
        table: table({
          caption: '每個階段現在有多少人',
          columns: [
            { label: '階段' },
            { label: '人數', number: true },
            { label: '佔比', number: true },
            { label: '由什麼看出' },
          ],
          rows: stageRules.map((rule): Cell[] => {
            const n = counts[rule.stage] ?? 0;
            const name = stageNames[rule.stage];
            return hasNoSource(rule)
              ? [name, '—', '—', `沒有來源。可以餵它的：${rule.fedBy}`]
              : [
                  name,
                  linked(n, peopleOf(visit, `在階段${name}`)),
                  percent(all > 0 ? n / all : undefined),
                  rule.fedBy,
                ];
          }),
          empty: { title: '', text: '' },
        }),
      };
    },
  ),
  part(
    '/reports/stages/moves',
    may('reports.see'),
    { template: 'reports-moves', asks },
    async (visit, asked) => {
      const span = spanOf(visit, asked);
      const rates = await movesIn(visit, span);
      return {
        has: rates.length > 0,
        query: queryOf(span),
        table: table({
          caption: `${span.from} 到 ${span.to} 的躍遷`,
          columns: [
            { label: '從' },
            { label: '到' },
            { label: '人次', number: true },
            { label: '其中多少', number: true },
            { label: '比率', number: true },
          ],
          rows: rates.map(({ from, to, people, of, rate }): Cell[] => [
            stageNames[from],
            linked(stageNames[to], peopleOf(visit, `在階段${stageNames[to]}`)),
            people,
            of ?? '—',
            percent(rate),
          ]),
          empty: {
            title: '這段日子沒有人換階段',
            text: '有人關注、提問、答題、購買，就會往前走；幾秒後這裡看得到。',
          },
        }),
      };
    },
  ),
  picture('/reports/stages.svg', may('reports.see'), { asks }, async (visit, asked) => {
    const rates = await movesIn(visit, spanOf(visit, asked));
    const name = (side: '前' | '後', code: Rate['from']) => `${stageNames[code]}（${side}）`;
    const at = (code: Rate['from']) => stageCodes.indexOf(code);
    const froms = [...new Set(rates.map(({ from }) => from))].toSorted((a, b) => at(a) - at(b));
    const tos = [...new Set(rates.map(({ to }) => to))].toSorted((a, b) => at(a) - at(b));
    return drawChart(
      {
        series: [
          {
            // Two columns, before and after: people go forth and back, and a flow may not run in a circle.
            type: 'sankey',
            data: [
              ...froms.map((code) => ({ name: name('前', code), depth: 0 })),
              ...tos.map((code) => ({
                name: name('後', code),
                depth: 1,
                label: { position: 'left' as const },
              })),
            ],
            links: rates.map(({ from, to, people }) => ({
              source: name('前', from),
              target: name('後', to),
              value: people,
            })),
            layoutIterations: 0,
            nodeGap: 14,
            lineStyle: { color: 'gradient', opacity: 0.35 },
            label: { fontSize: 13 },
            left: 16,
            right: 16,
            top: 12,
            bottom: 12,
          },
        ],
      },
      { width: 900, height: 420 },
    );
  }),
  download(
    '/reports/stages.csv',
    may('reports.see'),
    { what: '下載階段躍遷', asks },
    async (visit, asked) => {
      const span = spanOf(visit, asked);
      return {
        name: `階段躍遷-${span.from}-${span.to}.csv`,
        type: 'text/csv; charset=utf-8',
        body: await csvOf<Rate>(
          [
            { title: '從', of: ({ from }) => stageNames[from] },
            { title: '到', of: ({ to }) => stageNames[to] },
            { title: '人次', of: ({ people }) => people },
            { title: '其中多少', of: ({ of }) => of },
            { title: '比率', of: ({ rate }) => rate },
          ],
          await movesIn(visit, span),
          `${span.from} 到 ${span.to}`,
        ),
      };
    },
  ),
];
