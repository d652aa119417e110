import * as fc from 'fast-check';
import type { Prize } from '../../../../src/domain/prizes/prize';
import {
  type Batch,
  type Entry,
  isFloor,
  noFloors,
  type Win,
  winsOf,
} from '../../../../src/domain/quiz/log/floors';
import { anEntry, aPrize } from '../a-quiz';

/** Folds entries cut into batches at the given places. */
function folded(entries: Entry[], prizes: Prize[], cuts: number[] = []) {
  const state = noFloors();
  const wins: Win[] = [];
  const edges = [...new Set([0, ...cuts.filter((cut) => cut > 0 && cut < entries.length), entries.length])];
  edges.sort((a, b) => a - b);
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i] as number, edges[i + 1] as number];
    const seq = i + 1;
    const batch: Batch = {
      _id: `q/${seq}`,
      quiz: 'q',
      seq,
      first: from + 1,
      v: 1,
      at: new Date(0),
      a: entries.slice(from, to),
    };
    wins.push(...winsOf(state, batch, { prizes }));
  }
  return { wins, state };
}

const told = (wins: Win[]): string[] =>
  wins.map(({ prize, unit, pid, floor }) => `${prize}@${unit} ${pid}#${floor}`);
/** One answer each, by these people in this order. */
const answers = (...pids: string[]): Entry[] => pids.map((pid, i) => anEntry(pid, `t${i}`));

test('floors are given by their number, right or wrong', () => {
  const floors = aPrize('p', { kind: 'floor', floors: [2], every: 5, endings: ['8'] }, { quantity: 9 });
  const entries = answers('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h').map((one) => ({ ...one, ok: false }));
  expect(told(folded(entries, [floors]).wins)).toEqual(['p@2 b#2', 'p@5 e#5', 'p@8 h#8']);
  expect([18, 80, 25].map((order) => isFloor(floors, order))).toEqual([true, true, true]);
  expect([17, 81, 3].map((order) => isFloor(floors, order))).toEqual([false, false, false]);
});

test('a floor of somebody who won today passes to the next person who has not', () => {
  const floors = aPrize('p', { kind: 'floor', every: 2 }, { quantity: 9 });
  expect(told(folded(answers('x', 'a', 'x', 'a', 'a', 'b', 'c'), [floors]).wins)).toEqual([
    'p@2 a#2',
    'p@4 b#6',
    'p@6 c#7',
  ]);
});

test('two prizes on one floor go to two people', () => {
  const prizes = ['p', 'r'].map((id) => aPrize(id, { kind: 'floor', floors: [1] }));
  expect(told(folded(answers('a', 'a', 'b'), prizes).wins)).toEqual(['p@1 a#1', 'r@1 b#3']);
});

test('when the stock is out the floors of that prize end, and no other prize is touched', () => {
  const out = aPrize('p', { kind: 'floor', every: 1 }, { quantity: 2 });
  const other = aPrize('r', { kind: 'floor', floors: [4] });
  expect(told(folded(answers('a', 'b', 'c', 'd'), [out, other]).wins)).toEqual([
    'p@1 a#1',
    'p@2 b#2',
    'r@4 d#4',
  ]);
});

test('a new day allows a new floor prize; the limit of the whole quiz stays', () => {
  const daily = aPrize('p', { kind: 'floor', every: 1 }, { quantity: 9 });
  const once = { ...daily, perPerson: 1 };
  const twoDays = [anEntry('a', 't1'), anEntry('a', 't2', { on: '2026-11-22' })];
  expect(told(folded(twoDays, [daily]).wins)).toEqual(['p@1 a#1', 'p@2 a#2']);
  expect(told(folded(twoDays, [once]).wins)).toEqual(['p@1 a#1']);
});

test('around midnight, where answers of both days mix in the log, each day still has its own limit', () => {
  const floors = aPrize('p', { kind: 'floor', every: 1 }, { quantity: 9 });
  const [before, after] = ['2026-11-21', '2026-11-22'];
  const entries = [
    anEntry('a', 't1', { on: after }),
    anEntry('b', 't1', { on: before }), // accepted before midnight, placed after
    anEntry('a', 't2', { on: after }),
    anEntry('c', 't1', { on: after }),
  ];
  expect(told(folded(entries, [floors]).wins)).toEqual(['p@1 a#1', 'p@2 b#2', 'p@3 c#4']);
});

test('a 搶答題 goes to the first who is right, once, beside any floor', () => {
  const first = aPrize('p', { kind: 'first', question: 'f', at: 0 }, { quantity: 5 });
  const floor = aPrize('r', { kind: 'floor', floors: [2] });
  const entries = [
    anEntry('a', 'f', { flash: true, ok: false }),
    anEntry('b', 'f', { flash: true }),
    anEntry('c', 'f', { flash: true }),
    anEntry('d', 'f'), // the same question in a round is no try
  ];
  expect(told(folded(entries, [first, floor]).wins)).toEqual(['r@2 b#2', 'p@f b#2']);
});

