import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Misuse } from '../../scripts/command-line';
import { approve, bring, check, codes, start, status } from '../../scripts/quiz/campaign';
import { type Asked, type Command } from '../../scripts/quiz/command';
import { loadHandlers } from '../../src/bot/discover';
import { takenIn } from '../../src/domain/quiz/play/taken-by';
import { signed } from '../../src/kit/signed';
import { createTown, type Town } from '../support/town';

const dir = mkdtempSync(join(tmpdir(), 'quiz-codes-'));
let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-29T10:00' });
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await town.close();
});

/** As `npm run quiz -- NAME ARGS`: the exit code and what was said. */
async function run(given: Command, args: string[], more: Partial<Asked['values']> = {}) {
  const said: string[] = [];
  const spies = (['log', 'error'] as const).map((how) =>
    jest.spyOn(console, how).mockImplementation((...line: unknown[]) => void said.push(line.join(' '))),
  );
  const command = given as Extract<Command, { run: unknown }>;
  const values = { by: signed('ann', 'deploy'), now: true, 'dry-run': false, full: false, ...more };
  const takenBy = takenIn(loadHandlers());
  try {
    const code = await command.run({ services: town.services, takenBy, args, values } as unknown as Asked);
    return { code, said: said.join('\n') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
const ben = { by: signed('ben', 'deploy') };

function fileOf(id: string, kind: 'code' | 'coupon', list: string[]): string {
  const prize = {
    ...{
      id: 'card',
      name: '電子明信片一張',
      kind,
      priceYuan: 6,
      quantity: 2,
      way: 'participation',
      rounds: 1,
    },
    ...{ claimDays: 15, conditions: '無', delivery: '對話裡顯示' },
    ...(kind === 'coupon' ? { usedAt: '門市', validUntil: '2027-01-31' } : {}),
  };
  const question = (n: number, text: string) => ({ id: `q${n}`, text, kind: 'truefalse', right: '對' });
  const quiz = {
    ...{ id, title: '測試', keywords: [`測試${id}`], perDay: 9, pointsPerAnswer: 10, levels: '3/2' },
    ...{ startsAt: '2026-11-29 00:30', endsAt: '2026-12-06 22:00', contact: '400-000-0000' },
    rules: '每天最多答九題，答對一題十分；每個首次有效作答佔一層樓。',
    organiser: '某某旅行社有限公司',
    forfeiture: '十五天內未領視為放棄。',
  };
  const questions = [question(1, '黃果樹瀑布在貴州省。'), question(2, '鼓浪嶼在廈門市。')];
  const path = join(dir, `${id}-${list.length}.json`);
  writeFileSync(path, JSON.stringify({ quiz, questions, prizes: [prize], codes: { card: list } }));
  return path;
}

/** So many people play; how many prizes there are then. */
async function prizesAfter(id: string, people: number): Promise<number> {
  for (let i = 0; i < people; i++) {
    const fan = await town.follower(`${id}-${i}`);
    await fan.says(`測試${id}`);
    await town.turn({ minutes: 1 });
    await fan.says('A');
  }
  await town.services.projector.catchUp(id);
  return town.services.prizes.awards.count({ campaign: id });
}

test('three codes for two prizes: told with both numbers, and of five who play two win', async () => {
  const path = fileOf('three', 'code', ['CODE-A1', 'CODE-A2', 'CODE-A3']);
  const numbers = '數量 2，有 3 個碼';
  expect((await run(bring, [path], { 'dry-run': true })).said).toContain(numbers);
  expect((await run(bring, [path])).said).toContain(numbers);
  expect((await run(check, ['three'])).said).toContain('數量 2，導入了 3 個碼');
  expect(await run(start, ['three'])).toMatchObject({ code: 0 });
  expect(await prizesAfter('three', 5)).toBe(2);
});

test('codes that come while a coupon runs wait for a second name, and two of five who play win', async () => {
  await run(bring, [fileOf('later', 'coupon', [])]);
  await run(check, ['later']);
  await run(start, ['later']);
  const waits = await run(bring, [fileOf('later', 'coupon', ['CODE-B1', 'CODE-B2'])]);
  expect(waits.said).toContain('的兌換碼由 0 個改為 2 個');
  expect(waits.said).toContain('姓名是各人自己報的');
  await expect(run(approve, ['later'], { by: signed('Ann', 'root') })).rejects.toThrow('請由另一位批准');
  const done = await run(approve, ['later'], ben);
  expect(done.said).toContain('請留意：兩個人（ann（登錄 deploy）、ben（登錄 deploy））用的是同一個登錄名。');
  expect((await run(status, ['later'])).said).toContain('ann（登錄 deploy） 寫，ben（登錄 deploy） 批准');
  expect(await prizesAfter('later', 5)).toBe(2);
});

test('the codes of a prize are listed, those that are somebody’s never whole, and wrong ones are taken out', async () => {
  await run(bring, [fileOf('wrong', 'code', ['CODE-C1', 'WRONG-C2'])]);
  await run(check, ['wrong']);
  await run(start, ['wrong']);
  expect((await run(codes, ['wrong', 'card'])).said).toBe(
    '獎品「電子明信片一張」：數量 2，2 個碼\n  CO… 待發\n  WR… 待發',
  );
  expect((await run(codes, ['wrong', 'card', 'take-out', 'WRONG-C2'])).said).toContain('要另一位批准才生效');
  await run(approve, ['wrong'], ben);
  expect((await run(codes, ['wrong', 'card'], { full: true })).said).toContain('1 個碼\n  CODE-C1 待發');
  expect(await prizesAfter('wrong', 2)).toBe(1);
  expect((await run(codes, ['wrong', 'card'], { full: true })).said).toContain('  CO… 已發出');
  await expect(run(codes, ['wrong', 'card', 'take-out', 'CODE-C1'])).rejects.toThrow('已經發出去了');
  await expect(run(codes, ['wrong', 'card', 'take-out'])).rejects.toBeInstanceOf(Misuse);
  await expect(run(codes, ['wrong', 'none'])).rejects.toThrow('沒有獎品「none」');
});
