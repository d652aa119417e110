import { z } from 'zod';
import { syncTags } from '../../../domain/tags/tags.tasks';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { isWechatError } from '../../../wechat/api/errors';
import { tagBounds } from '../../../wechat/api/tags';
import { act, done, may, page } from '../console';
import { id, line } from '../form';
import { type Cell, form, table } from '../parts';

export default [
  page(
    '/tags',
    may('tags.see'),
    { title: '標籤', menu: { group: 'people', at: 30 }, template: 'tags', asks: z.object({}) },
    async ({ services, may: mayShe }) => {
      const [read, segments, task] = await Promise.all([
        services.tags.lastRead(),
        services.segments.list(),
        services.tasks.latest(syncTags.name),
      ]);
      const own = read.tags.filter((tag) => tag.id > tagBounds.systemIds);
      const called = (segment: string): string =>
        segments.find(({ _id }) => _id === segment)?.name ?? segment;
      const segmentCell = (segment: string): Cell => ({
        text: called(segment),
        href: `/segments/${segment}`,
        own: true,
      });
      const acts = (segment: string) =>
        mayShe('tags.edit')
          ? [
              {
                to: `/tags/${segment}/unmark`,
                label: '不再同步',
                confirm: '這個分群不再是標籤？下一次同步會在微信上刪掉它，用它的個性化菜單也會失效。',
              },
            ]
          : [];
      const isMarked = new Set(segments.flatMap(({ _id, tag }) => (tag ? [_id] : [])));
      const running = task?.state === 'waiting' || task?.state === 'running';
      return {
        table: table({
          caption: '微信上的標籤',
          columns: [{ label: '名稱' }, { label: '人數', number: true }, { label: '來自' }, { label: '' }],
          rows: own.map(({ name, count, segment }): Cell[] => [
            { text: name, own: true },
            segment === undefined
              ? count
              : { text: count, href: `/subscribers?tag=${encodeURIComponent(name)}` },
            segment === undefined ? '在公眾號後台或別處建立，我們不動' : segmentCell(segment),
            segment !== undefined && isMarked.has(segment) ? { text: '', act: acts(segment) } : '',
          ]),
          empty: {
            title: '還沒有看到標籤',
            text: '先去微信看一次；或在下面選一個分群，讓它成為標籤，再同步。菜單可以按標籤分開。',
          },
        }),
        waiting: table({
          caption: '等下一次同步',
          columns: [{ label: '標籤' }, { label: '分群' }, { label: '' }],
          rows: read.waiting.map(({ segment, name }): Cell[] => [
            { text: name, own: true },
            segmentCell(segment),
            { text: '', act: acts(segment) },
          ]),
          empty: { title: '', text: '' },
        }),
        conflicts: table({
          caption: '要你決定的',
          columns: [{ label: '分群' }, { label: '怎麼了' }, { label: '' }],
          rows: read.conflicts.map(({ segment, why }): Cell[] => [
            segmentCell(segment),
            why,
            { text: '', act: acts(segment) },
          ]),
          empty: { title: '', text: '' },
        }),
        hasWaiting: read.waiting.length > 0,
        hasConflicts: read.conflicts.length > 0,
        at: read.at ? beijingMoment(read.at.getTime()) : '',
        left: `${own.length} / ${tagBounds.tags}`,
        task: task
          ? {
              running,
              failed: task.state === 'failed',
              at: beijingMoment((task.endedAt ?? task.at).getTime()),
              told: running ? (task.step ?? '') : (task.why ?? task.text ?? ''),
            }
          : '',
        hasSegments: segments.length > 0,
        mark: form({
          to: '/tags/mark',
          submit: '讓它成為標籤',
          fields: [
            {
              name: 'segment',
              label: '分群',
              kind: 'select',
              required: true,
              options: segments.map(({ _id, name, tag }) => ({
                value: _id,
                label: tag ? `${name}（現在是「${tag}」）` : name,
              })),
            },
            {
              name: 'name',
              label: '標籤名稱',
              kind: 'text',
              required: true,
              most: tagBounds.name,
              help: `最多 ${tagBounds.name} 個字。微信最多 ${tagBounds.tags} 個標籤，一個人最多 ${tagBounds.perPerson} 個。`,
            },
          ],
        }),
      };
    },
  ),
  act(
    '/tags/mark',
    may('tags.edit'),
    { what: '讓分群成為標籤', asks: z.object({ segment: id, name: line(tagBounds.name) }) },
    async ({ services }, { segment, name }) => {
      const before = (await services.segments.get(segment)).tag;
      await services.tags.mark(segment, name).catch((error: unknown) => {
        const isName = error instanceof AppError && error.code === 'tag.name';
        throw isName
          ? new AppError(error.kind, error.code, error.message, {
              details: { fields: { name: error.message } },
            })
          : error;
      });
      return done(`下一次同步起，這個分群的人在微信上有標籤「${name}」。`, {
        before: { tag: before ?? null },
        after: { segment, tag: name },
      });
    },
  ),
  act(
    '/tags/:segment/unmark',
    may('tags.edit'),
    { what: '分群不再是標籤', asks: z.object({ segment: id }) },
    async ({ services }, { segment }) => {
      const before = (await services.segments.get(segment)).tag;
      await services.tags.mark(segment, undefined);
      return done('不再同步了；下一次同步會在微信上刪掉這個標籤。後悔了，在同步前再標一次就行。', {
        before: { tag: before ?? null },
        after: { segment, tag: null },
      });
    },
  ),
  act('/tags/sync', may('tags.edit'), { what: '同步標籤到微信', asks: z.object({}) }, async (visit) =>
    done('開始同步。', { to: await visit.start(syncTags, {}) }),
  ),
  act('/tags/look', may('tags.see'), { what: '去微信看標籤', asks: z.object({}) }, async ({ services }) => {
    const { tags } = await services.tags.list().catch((error: unknown) => {
      throw isWechatError(error)
        ? new AppError('Conflict', 'tag.look', `微信沒有給標籤：${error.details.reason}。`)
        : error;
    });
    return done(`看過了，微信上有 ${tags.filter((tag) => tag.id > tagBounds.systemIds).length} 個標籤。`);
  }),
];
