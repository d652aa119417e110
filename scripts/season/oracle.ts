import type { Review } from './after';
import type { Person } from './habits';
import { beijing, perDay, quizId, type SeasonPrize } from './quiz';
import { type Told, toldIn } from './read';
import type { Line, Town } from './town';

/** What the program has written down, as it lies in the database. */
type Entry = { k: string; pid: string; on: string; q: string; ok: boolean; points: number; flash?: true };
type LedgerRow = { _id: string; pid: string; delta: number };
export type AwardRow = {
  _id: string;
  prize: string;
  pid: string;
  on: string;
  order?: number;
  why: string;
  unit: string;
  state: string;
  code?: string;
  redeem?: string;
};

type Answer = Entry & { order: number; name: string };
export type Difference = string;

/**
 * Judges a season by what its fans read and by rules of its own, written from docs/quiz.md and not from the program: points,
 * floors, prizes, ranks and the rest must be what these say. Returns every difference.
 */
export async function judge(given: {
  town: Town;
  people: Person[];
  prizes: SeasonPrize[];
  days: number;
  review: Review;
}): Promise<{ differences: Difference[]; facts: Facts }> {
  const { town, people, prizes, review } = given;
  const { db, journal } = town;
  const differences: Difference[] = [];
  const expect = (what: string, expected: unknown, found: unknown): void => {
    if (JSON.stringify(expected) !== JSON.stringify(found))
      differences.push(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  };

  const nameOf = new Map<string, string>();
  for (const { name } of people) nameOf.set(await town.pidOf(name), name);
  const nameBy = (pid: string): string => nameOf.get(pid) ?? `? ${pid}`;
  const batches = await db
    .collection<{ _id: string; first: number; quiz: string; a: Entry[]; sealed?: true }>('orders')
    .find({ quiz: quizId, sealed: { $exists: false } }, { sort: { _id: 1 } })
    .toArray();
  const log: Answer[] = batches.flatMap(({ first, a }) =>
    a.map((entry, i) => ({ ...entry, order: first + i, name: nameBy(entry.pid) })),
  );
  const ledger = await db.collection<LedgerRow>('ledger').find({}).toArray();
  const awards = await db
    .collection<AwardRow>('awards')
    .find({ state: { $ne: 'pending' } })
    .toArray();
  const staff = new Set(people.filter(({ habit }) => habit === 'staff').map(({ name }) => name));
  const rejected = new Set(review.rejected);
  const prizeOf = new Map(prizes.map((prize) => [prize.id, prize]));
  const live = awards.filter(({ state }) => state !== 'void');

  // 1. What each fan read, letter by letter.
  const told = new Map<string, { at: number; told: Told }[]>(people.map(({ name }) => [name, []]));
  /** The last level that each of them passed. */
  const levels = new Map<string, number>();
  for (const { at, fan, read } of journal) {
    told.get(fan)?.push({ at, told: toldIn(read) });
    for (const [, level = '', over] of read.matchAll(/· 第 (\d+) 關 \d+\/\d+（對 \d+）(\n第 \d+ 關過了)?/g))
      levels.set(fan, Math.max(levels.get(fan) ?? 0, Number(level) - (over ? 0 : 1)));
  }

  // 2. Order numbers: 1 to n, and every floor told to the one who has it.
  expect('order numbers', log.map((_, i) => i + 1).join() === log.map(({ order }) => order).join(), true);
  const toldFloors = new Map<number, string>();
  for (const [name, letters] of told)
    for (const {
      at,
      told: { answer },
    } of letters) {
      if (answer?.floor === undefined || answer.again) continue;
      if (toldFloors.has(answer.floor)) differences.push(`floor ${answer.floor} was told twice`);
      toldFloors.set(answer.floor, name);
      const entry = log[answer.floor - 1];
      expect(
        `floor ${answer.floor}`,
        [name, answer.points, answer.right, dayAt(at)],
        entry && [entry.name, entry.points, entry.ok, entry.on],
      );
    }
  for (const { order, flash, name } of log)
    if (!flash && !toldFloors.has(order)) differences.push(`${name} was never told of floor ${order}`);

  // 3. Points: what she was told, in sum and step by step, is what the ledger has.
  const earned = sums(ledger.filter(({ _id }) => _id.startsWith('answer/')));
  const taken = sums(ledger.filter(({ _id }) => _id.startsWith('reversal/')));
  const given_ = sums(ledger.filter(({ _id }) => _id.startsWith('award/')));
  for (const [pid, name] of nameOf) {
    let sum = 0;
    let flashes = 0;
    let prizePoints = 0;
    for (const {
      told: { answer, flash, prizes: won },
    } of told.get(name) ?? []) {
      if (answer && !answer.again) sum += answer.points;
      if (flash && !flash.again) {
        sum += flash.points;
        flashes++;
      }
      if (answer) expect(`${name}'s points so far`, sum, answer.total);
      for (const one of won) prizePoints += prizes.find((prize) => prize.name === one.name)?.points ?? 0;
    }
    expect(`${name}'s points in the ledger`, sum, earned.get(pid) ?? 0);
    expect(`${name}'s points from prizes`, prizePoints, given_.get(pid) ?? 0);
    expect(
      `${name}'s 搶答`,
      staff.has(name) ? 0 : flashes,
      log.filter((one) => one.pid === pid && one.flash).length,
    );
    const back = rejected.has(name) ? -(sum + prizePoints) : 0;
    expect(`${name}'s points taken back`, back, taken.get(pid) ?? 0);
    expect(`${name}'s balance`, sum + prizePoints + back, await town.services.points.balance(pid));
  }

  // 4. Every prize was told, once, to the one who won it.
  for (const [pid, name] of nameOf) {
    const hers = count(
      awards.filter((award) => award.pid === pid).map(({ prize }) => prizeOf.get(prize)?.name ?? prize),
    );
    const heard = count((told.get(name) ?? []).flatMap((one) => one.told.prizes.map((prize) => prize.name)));
    for (const prize of new Set([...hers.keys(), ...heard.keys()])) {
      const [won = 0, said = 0] = [hers.get(prize), heard.get(prize)];
      // Who was away when it was decided is not told; she sees it when she asks.
      const wasAway = journal.some(({ fan, said: what }) => fan === name && what === '(leaves)');
      const sawIt = journal.some(
        ({ fan, said: what, read }) => fan === name && what === '獎品' && read.includes(`· ${prize}（`),
      );
      if (won !== said && !(wasAway && sawIt && said === won - 1))
        differences.push(`${name} won ${prize} ${won} times and was told ${said} times`);
    }
  }

  // 5. Floors, as the rules give them; then what passed on from those who were rejected.
  const byRules = floorsByRules(log, prizes);
  const atOnce = awards.filter(({ why, unit }) => why === 'floor' && !unit.includes('+'));
  expect(
    'floor prizes',
    byRules.map(({ prize, unit, order }) => `${prize} ${unit} ${order}`).toSorted(),
    atOnce.map(({ prize, unit, order }) => `${prize} ${unit} ${order}`).toSorted(),
  );
  const firstRight = new Map<string, Answer>();
  for (const one of log) if (one.flash && one.ok && !firstRight.has(one.q)) firstRight.set(one.q, one);
  for (const prize of prizes) {
    if (prize.way.kind !== 'first') continue;
    const winner = firstRight.get(String(prize.way['question']));
    const award = awards.find((one) => one.prize === prize.id && !one.unit.includes('+'));
    expect(`${prize.id}'s first right answer`, winner?.order, award?.order);
  }
  const passed = passedOn({ awards, log, out: new Set([...rejected, ...staff]), nameBy, prizeOf });
  differences.push(...passed.problems);

  // 6. Limits.
  for (const [key, n] of count(
    live.filter(({ why }) => why === 'floor').map(({ on, pid }) => `${on} ${nameBy(pid)}`),
  ))
    if (n > 1) differences.push(`${key} has ${n} floor prizes`);
  for (const [key, n] of count(live.map(({ prize, pid }) => `${prize} ${nameBy(pid)}`)))
    if (n > (prizeOf.get(key.split(' ')[0] ?? '')?.perQuiz ?? Infinity))
      differences.push(`${key}: ${n} times`);
  for (const [key, n] of count(log.filter(({ flash }) => !flash).map(({ on, name }) => `${on} ${name}`)))
    if (n > perDay) differences.push(`${key} answered ${n} questions`);
  const kept = live.filter(({ state }) => state !== 'expired');
  for (const [prize, n] of count(kept.map(({ prize }) => prize)))
    if (n > (prizeOf.get(prize)?.quantity ?? 0)) differences.push(`${n} of ${prize} were given`);
  for (const what of ['code', 'redeem'] as const)
    for (const [code, n] of count(live.flatMap((award) => award[what] ?? [])))
      if (n > 1) differences.push(`${what} ${code} was given ${n} times`);
  for (const { _id, pid } of kept)
    if (rejected.has(nameBy(pid)) || staff.has(nameBy(pid)))
      differences.push(`${_id} is with ${nameBy(pid)}`);

  // 7. Ranks, taking part.
  const out = new Set([...rejected, ...staff]);
  const ranks = (rows: Answer[]) => ranking(rows.filter(({ name }) => !out.has(name)));
  const daysPlayed = [...new Set(log.map(({ on }) => on))].toSorted();
  for (const prize of prizes) {
    const found = live.filter((award) => award.prize === prize.id);
    const {
      from,
      to,
      board,
      rounds = 0,
      daysInRow = 0,
    } = prize.way as unknown as {
      from: number;
      to: number;
      board: string;
      rounds?: number;
      daysInRow?: number;
    };
    if (prize.way.kind === 'ranking') {
      const boards =
        board === 'final'
          ? [['final', ranks(log)] as const]
          : daysPlayed.map((on) => [on, ranks(log.filter((one) => one.on === on))] as const);
      const expected = boards.flatMap(([on, names]) =>
        names.slice(from - 1, to).map((name, i) => `${from + i} ${on} ${name}`),
      );
      expect(
        prize.id,
        expected.toSorted(),
        found.map(({ unit, pid }) => `${unit.replace(/^rank-(\d+)-/, '$1 ')} ${nameBy(pid)}`).toSorted(),
      );
    }
    if (prize.way.kind === 'participation') {
      // A code that was shown to somebody who is rejected later is not given again; everything else goes to the next.
      const seen = prize.kind === 'code';
      const met = whoTookPart(
        log.filter(({ flash, name }) => !flash && !(seen ? staff : out).has(name)),
        { rounds, daysInRow },
      );
      const won = met.slice(0, prize.quantity).filter((name) => !out.has(name));
      expect(prize.id, won.toSorted(), found.map(({ pid }) => nameBy(pid)).toSorted());
    }
    if (prize.way.kind === 'draw') {
      const {
        rounds: least = 1,
        points = 0,
        level = 0,
      } = prize.way['condition'] as { rounds?: number; points?: number; level?: number };
      const mayWin = people.filter(({ name }) => {
        const hers = log.filter((one) => one.name === name && !out.has(name));
        const days = new Set(hers.filter(({ flash }) => !flash).map(({ on }) => on)).size;
        const sum = hers.reduce((total, one) => total + one.points, 0);
        return days >= least && sum >= points && (levels.get(name) ?? 0) >= level;
      });
      const proof = await town.services.draws.proof(`${quizId}/${prize.id}`);
      expect(`how many take part in ${prize.id}`, mayWin.length, proof.entries.length);
      expect(`how many won ${prize.id}`, Math.min(prize.quantity, mayWin.length), proof.won.length);
      for (const { fan, number } of numbersTold(journal, prize.name))
        if (!out.has(fan) && !proof.entries.includes(number))
          differences.push(`${fan}'s number ${number} is not in ${prize.id}`);
    }
  }

  return {
    differences,
    facts: {
      answers: log.length,
      players: new Set(log.map(({ pid }) => pid)).size,
      points: [...earned.values()].reduce((a, b) => a + b, 0),
      passes: atOnce.filter(({ unit, order }) => unit !== String(order)).length,
      passings: passed.count,
      reserves: awards.filter(
        ({ prize, why, unit }) =>
          why === 'draw' && Number(unit.split('-')[1]) > (prizeOf.get(prize)?.quantity ?? 0),
      ).length,
      right: log.filter(({ ok }) => ok).length,
      flashes: log.filter(({ flash }) => flash).length,
      awards,
    },
  };
}

export type Facts = {
  answers: number;
  players: number;
  points: number;
  right: number;
  flashes: number;
  /** Floor prizes that went to a later floor while the quiz ran. */
  passes: number;
  /** Prizes of people who were rejected that others have now. */
  passings: number;
  /** Prizes of a draw that went to reserves. */
  reserves: number;
  awards: AwardRow[];
};

const dayAt = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);

