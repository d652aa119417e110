import { AppError } from '../../src/errors';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database, { at: '2026-11-22T20:00' });
});
afterAll(() => database.drop());

const marker = '記號七七';

/** Leaves something of hers wherever a fan can. */
async function planted() {
  const fan = talk.fan();
  await fan.says('杭州天氣');
  await fan.says(`改名 ${marker}`);
  await fan.scans(marker);
  const { pid, _id } = await fan.row();
  const { attributes, enquiries, points, segments } = talk.services;
  await attributes.set({ pid, name: '旅行偏好', value: marker, source: 'quiz:autumn', consent: marker });
  await enquiries.take({ id: `${pid}:1`, pid, words: marker, phone: '13800138000' });
  await points.give('award', { id: `gift/${pid}`, pid, points: 5 });
  await segments.addToList(marker, [{ pid, fan: _id }]);
  const inbox = (await database.connect()).collection<{ _id: string }>('inbox');
  await inbox.insertOne({
    _id: `m:${_id.slice(0, 5)}`,
    fan: _id,
    at: new Date(talk.services.clock.now()),
    body: marker,
    reply: marker,
  } as never);
  return { fan, pid, fanKey: _id };
}

/** Where a text stands in the whole database. */
async function found(text: string): Promise<string[]> {
  const db = await database.connect();
  const names = (await db.db?.listCollections().toArray()) ?? [];
  const where: string[] = [];
  for (const { name } of names) {
    for await (const row of db.collection(name).find())
      if (JSON.stringify(row).includes(text)) where.push(name);
  }
  return [...new Set(where)].toSorted();
}

test('「我的資料」 tells what is known and from where, and leads to a whole copy', async () => {
  const { fan, pid } = await planted();
  const said = await fan.says('我的資料');
  expect(said).toContain(`旅行偏好：${marker}（答題時你說的）`);
  expect(said).toContain('常問的城市：杭州');
  const token = /my-data\/([^"]+)"/.exec(said)?.[1] ?? '';
  const copy = await talk.services.copies.open(token);
  for (const part of [
    'messages',
    'attributes',
    'enquiries',
    'names',
    'movements',
    'lists',
    'segmentedBy',
    'subscriber',
  ])
    expect([part, JSON.stringify(copy[part]).length > 2]).toEqual([part, true]);
  for (const part of ['messages', 'attributes', 'enquiries', 'names', 'lists', 'segmentedBy', 'subscriber'])
    expect([part, JSON.stringify(copy[part])]).toEqual([part, expect.stringContaining(marker)]);
  expect(JSON.stringify(copy)).toContain(pid);
});

test.each(['你都記了我什麼', '我想看看我的個人資料'])('「%s」 asks the same', async (said) => {
  expect(await talk.fan().says(said)).toContain('我們記著你的這些');
});

test('a link that was changed, or is a day old, leads nowhere', async () => {
  const { fan } = await planted();
  const token = /my-data\/([^"]+)"/.exec(await fan.says('我的資料'))?.[1] ?? '';
  const open = (one: string) => talk.services.copies.open(one);
  const other = await talk.fan().row();
  await expect(open(token.replace(/^[^.]+/, other.pid))).rejects.toThrow(AppError);
  await expect(open(`${token}x`)).rejects.toThrow(AppError);
  talk.turnClockTo('2026-11-23T20:01');
  await expect(open(token)).rejects.toThrow('已經失效');
  talk.turnClockTo('2026-11-22T20:00');
});

test('「刪除我的資料」 asks once more, and then nothing is left of her', async () => {
  const { fan, pid, fanKey } = await planted();
  expect(await fan.says('刪除我的資料')).toContain('找不回來');
  expect(await fan.says('不刪')).toContain('什麼都沒有刪');
  talk.turnClockTo('2026-11-22T20:05');
  await fan.says('刪掉我的資料');
  expect(await fan.says('刪除')).toContain('正在刪除');
  expect(fan.last()?.effects).toEqual([expect.objectContaining({ kind: 'later', job: 'erase' })]);

  const [effect] = fan.last()?.effects ?? [];
  const erase = talk.services.upkeep.jobs.get('erase');
  const { openid } = await fan.row();
  await erase?.run(talk.services as never, (effect as unknown as { data: never }).data);
  const others = await found(marker); // what earlier tests planted stays theirs
  const of = async (text: string) => (await found(text)).filter((name) => name !== 'timers');
  expect(await of(openid)).toEqual([]);
  expect(await of(fanKey)).toEqual(['graves']); // what may happen once per person
  expect(await of(pid)).toEqual(['balances', 'ledger']); // sums survive under a name that leads nowhere
  expect(others).not.toContain('misses');
});

test('what is erased with her is also in her copy: every domain that knows the one knows the other', () => {
  const kept = Object.entries(talk.services).flatMap(([name, one]) => {
    const { upkeep } = (one ?? {}) as { upkeep?: { erase?: unknown; copy?: unknown } };
    return upkeep?.erase && !upkeep.copy && name !== 'upkeep' ? [name] : [];
  });
  expect(kept).toEqual([]);
});
