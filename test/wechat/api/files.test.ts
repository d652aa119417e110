import { createDrafts } from '../../../src/wechat/api/drafts';
import { createMedia, type TemporaryKind } from '../../../src/wechat/api/media';
import { type Server, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const file = (type: string, size: number) => ({ name: 'a', type, bytes: new Uint8Array(size) });
const mega = 1024 * 1024;

test('drafts are listed by their titles, twenty at most a call, without their text', async () => {
  const path = '/cgi-bin/draft/batchget';
  server.answers[path] = {
    total_count: 31,
    item_count: 1,
    item: [
      {
        media_id: 'd1',
        content: { news_item: [{ title: '春天', author: '小藝' }, { title: '夏天' }], create_time: 1 },
        update_time: 1_790_000_000,
      },
    ],
  };
  expect(await createDrafts({ client: server.client() }).list({ offset: 20, count: 50 })).toEqual({
    total: 31,
    drafts: [{ mediaId: 'd1', titles: ['春天', '夏天'], updatedAt: new Date(1_790_000_000_000) }],
  });
  expect(JSON.parse(server.calls(path)[0]?.body ?? '')).toEqual({ offset: 20, count: 20, no_content: 1 });
});

test('a temporary file has its id and its end, three days later', async () => {
  server.answers['/cgi-bin/media/upload'] = { type: 'image', media_id: 'm1', created_at: 1_790_000_000 };
  const media = createMedia({ client: server.client() });
  const expiresAt = new Date(1_790_000_000_000 + 3 * 24 * 3_600_000);
  expect(await media.uploadTemporary('image', file('image/png', 10))).toEqual({ mediaId: 'm1', expiresAt });
  expect(server.calls('/cgi-bin/media/upload')[0]?.query.get('type')).toBe('image');
  server.answers['/cgi-bin/media/upload'] = { type: 'thumb', thumb_media_id: 't1', created_at: '1790000000' };
  expect(await media.uploadTemporary('thumb', file('image/jpeg', 10))).toEqual({ mediaId: 't1', expiresAt });
});

test.each<[TemporaryKind, string, number]>([
  ['image', 'image/webp', 10],
  ['image', 'image/png', 10 * mega + 1],
  ['voice', 'audio/amr', 2 * mega + 1],
  ['video', 'video/quicktime', 10],
  ['thumb', 'image/jpeg', 64 * 1024 + 1],
  ['image', 'image/png', 0],
])('a %s of type %s with %i bytes is refused before it is sent', async (kind, type, size) => {
  const media = createMedia({ client: server.client() });
  await expect(media.uploadTemporary(kind, file(type, size))).rejects.toMatchObject({ kind: 'Invalid' });
  expect(server.seen).toHaveLength(0);
});
