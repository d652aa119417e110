import type { Writable } from 'node:stream';
import { z } from 'zod';
import { defineTask } from '../../kit/define-task';
import { type Problem, tellProblem } from '../../sheets/problems';
import { writeSheet } from '../../sheets/sheet';
import { askedState, awardFilterOf } from './award-filter';
import type { Courier, TrackingLine } from './courier';

const word = z.string().optional();
const filter = z.object({
  campaign: word,
  prize: word,
  sponsor: word,
  state: askedState.optional(),
  day: word,
});
const problem = z.object({ line: z.number().optional(), message: z.string() });
const shownProblems = 100;

/** Approves all that a filter wants; begun again, what was approved stays so. */
export const approveTask = defineTask({
  name: 'approve-awards',
  input: z.object({ filter, total: z.number() }),
  title: () => '批准獎品',
  async run(
    { prizes }: { prizes: { courier: Pick<Courier, 'approve'> } },
    { filter: asked, total },
    { by, progress },
  ) {
    const { approved, waiting } = await prizes.courier.approve(awardFilterOf(asked), by, (done) =>
      progress({ done: Math.min(done, total), total }),
    );
    return {
      text: `批准了 ${approved} 份${waiting > 0 ? `；還有 ${waiting} 份在核對，沒有批准` : ''}。`,
      href: '/winners?state=approved',
    };
  },
});

/** Tracking numbers of a courier's file; begun again, what was registered is the same. */
export const trackingTask = defineTask({
  name: 'import-tracking',
  input: z.object({
    lines: z.array(
      z.object({ line: z.number(), order: z.string(), tracking: z.string(), courier: z.string() }),
    ) satisfies z.ZodType<TrackingLine[]>,
    /** Of the lines that could not be read. */
    problems: z.array(problem),
    courier: z.string().optional(),
    correct: z.boolean(),
  }),
  title: ({ correct }) => (correct ? '更正快遞單號' : '導回快遞單號'),
  async run(
    { prizes }: { prizes: { courier: Pick<Courier, 'register'> } },
    { lines, problems: unread, courier, correct },
    { by, progress, file },
  ) {
    const { sent, same, corrected, problems } = await prizes.courier.register(lines, {
      by,
      courier,
      correct,
      passed: (done) => progress({ done, total: lines.length }),
    });
    const all = [...unread, ...problems].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) as Problem[];
    if (all.length > 0) await writeProblems(all, file('有問題的行.csv', 'text/csv; charset=utf-8'));
    const more = all.length - shownProblems;
    return {
      text: [
        `登記了 ${sent} 件，更正了 ${corrected} 件，已登記過 ${same} 件，有問題 ${all.length} 行。${sent + corrected > 0 ? '粉絲會收到單號。' : ''}`,
        ...all.slice(0, shownProblems).map((one) => tellProblem(one)),
        ...(more > 0 ? [`……還有 ${more} 行，見文件。`] : []),
      ].join('\n'),
      href: '/prizes/courier',
    };
  },
});

function writeProblems(all: Problem[], out: Writable) {
  async function* rows() {
    yield* all;
  }
  return writeSheet({
    format: 'csv',
    out,
    rows: rows(),
    about: [],
    columns: [
      { title: '行', of: ({ line }: Problem) => line },
      { title: '問題', of: ({ message }: Problem) => message },
    ],
  });
}