test('a prize that passes on waits for the next who may have it, also while older rules judge that do not know it', () => {
  const added = aPrize('p', { kind: 'floor', floors: [1, 2] }, { quantity: 2 });
  const state = noFloors();
  const judged = (seq: number, prizes: Prize[], ...a: Entry[]): string[] =>
    told(
      winsOf(
        state,
        { _id: `q/${seq}`, quiz: 'q', seq, first: state.count + 1, v: 1, at: new Date(0), a },
        { prizes },
      ),
    );
  expect(judged(1, [added], ...answers('a', 'a'))).toEqual(['p@1 a#1']);
  expect(judged(2, [], ...answers('b'))).toEqual([]); // a process that has not heard of the new prize
  expect(judged(3, [added], ...answers('c'))).toEqual(['p@2 c#4']);
});

test('a name that every object has is a name like others', () => {
  const floors = aPrize('constructor', { kind: 'floor', every: 1 }, { quantity: 2, perPerson: 1 });
  expect(told(folded(answers('toString', 'valueOf', 'a'), [floors]).wins)).toEqual([
    'constructor@1 toString#1',
    'constructor@2 valueOf#2',
  ]);
});

describe('for any log and any prizes', () => {
  const people = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const days = ['2026-11-21', '2026-11-22', '2026-11-23'];
  const entry = fc.record({ pid: people, day: fc.nat(2), ok: fc.boolean(), flash: fc.boolean() });
  const logs = fc.array(entry, { minLength: 1, maxLength: 60 }).map((list) =>
    list
      .toSorted((a, b) => a.day - b.day) // swaps of neighbours below mix them at midnight
      .map(({ pid, day, ok, flash }, i) =>
        anEntry(pid, flash ? 'f' : `t${i}`, {
          on: days[day] as string,
          ok,
          ...(flash ? { flash: true } : {}),
        }),
      )
      .flatMap((one, i, all) => (i % 2 === 0 ? [all[i + 1] ?? one, one].slice(all[i + 1] ? 0 : 1) : [])),
  );
  const floorPrize = fc
    .record({
      every: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
      floors: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
      endings: fc.array(fc.constantFrom('3', '7', '11'), { maxLength: 1 }),
      quantity: fc.integer({ min: 1, max: 6 }),
      perPerson: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    })
    .map(
      ({ every, floors, endings, quantity, perPerson }): Omit<Prize, 'id'> =>
        aPrize(
          '',
          { kind: 'floor', floors, endings, ...(every === undefined ? {} : { every }) },
          { quantity, ...(perPerson === undefined ? {} : { perPerson }) },
        ),
    );
  const prizeLists = fc
    .array(floorPrize, { minLength: 1, maxLength: 3 })
    .map((list): Prize[] => [
      ...list.map((prize, i) => ({ ...prize, id: `p${i}` })),
      aPrize('flash', { kind: 'first', question: 'f', at: 0 }),
    ]);
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 10 });

  test('stock and limits hold, one unit is won once, and nobody who might have won is passed over', () => {
    fc.assert(
      fc.property(logs, prizeLists, (log, prizes) => {
        const { wins } = folded(log, prizes);
        expect(new Set(wins.map(({ prize, unit }) => `${prize}@${unit}`)).size).toBe(wins.length);
        const floorWins = wins.filter(({ why }) => why === 'floor');
        expect(new Set(floorWins.map(({ pid, on }) => `${pid} ${on}`)).size).toBe(floorWins.length);
        for (const win of wins) expect(log[win.floor - 1]).toMatchObject({ pid: win.pid, on: win.on });
        const flash = log.findIndex((one) => one.flash && one.ok) + 1;
        expect(wins.filter(({ why }) => why === 'first').map(({ floor }) => floor)).toEqual(
          flash ? [flash] : [],
        );
        for (const prize of prizes.filter(({ way }) => way.kind === 'floor')) {
          const mine = floorWins.filter((win) => win.prize === prize.id);
          expect(mine.length).toBeLessThanOrEqual(prize.quantity);
          for (const pid of new Set(mine.map((win) => win.pid)))
            expect(mine.filter((win) => win.pid === pid).length).toBeLessThanOrEqual(prize.perPerson ?? 99);
          log.forEach((_, i) => {
            const unit = i + 1;
            if (!isFloor(prize, unit)) return;
            const won = mine.find((win) => win.unit === String(unit))?.floor;
            const outAt =
              mine.length === prize.quantity ? (mine.at(-1)?.floor ?? 0) : Number.POSITIVE_INFINITY;
            const until = won ?? Math.min(log.length + 1, outAt);
            for (let order = unit; order < until; order++) {
              const { pid, on } = log[order - 1] as Entry;
              const wonToday = floorWins.some(
                (win) => win.pid === pid && win.on === on && win.floor <= order,
              );
              const full =
                mine.filter((win) => win.pid === pid && win.floor <= order).length >= (prize.perPerson ?? 99);
              expect(wonToday || full).toBe(true);
            }
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  test('how it was cut into batches changes nothing', () => {
    fc.assert(
      fc.property(logs, prizeLists, cuts, (log, prizes, some) => {
        const whole = folded(log, prizes);
        const cut = folded(log, prizes, some);
        expect(cut.wins).toEqual(whole.wins);
        expect({ ...cut.state, seq: 0 }).toEqual({ ...whole.state, seq: 0 });
        expect(JSON.parse(JSON.stringify(whole.state))).toEqual(whole.state);
      }),
      { numRuns: 200 },
    );
  });
});
