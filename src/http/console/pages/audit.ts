import { z } from 'zod';
import type { AuditEnd } from '../../../domain/audit/audit';
import { beijingMoment } from '../../../kit/beijing';
import { may, page, part } from '../console';
import { maybe, whole } from '../form';
import { type Cell, type Tone, table } from '../parts';

const ends: Record<AuditEnd, [string, Tone]> = {
  begun: ['開始', 'grey'],
  done: ['做了', 'green'],
  refused: ['被拒絕', 'yellow'],
  failed: ['出錯', 'red'],
  seen: ['看了', 'blue'],
};
const inShort = (value: unknown): string => {
  const text = value === undefined ? '' : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
};

export default [
  page(
    '/audit',
    may('audit.see'),
    {
      title: '操作記錄',
      menu: { group: 'system', at: 20 },
      template: 'audit',
      asks: z.object({
        by: maybe(z.string().max(64)),
        end: maybe(z.enum(['begun', 'done', 'refused', 'failed', 'seen'])),
        words: maybe(z.string().max(60)),
        cursor: maybe(whole(1, 1e15)),
      }),
    },
    async ({ services }, asked) => {
      const { cursor, ...filter } = asked;
      const rows = await services.audit.list({ ...filter, ...(cursor ? { before: cursor } : {}) });
      return {
        table: table({
          caption: '操作記錄，新的在前',
          path: '/audit',
          asked,
          filters: [
            { kind: 'text', name: 'by', label: '誰（登錄名）', value: asked.by },
            { kind: 'text', name: 'words', label: '做什麼', value: asked.words },
            {
              kind: 'select',
              name: 'end',
              label: '結果',
              value: asked.end,
              options: Object.entries(ends).map(([value, [label]]) => ({ value, label })),
            },
          ],
          columns: [
            { label: '編號', number: true },
            { label: '時間' },
            { label: '誰' },
            { label: '做什麼' },
            { label: '結果' },
            { label: '細節' },
            { label: '從哪裡' },
          ],
          rows: rows.map((row): Cell[] => [
            row._id,
            beijingMoment(row.at.getTime()),
            { text: row.by ?? '還沒登錄的人', own: true },
            { text: row.what, note: row.path },
            {
              text: ends[row.end][0],
              tone: ends[row.end][1],
              note: row.of === undefined ? '' : `接 ${row.of}`,
            },
            {
              text: [
                row.why ?? '',
                row.asked && Object.keys(row.asked).length > 0 ? inShort(row.asked) : '',
                row.before === undefined && row.after === undefined
                  ? ''
                  : `${inShort(row.before)} → ${inShort(row.after)}`,
              ]
                .filter(Boolean)
                .join('　'),
              own: true,
            },
            row.ip,
          ]),
          next: rows.length === 50 ? String(rows.at(-1)?._id) : undefined,
          empty: { title: '還沒有記錄', text: '登錄、修改、導出、查看個人資料、被拒絕的事，都會記在這裡。' },
        }),
      };
    },
  ),
  part(
    '/audit/check',
    may('audit.see'),
    { template: 'audit-check', asks: z.object({}) },
    async ({ services }) => {
      const { rows, broken } = await services.audit.check();
      return { rows: rows.toLocaleString('en'), broken: broken ?? 0 };
    },
  ),
];