function sums(rows: LedgerRow[]): Map<string, number> {
  const by = new Map<string, number>();
  for (const { pid, delta } of rows) by.set(pid, (by.get(pid) ?? 0) + delta);
  return by;
}

function count(keys: string[]): Map<string, number> {
  const by = new Map<string, number>();
  for (const key of keys) by.set(key, (by.get(key) ?? 0) + 1);
  return by;
}

/** 「每人每天最多得一份樓層獎；超過上限順延到下一層；庫存發完就結束。」 */
function floorsByRules(log: Answer[], prizes: SeasonPrize[]) {
  const won: { prize: string; unit: string; order: number; on: string; name: string }[] = [];
  let waiting: { prize: SeasonPrize; unit: string }[] = [];
  for (const { order, on, name } of log) {
    const here = prizes.filter(({ way }) => {
      const { floors, every, endings } = way as { floors?: number[]; every?: number; endings?: string[] };
      return (
        way.kind === 'floor' &&
        (floors?.includes(order) ||
          (every !== undefined && order % every === 0) ||
          endings?.some((end) => String(order).endsWith(end)))
      );
    });
    const offers = [...waiting, ...here.map((prize) => ({ prize, unit: String(order) }))];
    waiting = [];
    for (const offer of offers) {
      const { id, quantity, perQuiz = Infinity } = offer.prize;
      const given = won.filter(({ prize }) => prize === id);
      if (given.length >= quantity) continue;
      const today = won.some((one) => one.on === on && one.name === name);
      if (today || given.filter((one) => one.name === name).length >= perQuiz) waiting.push(offer);
      else won.push({ prize: id, unit: offer.unit, order, on, name });
    }
  }
  return won;
}

