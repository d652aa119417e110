import { suspicions, type Trace } from '../../../../src/domain/quiz/log/patterns';

/** The same numbers on every run (mulberry32). */
function chance(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low: number, high: number) => low + next() * (high - low),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

const days = ['2026-11-21', '2026-11-22', '2026-11-23'];
const floorMs = 2_000;

type Habit = (dice: ReturnType<typeof chance>, n: number) => { ok: boolean; took: number };
function players(
  name: string,
  count: number,
  habit: (dice: ReturnType<typeof chance>, i: number) => Habit,
): Trace[] {
  return Array.from({ length: count }, (_, i) => {
    const dice = chance(1_000 * name.length + name.charCodeAt(0) * 77_777 + i);
    const hers = habit(dice, i);
    return days.flatMap((on) =>
      Array.from({ length: 10 }, (_unused, n) => {
        const { ok, took } = hers(dice, n);
        return { pid: `${name}${i}`, on, q: `t${n}`, ok, took: Math.max(floorMs, Math.round(took)) };
      }),
    );
  }).flat();
}
const heldOf = async (traces: Trace[], name: string) =>
  [...(await suspicions(traces)).keys()].filter((pid) => pid.replace(/\d+$/, '') === name).length;

/** People: 2 to 20 s, each at a pace and with a knowledge of her own. */
const human: Parameters<typeof players>[2] = (dice) => {
  const [pace, spread, knows] = [
    dice.between(3_000, 9_000),
    dice.between(0.25, 0.6),
    dice.between(0.3, 0.98),
  ];
  return () => ({
    ok: dice.next() < knows,
    took: Math.min(20_000, pace * Math.exp(spread * dice.normal())),
  });
};
const bot: Parameters<typeof players>[2] = (dice) => () => ({
  ok: true,
  took: floorMs + dice.between(300, 800),
});
/** Knows everything and is as fast as people can be. */
const expert: Parameters<typeof players>[2] = (dice) => () => ({
  ok: dice.next() < 0.985,
  took: dice.between(1_500, 5_500),
});
/** Taps the first letter as soon as it counts. */
const impatient: Parameters<typeof players>[2] = (dice) => () => ({
  ok: dice.next() < 0.27,
  took: floorMs + dice.between(50, 700),
});

test('A3: of 300 answer bots at least 95 % are held, of 5,000 people at most 1 %', async () => {
  const traces = [...players('bot', 300, bot), ...players('human', 5_000, human)];
  expect(await heldOf(traces, 'bot')).toBeGreaterThanOrEqual(285);
  expect(await heldOf(traces, 'human')).toBeLessThanOrEqual(50);
});

test('a bot that waits like a person, but always as long, is held too', async () => {
  const patient: typeof bot = (dice, i) => () => ({ ok: true, took: 5_000 + i + dice.between(0, 500) });
  expect(await heldOf(players('patient', 50, patient), 'patient')).toBe(50);
});

test('a bot that hits the letter until it counts is held, though the way to us blurs its times', async () => {
  const hitting: typeof bot = (dice) => () => {
    let took = 0;
    while (took < floorMs) took += dice.between(300, 800);
    return { ok: true, took: took + dice.between(0, 700) };
  };
  expect(await heldOf(players('hitting', 300, hitting), 'hitting')).toBeGreaterThanOrEqual(285);
});

test('neither pace nor knowledge alone holds anybody', async () => {
  expect(await heldOf(players('impatient', 1_000, impatient), 'impatient')).toBe(0);
  expect(await heldOf(players('expert', 1_000, expert), 'expert')).toBeLessThanOrEqual(10);
});

test('A2: a farm that answers by one script is held, with mistakes and slowly too; nobody beside it is', async () => {
  // One list of pauses, played back on every phone with some jitter.
  const script = chance(9);
  const pauses = Array.from({ length: 10 }, () => script.between(2_500, 9_000));
  const farm: typeof bot = (dice) => (_dice, n) => ({
    ok: dice.next() < 0.7,
    took: (pauses[n] as number) + dice.between(-40, 40),
  });
  const traces = [...players('farm', 1_000, farm), ...players('human', 5_000, human)];
  expect(await heldOf(traces, 'farm')).toBeGreaterThanOrEqual(950);
  expect(await heldOf(traces, 'human')).toBeLessThanOrEqual(50);
});

test('an office that plays together at the same minute is not a farm', async () => {
  expect(await heldOf(players('office', 200, human), 'office')).toBe(0);
});

test('too few answers prove nothing, and neither do questions about herself or 搶答', async () => {
  const few = players('bot', 5, bot).filter(({ on, q }) => on === days[0] && Number(q.slice(1)) < 7);
  expect((await suspicions(few)).size).toBe(0);
  const flash = players('bot', 5, bot).map((trace) => ({ ...trace, flash: true as const }));
  expect((await suspicions(flash)).size).toBe(0);
  const unscored = Array.from({ length: 10 }, (_, n) => `t${n}`);
  expect((await suspicions(players('bot', 5, bot), { unscored })).size).toBe(0);
});

test('the reason says in numbers what was seen', async () => {
  const found = await suspicions(players('bot', 1, bot));
  expect(found.get('bot0')).toEqual([
    {
      pattern: 'bot',
      seen: expect.stringMatching(/^30 題答對 30 題，其中 27 題都在出題後 2\.\d\d 至 2\.\d\d 秒之間$/),
    },
  ]);
});
