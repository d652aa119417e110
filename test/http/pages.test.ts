import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { z } from 'zod';
import { AppError } from '../../src/errors';
import { pages } from '../../src/http/h5/pages';
import { definePage } from '../../src/http/page';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import { createPages } from '../../src/render/pages';

const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-pages-'));
writeFileSync(
  join(folder, 'room.html'),
  '<html lang="{{ lang }}"><style nonce="{{ nonce }}"></style><p>{{ name }}，{{ nights }} 晚，視野開闊</p></html>',
);
afterAll(() => rmSync(folder, { recursive: true }));

const gone = () => new AppError('NotFound', 'room.unknown', '這間房已經看不到了，請回到對話裡。');
const room = definePage({
  path: '/rooms/:room',
  headers: (nonce) => ({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `style-src 'nonce-${nonce}'`,
  }),
  asks: z.object({ room: z.string().max(20), nights: z.coerce.number().int().min(1).max(30).default(1) }),
  otherwise: gone,
  show({ rooms }: { rooms: Map<string, string> }, { room: id, nights }) {
    const name = rooms.get(id);
    if (name === undefined) throw gone();
    return { kind: 'page', template: 'room', data: { name, nights }, script: 'hans' };
  },
});

const { handler } = createHttp({
  callback: () => {},
  pages: [...pages, room],
  services: {
    rooms: new Map([['lake', '<b>湖景房</b>']]),
    links: { open: async () => ({ url: 'https://example.com/book' }) } as never,
    copies: {} as never,
    mails: {} as never,
    questionPages: {} as never,
  },
  fill: createPages(folder).page,
  verifyFolder: '',
  ready: async () => [],
  script: 'hant',
  log: createLog({ level: 'silent', name: 'http' }),
});
const get = (url: string) => supertest(handler).get(url);

test('a page that was added is served with its headers, its values escaped, in her script', async () => {
  const { status, text, headers } = await get('/rooms/lake?nights=3');
  const [, nonce] = /nonce="([\w-]+)"/.exec(text) ?? [];
  expect(status).toBe(200);
  expect(text).toContain('&lt;b&gt;湖景房&lt;/b&gt;，3 晚，视野开阔');
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `style-src 'nonce-${nonce}'`,
  });
  expect((await get('/rooms/lake')).text).not.toContain(`${nonce}`);
});

test.each([
  '/rooms/lake?nights=0',
  '/rooms/lake?nights=many',
  '/rooms/lake?nights=2&nights=3',
  `/rooms/${'x'.repeat(21)}`,
  '/rooms/nowhere',
  '/rooms/%E0%A4',
])('what it does not understand is not there, in one sentence: %s', async (url) => {
  const { status, text } = await get(url);
  expect([status, text]).toEqual([404, '這間房已經看不到了，請回到對話裡。']);
});

test('what stands in the path counts, whatever the query says', async () => {
  expect((await get('/rooms/lake?room=nowhere')).status).toBe(200);
});

test('a link leads to where its thing is, and tells nobody where she comes from', async () => {
  const { status, headers } = await get('/go/a-token');
  expect(status).toBe(302);
  expect(headers).toMatchObject({ location: 'https://example.com/book', 'referrer-policy': 'no-referrer' });
});

test('a link that is none leads nowhere', async () => {
  const { status, text } = await get(`/go/${'x'.repeat(400)}`);
  expect([status, text]).toEqual([404, '這個連結已失效，請回到對話裡重新查詢。']);
});

test('every page that has a file is served', () => {
  const h5 = join(root, 'src', 'http', 'h5');
  const paths = readdirSync(h5).flatMap(
    (file) => /definePage\(\{\s*path: '(.*)'/.exec(readFileSync(join(h5, file), 'utf8'))?.[1] ?? [],
  );
  expect(paths.toSorted()).toEqual(pages.map(({ path }) => path).toSorted());
});
