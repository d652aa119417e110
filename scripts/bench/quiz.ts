import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dayMs } from '../../src/kit/beijing';
import { root } from '../../src/kit/root';

type Question = { id: string; kind: string; text: string; options: string[]; right?: number };
type Prize = { id: string; quantity: number; way: { kind: string }; validUntil?: string };
type QuizFile = { quiz: Record<string, unknown>; questions: Question[]; prizes: Prize[] };

export const keyword = '一戰到底';
/** The bank of the sample four times over: a week of a big campaign. */
const copies = 4;

/** Its texts are real ones. */
export const sample = (): QuizFile =>
  JSON.parse(readFileSync(join(root, 'src/simulator/sample/quiz.json'), 'utf8')) as QuizFile;

/** The sample quiz, running for a week around now, with its lucky floors, and as many questions a day as anybody can answer. */
export function benchQuiz(): { id: string; file: { name: string; bytes: Buffer } } {
  const { quiz, questions, prizes } = sample();
  const day = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);
  const content = {
    quiz: {
      ...quiz,
      startsAt: `${day(-2)} 08:00`,
      endsAt: `${day(7)} 22:00`,
      perDay: 100,
      levels: [{ n: 1, questions: 5, pass: 3 }],
    },
    questions: Array.from({ length: copies }, (_, copy) =>
      questions
        .filter(({ kind }) => kind !== 'profile')
        .map((question) => ({ ...question, id: `${question.id}-${copy}` })),
    ).flat(),
    prizes: prizes
      .filter(({ way }) => way.kind === 'floor')
      .map((prize) => ({
        ...prize,
        ...(prize.quantity >= 100 ? { quantity: 5_000 } : {}),
        ...(prize.validUntil ? { validUntil: `${day(60)} 23:59` } : {}),
      })),
  };
  return {
    id: String(quiz['id']),
    file: { name: 'bench.json', bytes: Buffer.from(JSON.stringify(content)) },
  };
}
