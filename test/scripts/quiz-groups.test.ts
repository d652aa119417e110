import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { columnsOf, usageLine } from '../../scripts/command-line';
import { type Asked } from '../../scripts/quiz/command';
import { courier, groups } from '../../scripts/quiz/prizes';
import { createScores } from '../../src/domain/quiz/log/scores';
import { createPlayers } from '../../src/domain/quiz/players';
import { anEntry, aPrize, aQuiz } from '../domain/quiz/a-quiz';
import { settlementStage } from '../domain/settlement/settlement-stage';

const stage = settlementStage();
const dir = mkdtempSync(join(tmpdir(), 'quiz-groups-'));
beforeAll(() => stage.open());
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await stage.close();
});

async function run(more: Partial<Asked['values']> = {}): Promise<string> {
  const said: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((line: unknown) => void said.push(String(line)));
  const parts = stage.build();
  const players = createPlayers({
    ranking: createScores({ db: stage.db() }).ranking,
    scoresOf: async () => [],
    levelsOf: () => undefined,
    perDayOf: () => undefined,
    roundsOn: async () => [],
    awards: parts.awards,
    rejected: async () => ['robot'],
  });
  const values = { by: 'ann', group: '', out: '', full: false, ...more };
  try {
    const command = groups as { run(asked: Asked): Promise<number> };
    await command.run({ services: { ...parts, players }, args: ['q'], values } as unknown as Asked);
    return said.join('\n');
  } finally {
    log.mockRestore();
  }
}

test('after the end those who took part are counted by group, and one group is exported under the taker’s name', async () => {
  stage.turnTo('2026-11-21 10:00:00');
  await stage.publish(aQuiz({ prizes: [aPrize('cup', { kind: 'floor', floors: [2] })] }));
  await stage.answers([
    ...['robot', 'lin', 'wu'].map((pid) => anEntry(pid, 't1', { points: pid === 'robot' ? 90 : 10 })),
    anEntry('lin', 't2', { points: 30 }),
    anEntry('lin', 't2', { on: '2026-11-22', k: 'q:lin:2026-11-22:t2', points: 0, level: 2 }),
  ]);
  await stage.build().projector.catchUp('q');

  const counts = await run();
  const people = (name: string) => Number(new RegExp(`^${name} +(\\d+) 人`, 'm').exec(counts)?.[1]);
  const names = [
    'played',
    'finished',
    'unfinished',
    'band-1',
    'band-4',
    'won',
    'prize-cup',
    'day-2026-11-22',
  ];
  expect(Object.fromEntries(names.map((name) => [name, people(name)]))).toEqual({
    played: 2,
    finished: 1,
    unfinished: 1,
    'band-1': 1,
    'band-4': 1,
    won: 1,
    'prize-cup': 1,
    'day-2026-11-22': 1,
  });

  const out = join(dir, 'finished.csv');
  expect(await run({ group: 'finished', out })).toContain('1 人，沒有 openid，名字已遮蔽');
  expect(readFileSync(out, 'utf8')).toMatch(
    /^\uFEFF名字,玩家,積分,答對,答題,天數,關卡\r?\n[^,]+,lin,40,3,3,2,2\r?\n$/,
  );
  expect(await stage.db().collection('exports').findOne()).toMatchObject({
    what: 'group',
    by: 'ann',
    filter: { campaign: 'q', group: 'finished' },
    rows: 1,
  });
  await expect(run({ group: 'nobody', out: join(dir, 'x.csv') })).rejects.toThrow('沒有叫「nobody」的群');
});

test('--correct reaches the courier’s table, and what it did is counted', async () => {
  const file = join(dir, 'back.csv');
  writeFileSync(file, '訂單號,快遞單號\na,SF2222222222\n');
  const readTracking = jest.fn(async () => ({ sent: 0, same: 0, corrected: 1, problems: [] }));
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const values = { by: 'ann', correct: true };
  const services = { prizes: { courier: { readTracking } } };
  const command = courier as unknown as { run(asked: unknown): Promise<number> };
  expect(await command.run({ args: ['import', file, '順豐'], values, services })).toBe(0);
  expect(log.mock.calls.join()).toContain('更正了 1 件');
  log.mockRestore();
  expect(readTracking).toHaveBeenCalledWith(expect.anything(), { by: 'ann', courier: '順豐', correct: true });
});

test('the helps of all commands stand below each other', () => {
  const at = (line: string) => columnsOf(line.slice(0, line.indexOf('說')));
  expect(at(usageLine('check 編號', '說'))).toBe(at(usageLine('pause 編號 --reason 原因', '說')));
  const [call, help] = usageLine('draw 編號/獎品 [value 公開數 | put-off 名稱 時間 | proof]', '說').split(
    '\n',
  );
  expect([call?.includes('proof'), at(help ?? '')]).toEqual([true, at(usageLine('x', '說'))]);
});
