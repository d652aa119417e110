import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { createPages } from '../../src/render/pages';
import { testConfig } from '../support/config';

const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-http-'));
const verifyFolder = join(dataDir, 'verify');
afterAll(() => rmSync(dataDir, { recursive: true }));

const { handler } = createHttp({
  callback: (request, response) => void response.end(`the callback: ${request.url}`),
  pages: [],
  services: {},
  fill: createPages().page,
  verifyFolder,
  ready: async () => [],
  script: 'hant',
  log: createLog({ level: 'silent', name: 'http' }),
});
const get = (url: string) => supertest(handler).get(url);

test.each(['/wechat', '/wechat?nonce=1', '/wechat/', '/wechat/?nonce=1'])(
  '%s is the callback',
  async (url) => {
    expect((await get(url)).text).toBe(`the callback: ${url}`);
  },
);

test.each(['/', '/wechats', '/wechat/x', '/wechat/x?nonce=1', '/x/wechat', '/wechat//'])(
  '%s is not',
  async (url) => {
    expect((await get(url)).text).not.toContain('the callback');
  },
);

test('an address that ends with a slash is the same address', () => {
  expect(testConfig({ PUBLIC_URL: 'https://wx.example.com/' }).PUBLIC_URL).toBe('https://wx.example.com');
  expect(testConfig({ PUBLIC_URL: 'https://example.com/xiaoyi//' }).PUBLIC_URL).toBe(
    'https://example.com/xiaoyi',
  );
});

test('the file by which WeChat knows the domain is there as soon as it is put there', async () => {
  const name = 'MP_verify_8sK2hQzWb1YxTn4R.txt';
  expect((await get(`/${name}`)).status).toBe(404);
  mkdirSync(verifyFolder);
  writeFileSync(join(verifyFolder, name), '8sK2hQzWb1YxTn4R');
  const { status, text, headers } = await get(`/${name}`);
  expect([status, text, headers['content-type']]).toEqual([
    200,
    '8sK2hQzWb1YxTn4R',
    'text/plain; charset=utf-8',
  ]);
  expect((await get('/MP_verify_another.txt')).status).toBe(404);
});

test('nothing else is shown of what lies beside it', async () => {
  writeFileSync(join(dataDir, 'secret.txt'), 'a secret');
  writeFileSync(join(verifyFolder, 'notes.md'), 'a secret');
  for (const url of [
    '/../secret.txt',
    '/..%2Fsecret.txt',
    '/%2e%2e/secret.txt',
    '/notes.md',
    '/x/secret.txt',
  ])
    expect((await get(url)).text).not.toContain('a secret');
});
