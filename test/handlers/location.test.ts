import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { createMaps } from '../../src/domain/maps/maps';
import { root } from '../../src/kit/root';
import { testDatabase } from '../support/database';
import { createLoopback, json } from '../support/loopback';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

test('the nearest hotels, nearest first, with distance, stars, dated price and link', async () => {
  const fan = talk.fan();
  const said = await fan.sendsLocation(30.25, 120.16, '西湖');
  expect(said).toMatch(/^離「西湖」最近的酒店\n\n1\. /);
  expect(
    said.match(/^\d\. .+ ★+ (\d+ 米|[\d.]+ 公里)\n¥\d+（\d+月\d+日 示例房價） <a href="[^"]+">預訂<\/a>$/gm),
  ).toHaveLength(5);
  const km = [...said.matchAll(/ ([\d.]+) (米|公里)$/gm)].map(
    ([, n, unit]) => Number(n) / (unit === '米' ? 1000 : 1),
  );
  expect(km).toEqual(km.toSorted((a, b) => a - b));
});

test('the place is remembered: 「附近酒店」 asks again', async () => {
  const fan = talk.fan();
  expect(await fan.says('附近酒店')).toMatch(/^發個位置給我/);
  await fan.sendsLocation(30.25, 120.16);
  expect(await fan.says('附近便宜的酒店')).toMatch(/^離你最近的酒店/);
  expect((await fan.row()).cityId).toBe('hangzhou');
});

test('nothing near: the nearest city and how far, and its hotels', async () => {
  const fan = talk.fan();
  expect(await fan.sendsLocation(31.5, 119.5)).toBe(
    '方圓 20 公里內還沒有我們收錄的酒店。離你最近的城市是江蘇無錫，約 76 公里。要看看那裡嗎？\n1. 無錫酒店\n2. 無錫攻略\n（回覆數字就行）',
  );
  expect(await fan.says('1')).toMatch(/^無錫酒店，共 8 家/);
});

test('on another continent no city is taken for hers', async () => {
  const fan = talk.fan();
  expect(await fan.sendsLocation(48.85, 2.35, 'Paris')).toMatch(/^這裡離我們收錄的城市都很遠/);
  expect((await fan.row()).cityId).toBeUndefined();
});

test('the menu’s location button is answered once, on the location itself', async () => {
  const { reply } = await talk
    .fan()
    .does({ kind: 'selectLocation', key: 'NEARBY', lat: 30.25, lng: 120.16, label: '', datum: 'gcj02' });
  expect(reply).toBeNull();
});

test('where we know no hotel ourselves, the map is asked and named', async () => {
  const around = readFileSync(join(root, 'test', 'fixtures', 'outside', 'amap-around.json'), 'utf8');
  const amap = await createLoopback((_, response) => json(response, JSON.parse(around)));
  const { maps } = talk.services;
  talk.services.maps = createMaps({ amapKey: 'key', amapUrl: amap.url, log: pino({ level: 'silent' }) });
  const said = await talk.fan().sendsLocation(31.5, 119.5, '竹海');
  talk.services.maps = maps;
  await amap.close();
  expect(said).toMatch(/^離「竹海」最近的酒店\n\n1\. .+ (米|公里)/);
  expect(said).toMatch(/讀自高德地圖，價格僅供參考。$/);
});
