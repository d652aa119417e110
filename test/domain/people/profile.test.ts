import { profileOf, timelineOf } from '../../../src/domain/people/profile';
import { testDatabase } from '../../support/database';
import { createTalk } from '../../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

test('a profile says what is known and from where, and a time-line what happened, newest first', async () => {
  const talk = await createTalk(database);
  const lin = talk.fan();
  await lin.scans('hotel-lobby');
  await lin.says('杭州酒店');
  const { pid, _id } = await lin.row();
  const { attributes, notes, upkeep, points } = talk.services;
  await attributes.set({ pid, name: '性別', value: '女', source: 'survey:wishes', consent: 'yes' });
  talk.turnClockTo('2026-11-22T10:01');
  await points.give('award', { id: 'a1', pid, points: 5 });
  talk.turnClockTo('2026-11-22T10:02');
  await notes.write({ pid, words: '常客，訂過三次', by: 'ann' });
  const copy = await upkeep.copy({ pid, fan: _id });
  expect(profileOf(copy)).toEqual(
    expect.arrayContaining([
      '渠道　hotel-lobby',
      '用字　未知',
      '積分　5',
      '性別　女（問卷「wishes」，2026-11-22）',
    ]),
  );
  expect(timelineOf(copy).map(({ what }) => what)).toEqual([
    '備註（ann）：常客，訂過三次',
    '積分 +5（獎品）',
    '說：杭州酒店',
  ]);
});
