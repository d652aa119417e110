import { z } from 'zod';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page } from '../console';
import { cursor, id, maybe } from '../form';
import { table } from '../parts';

const pageSize = 50;
const marks = { done: '處理過了', ignored: '不用管' } as const;

/** `<how often>~<id>`: where the list goes on. */
function readCursor(text: string | undefined): { n: number; id: string } | undefined {
  const [, n, last] = /^(\d+)~(.+)$/.exec(text ?? '') ?? [];
  return n === undefined || last === undefined ? undefined : { n: Number(n), id: last };
}

export default [
  page(
    '/replies/misses',
    may('replies.see'),
    {
      title: '問了沒答上',
      menu: { group: 'content', at: 12 },
      template: 'misses',
      asks: z.object({ as: maybe(z.enum(['done', 'ignored'])), cursor }),
    },
    async ({ services, may: can }, { as, cursor: at }) => {
      const list = await services.misses.page({ as, after: readCursor(at), most: pageSize });
      const last = list.at(-1);
      const edits = can('replies.edit');
      return {
        table: table({
          caption: '用戶說了、沒有人答得上的話',
          path: '/replies/misses',
          asked: { as, cursor: at },
          columns: [
            { label: '她們說的' },
            { label: '次數', number: true },
            { label: '最近一次' },
            { label: '聽出了什麼' },
            { label: as ? '誰看過' : '怎麼辦' },
          ],
          filters: [
            {
              kind: 'select',
              name: 'as',
              label: '看過的',
              value: as,
              options: Object.entries(marks).map(([value, label]) => ({ value, label })),
            },
          ],
          rows: list.map(({ _id, n, lastAt, sample = '', parts = [], mark }) => {
            const write = `/replies/new?word=${encodeURIComponent(sample)}&miss=${_id}`;
            const marking = (to: string, label: string) => ({
              to: `/replies/misses/${_id}/mark`,
              label,
              fields: { as: to },
            });
            const again = mark && lastAt > mark.at;
            return [
              { text: sample, own: true },
              n,
              again
                ? { text: beijingMoment(lastAt.getTime()), note: '看過以後又有人說' }
                : beijingMoment(lastAt.getTime()),
              { text: parts.join('，') || '什麼也沒有', own: true },
              {
                ...(mark
                  ? { text: `${marks[mark.as]}，${mark.by}` }
                  : edits
                    ? { text: '寫一條規則', href: write }
                    : { text: '' }),
                act: !edits
                  ? []
                  : mark
                    ? [marking('', '放回名單')]
                    : [marking('done', '處理過了'), marking('ignored', '不用管')],
              },
            ];
          }),
          next: list.length === pageSize && last ? `${last.n}~${last._id}` : undefined,
          empty: {
            title: '沒有答不上的話',
            text: '同一句話有兩個人以上說過、小藝又答不上，就會出現在這裡。只有一個人說過的不留原文。',
          },
        }),
      };
    },
  ),
  act(
    '/replies/misses/:id/mark',
    may('replies.edit'),
    { what: '標記沒答上的話', asks: z.object({ id, as: maybe(z.enum(['done', 'ignored'])) }) },
    async ({ services, by }, { id: miss, as }) => {
      const row = await services.misses.get(miss);
      if (!row) throw new AppError('NotFound', 'misses.unknown', '這句話三十天沒人再說，已經不在名單裡了。');
      await services.misses.mark(miss, as, by);
      return done(as ? `「${row.sample}」：${marks[as]}。` : `「${row.sample}」放回名單了。`);
    },
  ),
];
