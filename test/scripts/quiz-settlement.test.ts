import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Misuse } from '../../scripts/command-line';
import { type Asked, type Command } from '../../scripts/quiz/command';
import * as commands from '../../scripts/quiz/settlement';
import { anEntry, aPrize, aQuestion, aQuiz, beijing } from '../domain/quiz/a-quiz';
import { settlementStage } from '../domain/settlement/settlement-stage';

const stage = settlementStage();
const dir = mkdtempSync(join(tmpdir(), 'quiz-cli-'));
beforeAll(() => stage.open());
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await stage.close();
});

const quiz = aQuiz({
  endsAt: beijing('2026-11-21 23:59:59'),
  questions: Array.from({ length: 10 }, (_, i) => aQuestion(`t${i}`)),
  prizes: [
    aPrize('top', { kind: 'ranking', board: 'final', from: 1, to: 1 }),
    aPrize('tour', {
      kind: 'draw',
      reserves: 1,
      condition: {},
      publicValue: '第 5 日收盤指數',
      at: beijing('2026-11-23 10:00:00'),
    }),
  ],
});

/** As `npm run quiz -- NAME ARGS`: the exit code and what was said. */
async function run(given: Command, args: string[], more: Partial<Asked['values']> = {}) {
  const said: string[] = [];
  const spies = (['log', 'error'] as const).map((how) =>
    jest.spyOn(console, how).mockImplementation((...line: unknown[]) => void said.push(line.join(' '))),
  );
  const command = given as Extract<Command, { run: unknown }>;
  const values = { by: 'ann', reason: '', out: '', 'with-held': false, ...more };
  try {
    const code = await command.run({ services: stage.build(), args, values } as unknown as Asked);
    return { code, said: said.join('\n') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

test('an operator settles from the command line, and everybody can work the draw out again', async () => {
  stage.turnTo('2026-11-20 10:00:00');
  await stage.publish(quiz);
  await stage.answers(
    ['bot', 'lin', 'wu'].flatMap((pid, i) =>
      quiz.questions.map(({ id }, n) =>
        anEntry(pid, id, {
          ok: i === 0 || n % 3 > 0,
          took: i === 0 ? 2_400 : 3_000 + ((n * 3_571 + i * 997) % 9_000),
        }),
      ),
    ),
  );
  stage.turnTo('2026-11-22 09:00:00');
  await expect(run(commands.settle, [])).rejects.toBeInstanceOf(Misuse);
  const review = await run(commands.settle, ['q']);
  expect(review.said).toContain('bot 留置（10 題答對 10 題');
  await expect(run(commands.disqualify, ['q', 'bot'])).rejects.toThrow('--reason');
  expect((await run(commands.disqualify, ['q', 'bot'], { reason: '機器作答' })).said).toContain(
    '取消資格，ann：機器作答',
  );
  expect((await run(commands.settle, ['q'])).said).toContain('npm run quiz -- draw q/tour value');

  const frozen = await run(commands.draw, ['q/tour']);
  expect(frozen.said).toContain('名單 2 個號碼');
  stage.turnTo('2026-11-23 10:01:00');
  expect((await run(commands.draw, ['q/tour', 'value', 'abc'])).said).toContain('請另一位');
  expect((await run(commands.draw, ['q/tour', 'value', 'abc'], { by: 'ben' })).said).toContain('開獎了');
  expect((await run(commands.settle, ['q'])).said).toContain('結案了');
  expect(await run(commands.verify, ['q'])).toMatchObject({
    code: 0,
    said: expect.stringContaining('0 處不同'),
  });

  const file = join(dir, 'proof.json');
  await run(commands.draw, ['q/tour', 'proof'], { out: file });
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/verify-draw.js', file]);
  expect(stdout).not.toContain('✗');
});

test('a code that an export shows with its quote is taken', async () => {
  await stage.publish({ ...quiz, id: 'q2' });
  const held = await run(commands.hold, ['q2', "'-Ab3"], { reason: '同一台手機' });
  expect(held.said).toContain('  -Ab3 留置');
  expect((await run(commands.release, ['q2', '-Ab3'], { reason: '查過了' })).said).toContain('-Ab3 放行');
});
