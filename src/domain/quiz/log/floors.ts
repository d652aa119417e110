import type { Prize } from '../../prizes/prize';
import type { Quiz } from '../definition';

/** One answer in the answer log: all that any projection needs, so that none looks at data that may change. */
export type Entry = {
  /** `<quiz>:<pid>:<on>:<question>`: once per person, day and question. */
  k: string;
  pid: string;
  /** Beijing day of the answer. */
  on: string;
  q: string;
  /** Index of the option as the marketer wrote it. */
  choice: number;
  ok: boolean;
  points: number;
  /** The inbox id that brought it: the same id again is the same answer again, not a second one. */
  by: string;
  /** From sending the question to accepting the answer, ms. */
  took: number;
  /** The level she is on after it. */
  level: number;
  /** On a level's last question. */
  last?: 'passed' | 'failed';
  /** An answer to a 搶答題. */
  flash?: true;
};

/** One append to the log. `first` is the floor of `a[0]`; `v` the version of the rules in force. */
export type Batch = {
  _id: string;
  quiz: string;
  seq: number;
  first: number;
  v: number;
  at: Date;
  a: Entry[];
  /** The last one: the quiz is being settled, no answer comes after it. It holds none itself. */
  sealed?: true;
};

export type Win = {
  prize: string;
  pid: string;
  /** The floor that won it. */
  floor: number;
  on: string;
  why: 'floor' | 'first';
  /** What was won, once: the floor that was promised (a prize may pass on to a later floor), or the question. */
  unit: string;
};

/** What judging the next entry depends on. Plain data: it can be kept and compared. */
export type Floors = {
  seq: number;
  /** Answers so far: the last floor. */
  count: number;
  /** Given out so far, by prize. */
  given: Record<string, number>;
  /** Floor prizes whose floor fell to somebody who may not have it: they go to the next who may, oldest first. */
  passing: { prize: string; unit: string }[];
  /**
   * Who won a floor prize when, `<on>/<pid>`: one per person and day. All days are kept: around midnight answers of two
   * days mix in the log, and one that was taken up again may be older.
   */
  winners: Record<string, true>;
  /** How often a person won a prize in this quiz, `<prize>/<pid>`. */
  times: Record<string, number>;
  /** 搶答題 that have a winner. */
  firsts: Record<string, true>;
  sealed?: true;
};

export const noFloors = (): Floors => ({
  seq: 0,
  count: 0,
  given: {},
  passing: [],
  winners: {},
  times: {},
  firsts: {},
});

/**
 * Judges one batch: who won which floor and which 搶答題. Deterministic in the log and the rules in force (`quiz` as of
 * the batch's `v`), so every process that folds the log in order comes to the same, and a replay too. Changes `state`.
 */
export function winsOf(state: Floors, batch: Batch, quiz: Pick<Quiz, 'prizes'>): Win[] {
  if (batch.sealed) {
    Object.assign(state, { seq: batch.seq, sealed: true });
    return [];
  }
  const wins: Win[] = [];
  batch.a.forEach((entry, i) => {
    const floor = batch.first + i;
    for (const { prize, unit } of offered(state, quiz, floor)) {
      if (left(state, prize) <= 0) continue; // the stock is out: it ends here
      if (mayWin(state, prize, entry)) {
        state.winners[`${entry.on}/${entry.pid}`] = true;
        wins.push(give(state, prize, { entry, floor, why: 'floor', unit }));
      } else state.passing.push({ prize: prize.id, unit });
    }
    const flash = entry.flash && entry.ok ? quiz.prizes.find((prize) => isFirst(prize, entry.q)) : undefined;
    if (flash && !Object.hasOwn(state.firsts, entry.q) && left(state, flash) > 0) {
      state.firsts[entry.q] = true;
      wins.push(give(state, flash, { entry, floor, why: 'first', unit: entry.q }));
    }
  });
  state.seq = batch.seq;
  state.count = batch.first + batch.a.length - 1;
  return wins;
}

const isFirst = (prize: Prize, question: string): boolean =>
  prize.way.kind === 'first' && prize.way.question === question;

/** What this floor offers: what passed on to it first, then its own floors in the order of the prize list. */
function offered(state: Floors, quiz: Pick<Quiz, 'prizes'>, floor: number): { prize: Prize; unit: string }[] {
  const passing = state.passing.map(({ prize: id, unit }) => ({
    id,
    prize: quiz.prizes.find((one) => one.id === id),
    unit,
  }));
  const passed = passing.flatMap(({ prize, unit }) => (prize ? [{ prize, unit }] : []));
  // A process that has not heard of a new prize judges by older rules: it waits for the next who knows it.
  state.passing = passing.flatMap(({ id, prize, unit }) => (prize ? [] : [{ prize: id, unit }]));
  const own = quiz.prizes
    .filter((prize) => isFloor(prize, floor))
    .map((prize) => ({ prize, unit: String(floor) }));
  return [...passed, ...own];
}

/** Whether a prize lies on this floor. */
export function isFloor({ way }: Prize, floor: number): boolean {
  if (way.kind !== 'floor') return false;
  if (way.floors?.includes(floor)) return true;
  if (way.every !== undefined && floor % way.every === 0) return true;
  return way.endings?.some((ending) => String(floor).endsWith(ending)) ?? false;
}

/** A marketer's id may be `constructor`. */
const countOf = (counts: Record<string, number>, key: string): number =>
  Object.hasOwn(counts, key) ? (counts[key] as number) : 0;

/** How many of a prize were won by the answers so far. */
export const givenOf = (state: Floors, prize: string): number => countOf(state.given, prize);

const left = (state: Floors, prize: Prize): number => prize.quantity - givenOf(state, prize.id);

/** Prizes that lie on this floor and are all given: whoever stands there won none of them. */
export const goneOn = (state: Floors, quiz: Pick<Quiz, 'prizes'>, won: { floor: number; wins: Win[] }) =>
  quiz.prizes.filter(
    (prize) =>
      isFloor(prize, won.floor) && left(state, prize) <= 0 && !won.wins.some((win) => win.prize === prize.id),
  );

function mayWin(state: Floors, prize: Prize, { on, pid }: Entry): boolean {
  if (state.winners[`${on}/${pid}`]) return false;
  return prize.perPerson === undefined || (state.times[`${prize.id}/${pid}`] ?? 0) < prize.perPerson;
}

function give(
  state: Floors,
  prize: Prize,
  won: { entry: Entry; floor: number; why: Win['why']; unit: string },
): Win {
  const { entry, floor, why, unit } = won;
  const times = `${prize.id}/${entry.pid}`;
  state.given[prize.id] = countOf(state.given, prize.id) + 1;
  state.times[times] = (state.times[times] ?? 0) + 1;
  return { prize: prize.id, pid: entry.pid, floor, on: entry.on, why, unit };
}