/** Each prize of somebody who was rejected is with the next who may have it, and with nobody else. */
function passedOn({
  awards,
  log,
  out,
  nameBy,
  prizeOf,
}: {
  awards: AwardRow[];
  log: Answer[];
  out: ReadonlySet<string>;
  nameBy: (pid: string) => string;
  prizeOf: ReadonlyMap<string, SeasonPrize>;
}): { problems: Difference[]; count: number } {
  const problems: Difference[] = [];
  const floors = awards.filter(({ why }) => why === 'floor' || why === 'first');
  const live = floors.filter(({ state }) => state !== 'void');
  const givenUp = floors.filter(({ state, pid }) => state === 'void' && out.has(nameBy(pid)));
  let passed = 0;
  for (const from of givenUp) {
    const heirs = floors.filter((one) => one.prize === from.prize && one.unit === `${from.unit}+1`);
    if (heirs.length > 1) problems.push(`${from._id} has ${heirs.length} heirs`);
    const [heir] = heirs;
    if (heir) passed++;
    if (heir && (heir.order ?? 0) <= (from.order ?? 0)) problems.push(`${heir._id} lies before ${from._id}`);
    // Nobody between could have had it: each of them has a floor prize of that day, or this prize often enough.
    for (const one of log.slice(from.order ?? 0, heir?.order === undefined ? undefined : heir.order - 1)) {
      if (out.has(one.name)) continue;
      if (from.why === 'first' && !(one.flash && one.ok && one.q === from.unit)) continue;
      const hers = live.filter(({ pid }) => pid === one.pid);
      const often =
        hers.filter(({ prize }) => prize === from.prize).length >=
        (prizeOf.get(from.prize)?.perQuiz ?? Infinity);
      if (from.why === 'floor' && hers.some(({ on, why }) => why === 'floor' && on === one.on)) continue;
      if (!often) problems.push(`${from._id} passed over ${one.name} at ${one.order}`);
      if (!often) break;
    }
  }
  return { problems, count: passed };
}

