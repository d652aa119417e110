import type { Connection } from 'mongoose';
import { createLinks } from '../../../src/domain/links/links';
import { beijingDay } from '../../../src/kit/beijing';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
let now = Date.parse('2026-11-22T12:00:00+08:00');
const clock = { now: () => now, day: (at = now) => beijingDay(at) };
const addresses = new Map([
  ['lake', 'https://example.com/book?room=1'],
  ['bad', 'javascript:alert(1)'],
]);
const make = (key = 'k') =>
  createLinks({
    db,
    clock,
    publicUrl: 'https://wx.example.com/',
    key,
    lookups: { hotel: async (ref) => addresses.get(ref) },
  });
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

test('a link leads to the address of its thing, and clicks are counted by Beijing day', async () => {
  const links = make();
  const url = links.to('https://example.com/old', { kind: 'hotel', ref: 'lake' });
  expect(url).toMatch(/^https:\/\/wx\.example\.com\/go\/[\w-]+\.[\w-]{16}$/);
  expect(await links.open(tokenOf(url))).toEqual({ url: 'https://example.com/book?room=1' });
  await Promise.all(Array.from({ length: 20 }, () => links.open(tokenOf(url))));
  now = Date.parse('2026-11-23T00:00:00+08:00');
  await links.open(tokenOf(url));
  expect(await links.clicks({ kind: 'hotel', ref: 'lake' }, '2026-11-22')).toBe(21);
  expect(await links.clicks({ kind: 'hotel', ref: 'lake' }, '2026-11-23')).toBe(1);
});

test('a forged, changed or foreign token opens nothing and counts nothing', async () => {
  const links = make();
  const token = tokenOf(links.to('https://example.com/', { kind: 'hotel', ref: 'lake' }));
  const [name = '', signature = ''] = token.split('.');
  const other = Buffer.from('hotel:other').toString('base64url');
  const before = await db.collection('linkClicks').countDocuments();
  const forged = [
    '',
    'x',
    name,
    `${other}.${signature}`,
    `${name}.${'A'.repeat(16)}`,
    `${name}=.${signature}`,
    `${token}x`,
    tokenOf(make('another key').to('https://example.com/', { kind: 'hotel', ref: 'lake' })),
    `${Buffer.from('https://evil.example').toString('base64url')}.${signature}`,
    'a'.repeat(100_000),
  ];
  for (const one of forged)
    await expect(links.open(one)).rejects.toMatchObject({ kind: 'NotFound', status: 404 });
  expect(await db.collection('linkClicks').countDocuments()).toBe(before);
});

test('a thing that is gone, or whose address is no web address, is not found', async () => {
  const links = make();
  for (const ref of ['gone', 'bad', 'constructor']) {
    const token = tokenOf(links.to('https://example.com/', { kind: 'hotel', ref }));
    await expect(links.open(token)).rejects.toMatchObject({ kind: 'NotFound' });
  }
});

test('only web addresses and known kinds get a link', () => {
  expect(() => make().to('javascript:alert(1)', { kind: 'hotel', ref: 'lake' })).toThrow('不是 http(s) 網址');
  expect(() => make().to('https://example.com', { kind: 'toString', ref: 'lake' })).toThrow('沒有這種連結');
});
