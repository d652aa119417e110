import type { Connection } from 'mongoose';
import { createNames, defaultName } from '../../../src/domain/names/names';
import { createClock } from '../../../src/kit/clock';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

test('everybody has a name from the start, and keeps the one she chose', async () => {
  const names = createNames({ db, clock: createClock() });
  expect(defaultName('lin')).toMatch(/^旅友[0-9A-F]{4}$/);
  expect(await names.rename('mei', '  Ｍei 去海邊 ')).toEqual({ kind: 'renamed', name: 'Mei 去海邊' });
  expect(await names.nameOf(['lin', 'mei'])).toEqual(
    new Map([
      ['lin', defaultName('lin')],
      ['mei', 'Mei 去海邊'],
    ]),
  );
  const gone = { fan: 'f', pid: 'mei' };
  await names.upkeep.erase({ ...gone, upTo: new Date(Date.now() - 60_000) });
  expect((await names.nameOf(['mei'])).get('mei')).not.toBe(defaultName('mei'));
  await names.upkeep.erase({ ...gone, upTo: new Date() });
  expect(await names.nameOf(['mei'])).toEqual(new Map([['mei', defaultName('mei')]]));
});

test.each([
  ['', 'empty'],
  [' · ', 'empty'],
  ['一二三四五六七八九', 'long'],
  ['小😀', 'signs'],
  ['a\u202Eb', 'signs'],
  ['看<b>', 'signs'],
  ['旅友00FF', 'reserved'],
  ['旅友００ff', 'reserved'],
  ['小艺', 'forbidden'],
  ['我是小 藝', 'forbidden'],
  ['官·方', 'forbidden'],
  ['ＡＤＭＩＮ', 'forbidden'],
  ['加微abc', 'forbidden'],
])('%j is no name: %s', async (wanted, why) => {
  expect(await createNames({ db, clock: createClock() }).rename('tao', wanted)).toEqual({
    kind: 'refused',
    why,
  });
});

test('eight characters of any kind are enough', async () => {
  for (const name of ['一二三四五六七八', 'Anna2026', 'さくら', '𠮷田'])
    expect(await createNames({ db, clock: createClock() }).rename('tao', name)).toEqual({
      kind: 'renamed',
      name,
    });
});
