import { join } from 'node:path';
import { root } from '../../src/kit/root';
import { quizOfTheBurst } from '../domain/quiz/burst';
import { keepKilling } from '../support/kill-loop';
import { createQuizTable, type QuizTable, quantile } from '../support/quiz-table';
import { createRig, type Member, type RigOptions } from '../support/rig';

/** C1, C2, C4, C7 and C8 with quiz answers as what callbacks cause. */
export async function withQuiz<T>(
  options: RigOptions,
  play: (table: QuizTable, fans: (n: number) => string[]) => Promise<T>,
): Promise<T> {
  const rig = await createRig({
    handlers: join(root, 'handlers'),
    at: '2026-11-24T09:50',
    ...options,
  });
  try {
    const table = await createQuizTable({ rig, quiz: quizOfTheBurst() });
    try {
      await table.open();
      return await play(table, (n) => Array.from({ length: n }, rig.openid));
    } finally {
      await table.close();
    }
  } finally {
    await rig.close();
  }
}

/** So many people answer their first questions rightly, all at once, question after question. */
export async function answerAll(
  table: QuizTable,
  o: { fans: string[]; rounds: number; storm?: boolean; kill?: { role: Member['role']; everyMs: number } },
): Promise<{ kills: number; p99: number; slowest: number }> {
  const { rig } = table;
  for (let from = 0; from < o.fans.length; from += 100)
    await Promise.all(o.fans.slice(from, from + 100).map((fan) => table.says(fan, '一戰到底')));
  const killing = o.kill && keepKilling(rig, o.kill);
  await playOn(table, o);
  const kills = (await killing?.end()) ?? 0;
  await table.drain();
  return { kills, p99: quantile(table.took, 0.99), slowest: quantile(table.took, 1) };
}

/** Each of them answers rightly so many times, whatever breaks; whose last letter seemed lost asks where she is. */
export async function playOn(
  { rig, screens, says, answer }: QuizTable,
  { fans, rounds, storm = false }: { fans: string[]; rounds: number; storm?: boolean },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await rig.turnTo(rig.clock.now() + 10_000);
    await Promise.all(
      fans.map((fan) => (screens.has(fan) ? answer(fan, { right: true, storm }) : says(fan, '繼續'))),
    );
  }
}

/** C7: each of them sends two different letters in one second. Returns what is wrong. */
export async function twoLettersAtOnce(table: QuizTable, people: string[]): Promise<string[]> {
  const { rig, screens } = table;
  const inWaves = async (act: (fan: string) => Promise<unknown>) => {
    for (let from = 0; from < people.length; from += 100)
      await Promise.all(people.slice(from, from + 100).map(act));
  };
  await inWaves((fan) => table.says(fan, '一戰到底'));
  await rig.turnTo(rig.clock.now() + 10_000);
  const before = await rig.count('inbox');
  await inWaves(async (fan) => {
    const screen = screens.get(fan);
    const first = table.answer(fan, { right: true });
    if (screen) screens.set(fan, screen);
    await Promise.all([first, table.answer(fan, { random: 0.999 })]);
  });
  await table.drain();
  const kept = await rig.count('inbox', { open: { $ne: true } });
  const [messages, answers] = [kept - before, await answersPlaced(table)];
  const unheard = table.sent.filter(({ heard }) => heard.length === 0).length;
  return [
    ...(messages === 2 * people.length ? [] : [`${messages} messages were kept`]),
    ...(answers === people.length ? [] : [`${answers} answers count`]),
    ...(unheard === 0 ? [] : [`${unheard} letters were not answered`]),
  ];
}

export async function answersPlaced({ rig }: QuizTable): Promise<number> {
  const log = await rig.rows<{ a: unknown[] }>('answers');
  return log.reduce((sum, { a }) => sum + a.length, 0);
}
