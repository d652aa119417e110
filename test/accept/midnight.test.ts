import { join } from 'node:path';
import { beijingDay } from '../../src/kit/beijing';
import { root } from '../../src/kit/root';
import { quizOfTheBurst } from '../domain/quiz/burst';
import type { LoggedBatch } from '../domain/quiz/oracle';
import { createQuizTable } from '../support/quiz-table';
import { createRig } from '../support/rig';

const midnight = Date.parse('2026-11-25T00:00:00+08:00');
const nextMidnight = midnight + 86_400_000;

test('Q4: around midnight and at the end, by two clocks that are four seconds apart, nobody gets more than her day has', async () => {
  const rig = await createRig({
    webs: 2,
    handlers: join(root, 'handlers'),
    at: '2026-11-24T23:58',
    stopped: true,
    skewMs: [2_000, -2_000],
  });
  const every = {
    id: 'tea',
    name: '茶',
    kind: 'points',
    points: 7,
    priceFen: 1,
    quantity: 1_000,
    claimDays: 7,
  } as const;
  const quiz = {
    ...quizOfTheBurst(),
    endsAt: nextMidnight - 1,
    perDay: 3,
    levels: [{ n: 1, questions: 3, pass: 0 }],
    prizes: [{ ...every, conditions: '無', delivery: '當場發放', way: { kind: 'floor' as const, every: 2 } }],
  };
  const table = await createQuizTable({ rig, quiz });
  try {
    await table.open();
    const fans = Array.from({ length: 16 }, rig.openid);
    /** Whoever has a question answers it, in copies to both processes; whoever has none asks for one. */
    const all = async (at: number) => {
      await rig.turnTo(at);
      await Promise.all(
        fans.map((fan) =>
          table.screens.has(fan)
            ? table.answer(fan, { right: true, storm: true })
            : table.says(fan, '一戰到底'),
        ),
      );
    };
    for (const edge of [midnight, nextMidnight])
      for (const ms of [
        -40_100, -30_100, -20_100, -10_100, -100, 100, 10_100, 20_100, 30_100, 40_100, 50_100,
      ])
        await all(edge + ms);
    await table.drain();
    const log = (await rig.rows('answers')) as unknown as {
      a: (LoggedBatch['a'][number] & { by: string })[];
    }[];
    const entries = log.flatMap(({ a }) => a);
    const acceptedAt = new Map(
      (await rig.rows<{ at: Date }>('inbox')).map(({ _id, at }) => [_id, at.getTime()]),
    );
    const perDay = new Map<string, number>();
    for (const { pid, on, by } of entries) {
      const at = acceptedAt.get(by) as number;
      // The row decides, once, for whoever answers a copy; and nothing counts that it says came after the end.
      expect(on).toBe(beijingDay(at));
      expect(at).toBeLessThanOrEqual(quiz.endsAt);
      perDay.set(`${pid} ${on}`, (perDay.get(`${pid} ${on}`) ?? 0) + 1);
    }
    expect(Math.max(...perDay.values())).toBe(quiz.perDay);
    expect(new Set(entries.map(({ on }) => on))).toEqual(new Set(['2026-11-24', '2026-11-25']));
    const won = (await rig.rows<{ pid: string; on: string }>('awards')).map(({ pid, on }) => `${pid} ${on}`);
    expect(won.length).toBeGreaterThan(16);
    expect(new Set(won).size).toBe(won.length);
    expect(table.copies.filter((said) => new Set(said).size > 1)).toEqual([]);
    expect(
      table.sent.filter(({ heard }) => heard.some((words) => words.includes('第') && words.includes('樓')))
        .length,
    ).toBe(entries.length);
  } finally {
    await table.close();
    await rig.close();
  }
});
