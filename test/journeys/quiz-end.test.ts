import type { Asked, Command } from '../../scripts/quiz/command';
import { report } from '../../scripts/quiz/prizes';
import { disqualify, draw } from '../../scripts/quiz/settlement';
import { tellWait } from '../../scripts/quiz/waits';
import { asContent } from '../../src/domain/quiz/definition';
import { anEntry } from '../domain/quiz/a-quiz';
import { beijing, content, prize } from '../domain/quiz/workbook/content';
import { createTown, type Town } from '../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-12-07T20:00', sample: false });
});
afterAll(() => town.close());

const id = 'autumn';
const state = async () => (await town.services.campaigns.find(id))?.state;
const waits = async () => (await town.services.settlement.waits(id)).map((wait) => tellWait(id, wait));

/** As `npm run quiz -- …`: what was said. */
async function run(command: Command, args: string[], by: string): Promise<string> {
  const said: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((line: unknown) => void said.push(String(line)));
  const values = { by, reason: '機器作答', out: '', sponsor: '', day: '2026-12-07' };
  const asked = { services: town.services, clock: town.app.clock, args, values };
  try {
    await (command as { run(given: Asked): Promise<number> }).run(asked as unknown as Asked);
  } finally {
    log.mockRestore();
  }
  return said.join('\n');
}

test('a quiz that ended is settled by itself, up to what only people may decide', async () => {
  const { campaigns, answerLog } = town.services;
  const way = {
    kind: 'draw' as const,
    reserves: 1,
    condition: {},
    publicValue: '第 5 日收盤指數',
    at: beijing('2026-12-09 20:00'),
  };
  const prizes = [
    prize('top', { way: { kind: 'ranking', board: 'final', from: 1, to: 2 } }),
    prize('tour', { way, quantity: 1 }),
  ];
  const quiz = content({ prizes, rules: `${content().rules}三、抽獎於 2026 年 12 月 9 日 20:00。` });
  const takenBy = () => undefined;
  await campaigns.save({ content: asContent(quiz), by: 'ann' });
  expect(await campaigns.check({ id, by: 'ann', takenBy })).toMatchObject({ passed: true });
  await campaigns.start({ id, by: 'ann', takenBy });

  const lin = await town.follower('林');
  await lin.says('秋天一戰到底');
  await town.turn({ minutes: 1 });
  await lin.says('A');
  for (let n = 0; n < 10; n++) {
    const k = `${id}:robot:2026-12-07:q${n}`;
    await answerLog.append(id, anEntry('robot', `q${n}`, { k, on: '2026-12-07', took: 2_400 }));
  }
  expect(await waits()).toEqual([]);

  await town.turn(beijing('2026-12-07 21:05'));
  expect(await state()).toBe('ended');
  expect(await waits()).toEqual([expect.stringContaining('十分鐘後自動結算')]);

  await town.turn(beijing('2026-12-07 21:15'));
  expect(await state()).toBe('settling');
  expect(await waits()).toEqual([expect.stringContaining('1 人被留置，等人審核（名單還沒有公布）')]);

  const morning = await run(report, [], 'ann');
  expect(morning).toContain('玩家 2 人，答題 11 次');
  expect(morning).toContain('等人來做（前面加 npm run quiz --）\n【秋天一戰到底】1 人被留置');

  const decided = await run(disqualify, [id, 'robot'], 'ann');
  expect(decided).toContain('robot 取消資格');
  expect(decided).toContain('等這些抽獎');
  const hers = await lin.says('獎品');
  expect(hers).toContain('登機箱');
  const [, number = ''] = /抽獎號碼：\n· 登機箱 (\d{10})（等開獎）/.exec(hers) ?? [];
  expect(await lin.says('抽獎')).toContain(`你的號碼：${number}`);
  expect(await lin.says('抽獎')).toMatch(/名單：\d+ 個號碼，雜湊 [0-9a-f]{64}/);
  const wu = await town.follower('吳'); // who did not play has no number
  expect(await wu.says('獎品')).not.toContain('抽獎號碼');
  expect(await wu.says('排行')).toContain('這一次你沒有上榜');
  expect(await waits()).toEqual(['抽獎 autumn/tour 等公開數「第 5 日收盤指數」，2026-12-09 20:00 公布']);

  await town.turn(beijing('2026-12-09 20:01'));
  expect((await waits())[0]).toContain('等兩位各自輸入');
  await run(draw, [`${id}/tour`, 'value', 'abc'], 'ann');
  expect((await waits())[0]).toContain('等 ann 以外的一位輸入');
  const drawn = await run(draw, [`${id}/tour`, 'value', 'abc'], 'ben');
  expect(drawn).toContain('結案了');
  expect([await state(), await waits()]).toEqual(['settled', []]);
  expect(await lin.says('獎品')).toMatch(new RegExp(`登機箱[^]*登機箱[^]*${number}（已開獎）`));
});
