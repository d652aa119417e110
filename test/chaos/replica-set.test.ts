import { setTimeout as pause } from 'node:timers/promises';
import { playOn, withQuiz } from '../accept/quiz';
import { acknowledged, answeredAfter, depose, keepAsking, unkept } from '../accept/replica-set';
import { judge } from '../support/kill-loop';
import { until } from '../support/processes';
import { createRig } from '../support/rig';
import { createScratchSet, type ScratchSet } from '../support/scratch-mongod';

/** WeChat with more patience, so that whatever is refused in a gap comes again after it. */
const callbacks = { gapMs: 2_000, copies: 20 };
const answeredWithinMs = 15_000;
const ways = ['killed', 'stepped down'] as const;

/** With the time of election that MongoDB itself has. */
async function onSet(act: (set: ScratchSet) => Promise<void>): Promise<void> {
  const set = await createScratchSet(3, { electionMs: 10_000 });
  try {
    await act(set);
  } finally {
    await set.close();
  }
}

type Gaps = Record<string, Awaited<ReturnType<typeof depose>>>;

/** Says how long each gap was and for how long nobody was answered; the latter from the new primary on, ms. */
function told(what: string, gaps: Gaps, asked: Parameters<typeof answeredAfter>[0]): number[] {
  const figures = Object.entries(gaps).map(([how, { at, elected }]) => ({
    how,
    electedAfter: elected - at,
    answeredAfter: answeredAfter(asked, at),
    answeredAfterElected: answeredAfter(asked, elected),
  }));
  process.stderr.write(`C5, ${what}: ${asked.length} asked, ${JSON.stringify(figures)}\n`);
  return figures.map(({ answeredAfterElected }) => answeredAfterElected);
}

test(
  'C5, full: callbacks with effects, while a set of three loses its primary by SIGKILL and by stepping down',
  () =>
    onSet(async (set) => {
      const rig = await createRig({ webs: 2, workers: 1, real: true, mongoUri: set.uri, callbacks });
      try {
        const asking = keepAsking(rig, { says: (n) => `做 第${n}件`, everyMs: 20 });
        const gaps: Gaps = {};
        for (const how of ways) {
          await pause(5_000);
          gaps[how] = await depose(set, how);
          await pause(5_000);
        }
        const asked = await asking.end();
        await until(async () => (await rig.count('inbox', { open: true })) === 0, {
          what: 'the sweeper found what was left behind',
          withinMs: 120_000,
        });
        const back = told('effects', gaps, asked);
        const delivered = asked.map((one) => ({ ...one, words: `第${one.n}件` }));
        expect(await judge(rig, delivered)).toEqual({ wrong: [], undone: 0, acknowledged: asked.length });
        expect(Math.max(...back)).toBeLessThan(answeredWithinMs);
      } finally {
        await rig.close();
      }
    }),
  400_000,
);

test(
  'C5, full: quiz answers, while a set of three loses its primary by SIGKILL and by stepping down',
  () =>
    onSet((set) =>
      withQuiz({ webs: 2, workers: 1, real: true, mongoUri: set.uri, callbacks }, async (table, fans) => {
        const { rig, sent } = table;
        const people = fans(200);
        for (let from = 0; from < people.length; from += 50)
          await Promise.all(people.slice(from, from + 50).map((fan) => table.says(fan, '一戰到底')));
        const asking = keepAsking(rig, { says: () => '幫助', everyMs: 50 });
        const gaps: Gaps = {};
        for (const how of ways) {
          const answered = sent.length;
          const playing = playOn(table, { fans: people, rounds: 3 });
          // In the middle of the first answers.
          await until(() => sent.length > answered + 20, { what: 'they answer' });
          gaps[how] = await depose(set, how);
          await playing;
        }
        const asked = await asking.end();
        await table.drain();
        const back = told(`${sent.length} quiz answers`, gaps, asked);
        expect(acknowledged(asked).length).toBe(asked.length);
        expect(await unkept(rig, asked)).toEqual([]);
        expect(await table.judge()).toEqual([]);
        expect(Math.max(...back)).toBeLessThan(answeredWithinMs);
      }),
    ),
  400_000,
);