/** The numbers that fans were told for a draw. */
function numbersTold(journal: Line[], prize: string): { fan: string; number: string }[] {
  return journal.flatMap(({ fan, said, read }) => {
    const [, mine = ''] = read.split(`「${prize}」`);
    const number = said === '抽獎' ? /^(?:(?!「)[\s\S])*?你的號碼：(\d{10})/.exec(mine)?.[1] : undefined;
    return number === undefined ? [] : [{ fan, number }];
  });
}

/** More points first; then the smaller order number that reached them. */
function ranking(rows: Answer[]): string[] {
  const by = new Map<string, { points: number; reached: number }>();
  for (const { name, points, order } of rows) {
    const before = by.get(name) ?? { points: 0, reached: order };
    by.set(name, points > 0 ? { points: before.points + points, reached: order } : before);
  }
  return [...by]
    .filter(([, { points }]) => points > 0)
    .toSorted(([, a], [, b]) => b.points - a.points || a.reached - b.reached)
    .map(([name]) => name);
}

/** In the order in which they got there. */
function whoTookPart(log: Answer[], { rounds, daysInRow }: { rounds: number; daysInRow: number }): string[] {
  const days = new Map<string, string[]>();
  const met: string[] = [];
  for (const { name, on } of log) {
    const hers = days.get(name) ?? [];
    if (hers.includes(on)) continue;
    days.set(name, hers.concat(on).toSorted());
    if (!met.includes(name) && hers.length + 1 >= rounds && inARow(days.get(name) ?? []) >= daysInRow)
      met.push(name);
  }
  return met;
}

function inARow(days: string[]): number {
  let best = 0;
  let run = 0;
  days.forEach((day, i) => {
    run = i > 0 && beijing(`${days[i - 1]} 12:00`) + 86_400_000 === beijing(`${day} 12:00`) ? run + 1 : 1;
    best = Math.max(best, run);
  });
  return best;
}
