import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { root } from '../../src/kit/root';
import { aPrize, aQuestion, aQuiz } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';
import { createJudge, type Judged, type Line, now } from './judge';

const database = testDatabase();
let talk: Talk;

const quiz = aQuiz({
  title: '與小藝一戰到底',
  keywords: ['一戰到底'],
  questions: Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`)),
  prizes: [aPrize('cup', { kind: 'floor', every: 100 }, { name: '茶杯', quantity: 9, priceFen: 1_000 })],
});

beforeAll(async () => {
  talk = await createTalk(database, { at: now });
  const db = await database.connect();
  const { tickets, draws, campaigns } = talk.services;
  await stageRehearsal({ db, tickets, draws, content: quiz });
  await campaigns.load();
});
afterAll(() => database.drop());

const linesOf = (half: string): Line[] =>
  readFileSync(join(root, 'test', 'corpus', `${half}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** The figures, and of the half to work with each sentence that was not taken as meant. */
function report(half: string, judged: readonly Judged[]): string {
  const kinds = new Map<string, Judged[]>();
  for (const one of judged) kinds.set(one.line.kind, [...(kinds.get(one.line.kind) ?? []), one]);
  const share = (all: readonly Judged[]) =>
    `${all.filter(({ verdict }) => verdict === 'meant').length}/${all.length}`;
  const missed = judged.filter(({ verdict }) => verdict !== 'meant');
  return [
    `${half}: ${share(judged)} as meant, ${judged.filter(({ verdict }) => verdict === 'wrong').length} wrong`,
    [...kinds].map(([kind, all]) => `${kind} ${share(all)}`).join(' · '),
    ...(half === 'measure' ? [] : missed).map(
      ({ line, verdict, because, reply }) =>
        `${verdict}: ${[...(line.before ?? []), line.said].join(' | ')} → ${because} → ${reply.replace(/\s+/g, ' ').slice(0, 60)}`,
    ),
  ].join('\n');
}

test.each(['work', 'measure'])(
  '%s: 95 of 100 sentences are taken as meant, one at most is taken wrongly',
  async (half) => {
    const { judge } = createJudge(talk);
    const judged: Judged[] = [];
    for (const line of linesOf(half)) judged.push(await judge(line));
    if (process.env['CORPUS_REPORT'] === half) process.stderr.write(`${report(half, judged)}\n`);
    const meant = judged.filter(({ verdict }) => verdict === 'meant').length / judged.length;
    const wrong = judged.filter(({ verdict }) => verdict === 'wrong').length / judged.length;
    expect(meant).toBeGreaterThanOrEqual(0.95);
    expect(wrong).toBeLessThanOrEqual(0.01);
  },
);
