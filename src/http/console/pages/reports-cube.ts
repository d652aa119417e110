import { z } from 'zod';
import { cubeColumns, type TableLine, tableOf } from '../../../domain/cube/lines';
import { drawCube } from '../../../domain/cube/picture';
import { sentenceOfLine } from '../../../domain/cube/sentences';
import { csvOf } from '../../../domain/reports/csv';
import { beijingDay } from '../../../kit/beijing';
import { createGate } from '../../../kit/gate';
import { download, may, page, picture } from '../console';
import { day, maybe } from '../form';
import { change, linked, peopleOf, percent } from '../numbers';
import { type Cell, field, table } from '../parts';

/** A picture takes the loop for a while: one at a time. */
const drawing = createGate({ atOnce: 1, maxWaiting: 20 });
const asks = z.object({ day: maybe(day), before: maybe(day) });
type Asked = z.infer<typeof asks>;

const amountOf = ({ amount, unit }: TableLine): string =>
  amount === undefined ? '' : `${amount.toLocaleString('en', { maximumFractionDigits: 2 })} ${unit ?? ''}`;
const asWords = ({ on, beforeOn }: TableLine): string => `${on}${beforeOn ? `，與 ${beforeOn} 相比` : ''}`;
const queryOf = (on: string, { before }: Asked): string =>
  `?${new URLSearchParams({ day: on, ...(before ? { before } : {}) }).toString()}`;

export default [
  page(
    '/reports/cube',
    may('reports.see'),
    { title: '消費者資產', menu: { group: 'reports', at: 20 }, template: 'reports-cube', asks },
    async (visit, asked) => {
      const { cube } = visit.services;
      const kept = await cube.kept();
      const on = asked.day ?? kept[0];
      // The first step stands on the page.
      if (on === undefined) return { has: false };
      const compared = await cube.read(on, asked.before);
      const isToday = on === beijingDay(visit.now);
      const options = kept.map((value) => ({ value, label: value }));
      return {
        has: true,
        on,
        query: queryOf(on, asked),
        fields: [
          field({ name: 'day', label: '哪一天', kind: 'select', value: on, options }),
          field({
            name: 'before',
            label: '和哪天比',
            kind: 'select',
            value: asked.before ?? '',
            options: [{ value: '', label: '一個月前' }, ...options.filter(({ value }) => value < on)],
          }),
        ],
        table: table({
          caption: `消費者資產立方體 ${on}`,
          columns: [
            { label: '面' },
            { label: '項目' },
            { label: '人數', number: true },
            { label: '佔比', number: true },
            { label: '數值', number: true },
            { label: '增減', number: true },
          ],
          rows: tableOf(compared, cube.stages).map((line): Cell[] => {
            const sentence = isToday ? sentenceOfLine(line, on, cube.stages) : undefined;
            return [
              line.side,
              { text: line.what, ...(line.remark ? { note: line.remark } : {}) },
              line.people === undefined
                ? '—'
                : linked(line.people, sentence === undefined ? '' : peopleOf(visit, sentence)),
              line.of === undefined || line.people === undefined ? '' : percent(line.people / line.of),
              amountOf(line),
              line.before === undefined ? '' : change(line.people, line.before.people),
            ];
          }),
          empty: { title: '', text: '' },
        }),
      };
    },
  ),
  picture('/reports/cube.svg', may('reports.see'), { asks }, async ({ services }, asked) => {
    const { cube } = services;
    const on = asked.day ?? (await cube.kept(1))[0];
    const compared = await cube.read(on ?? '', asked.before);
    return drawing(() => drawCube(compared, cube.stages));
  }),
  download(
    '/reports/cube.csv',
    may('reports.see'),
    { what: '下載消費者資產立方體', asks },
    async ({ services }, asked) => {
      const { cube } = services;
      const on = asked.day ?? (await cube.kept(1))[0];
      const lines = tableOf(await cube.read(on ?? '', asked.before), cube.stages);
      return {
        name: `消費者資產立方體-${on}.csv`,
        type: 'text/csv; charset=utf-8',
        body: await csvOf(cubeColumns, lines, lines[0] ? asWords(lines[0]) : ''),
      };
    },
  ),
];
