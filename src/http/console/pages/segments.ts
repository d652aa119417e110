import { z } from 'zod';
import { isList, type Segment } from '../../../domain/segments/segments';
import { segmentsMeasured } from '../../../domain/segments/segments.tasks';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page, part, type Visit } from '../console';
import { cursor, line, maybe } from '../form';
import { type Cell, table } from '../parts';
import { tellSize } from '../sizes';
import { slowly } from '../slowly';

const asked = z.object({
  q: maybe(line(60)),
  kind: maybe(z.enum(['rule', 'list'])),
  sort: maybe(z.enum(['name', '-name', 'people', '-people', 'at', '-at'])),
  cursor,
});
type Asked = z.infer<typeof asked>;
const most = 50;

const useWords: Record<string, [label: string, path: string]> = {
  segment: ['分群', '/segments/'],
  push: ['推送', '/pushes/'],
  sequence: ['序列', '/sequences/'],
  tag: ['標籤', '/tags'],
};
/** Where it is used, as a few words. */
export const tellUses = (uses: readonly { kind: string }[]): string =>
  Object.entries(useWords)
    .map(([kind, [label]]) => [label, uses.filter((one) => one.kind === kind).length] as const)
    .filter(([, n]) => n > 0)
    .map(([label, n]) => `${label} ${n}`)
    .join('、');
export const useCell = (use: { kind: string; id: string; name: string }): Cell[] => {
  const [label = '', path = ''] = useWords[use.kind] ?? [];
  return [label, { text: use.name, href: use.kind === 'tag' ? path : `${path}${use.id}`, own: true }];
};

/** The list; `count`: what was never counted is counted now. */
async function listed({ services }: Visit, { q, kind, sort, cursor: after }: Asked, count: boolean) {
  const { segments: domain } = services;
  const found = await domain.browse({ words: q, kind, sort, after, most });
  let waits = false;
  const sizes = new Map<string, Segment['size']>();
  for (const { _id, size } of found.segments) {
    if (!size && !count) waits = true;
    sizes.set(_id, size ?? (count ? await domain.measure(_id).catch(() => undefined) : undefined));
  }
  const uses = count ? await domain.uses(found.segments) : undefined;
  const query = new URLSearchParams(
    Object.entries({ q, kind, sort, cursor: after }).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  ).toString();
  return {
    waits,
    query,
    table: table({
      caption: '分群',
      path: '/segments',
      asked: { q, kind, sort, cursor: after },
      total: found.total,
      next: found.next,
      filters: [
        { kind: 'text', name: 'q', label: '編號或名稱', value: q },
        {
          kind: 'select',
          name: 'kind',
          label: '種類',
          value: kind,
          options: [
            { value: 'rule', label: '按規則' },
            { value: 'list', label: '名單' },
          ],
        },
      ],
      columns: [
        { label: '分群', sort: 'name' },
        { label: '規則' },
        { label: '人數', number: true, sort: 'people' },
        { label: '用在' },
        { label: '改過', sort: 'at' },
      ],
      rows: found.segments.map((segment) => {
        const { _id, name, rule, version, at, by } = segment;
        const size = sizes.get(_id);
        const told = uses?.get(_id) ?? [];
        return [
          { text: name, href: `/segments/${_id}`, note: _id, own: true },
          { text: isList(segment) ? '名單' : domain.tell(rule), own: true },
          size
            ? {
                text: tellSize(size),
                href: `/segments/${_id}/members`,
                note: `${beijingMoment(size.at.getTime()).slice(5)} 數的`,
              }
            : { text: count ? '數不了' : '正在數…', note: count ? '打開看為什麼' : '' },
          uses
            ? { text: tellUses(told) || '—', ...(told.length > 0 ? { href: `/segments/${_id}#uses` } : {}) }
            : '…',
          { text: beijingMoment(at.getTime()), note: `第 ${version} 版，${by}`, own: true },
        ];
      }),
      empty: {
        title: '還沒有分群',
        text: '分群是一句規則，像「30 天內問過酒店至少 2 次」：誰符合，誰就在裡面。先建一個，群發、序列、標籤都能用它。',
        href: '/segments/new',
        label: '建第一個分群',
      },
    }),
  };
}

export default [
  page(
    '/segments',
    may('segments.see'),
    { title: '分群', menu: { group: 'people', at: 20 }, template: 'segments', asks: asked },
    async (visit, form) => ({
      ...(await listed(visit, form, false)),
      followedTo: (await visit.services.people.followedTo()) ?? 0,
    }),
  ),
  part('/segments/table', may('segments.see'), { template: 'segments-table', asks: asked }, (visit, form) =>
    slowly(() => listed(visit, form, true)),
  ),
  act(
    '/segments/measure',
    may('segments.edit'),
    { what: '所有分群重新數', asks: z.object({}) },
    async (visit) => done('開始數。', { to: await visit.start(segmentsMeasured, {}) }),
  ),
];
