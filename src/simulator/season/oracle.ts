import type { Review } from './after';
import type { Person } from './habits';
import { perDay, quizId, type SeasonPrize } from './quiz';
import { type Told, toldIn } from './read';
import { type Answer, floorsByRules, mayEnter, ranking, whoTookPart } from './rules';
import type { Line, Town } from './town';

type LedgerRow = { _id: string; pid: string; delta: number };
/** An award as it lies in the database, with the name of whose it is. */
export type Won = {
  _id: string;
  prize: string;
  name: string;
  pid: string;
  on: string;
  floor?: number;
  why: string;
  unit: string;
  state: string;
  code?: string;
  redeem?: string;
};

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
  awards: Won[];
};

type Given = { town: Town; people: Person[]; prizes: SeasonPrize[]; review: Review };

/**
 * Judges a season by what its fans read and by rules of its own: points, floors, prizes, ranks and the rest must be what
 * these say. The database is only looked at to be compared. Returns every difference.
 */
export async function judge(given: Given): Promise<{ differences: string[]; facts: Facts }> {
  const evidence = await collect(given);
  const differences = [
    ...floorsTold(evidence),
    ...(await pointsTold(evidence)),
    ...prizesTold(evidence),
    ...floorsWon(evidence),
    ...handedOn(evidence),
    ...limits(evidence),
    ...(await afterTheEnd(evidence)),
  ];
  const { log, awards, prizes } = evidence;
  const stockOf = new Map(prizes.map(({ id, quantity }) => [id, quantity]));
  const isReserve = ({ prize, why, unit }: Won): boolean =>
    why === 'draw' && Number(unit.split('-')[1]) > (stockOf.get(prize) ?? 0);
  const facts = {
    answers: log.length,
    players: new Set(log.map(({ pid }) => pid)).size,
    points: log.reduce((sum, { points }) => sum + points, 0),
    right: log.filter(({ ok }) => ok).length,
    flashes: log.filter(({ flash }) => flash).length,
    passes: awards.filter((one) => one.why === 'floor' && isFirstHand(one) && one.unit !== String(one.floor))
      .length,
    passings: awards.filter((one) => !isFirstHand(one)).length,
    reserves: awards.filter(isReserve).length,
    awards,
  };
  return { differences, facts };
}

type Evidence = Awaited<ReturnType<typeof collect>>;

async function collect({ town, people, prizes, review }: Given) {
  const { db, journal } = town;
  const pidOf = new Map<string, string>();
  for (const { name } of people) pidOf.set(name, await town.pidOf(name));
  const nameOf = new Map([...pidOf].map(([name, pid]) => [pid, name]));
  const named = <Row extends { pid: string }>(row: Row) => ({
    ...row,
    name: nameOf.get(row.pid) ?? `? ${row.pid}`,
  });

  type Batch = { first: number; a: Omit<Answer, 'name' | 'order'>[] };
  const batches = await db
    .collection<Batch>('answers')
    .find({ quiz: quizId, sealed: { $exists: false } }, { sort: { seq: 1 } })
    .toArray();
  const awards = await db
    .collection<Won>('awards')
    .find({ state: { $ne: 'pending' } })
    .toArray();
  const staff = people.filter(({ habit }) => habit === 'staff').map(({ name }) => name);

  const told = new Map<string, { at: number; told: Told }[]>(people.map(({ name }) => [name, []]));
  const levels = new Map<string, number>();
  for (const { at, fan, read } of journal) {
    const one = toldIn(read);
    told.get(fan)?.push({ at, told: one });
    levels.set(fan, Math.max(levels.get(fan) ?? 0, one.passed));
  }
  return {
    town,
    journal,
    prizes,
    pidOf,
    /** What each fan read, letter by letter. */
    told,
    /** The last level that each of them passed. */
    levels,
    log: batches.flatMap(({ first, a }): Answer[] =>
      a.map((entry, i) => ({ ...named(entry), floor: first + i })),
    ),
    awards: awards.map(named),
    ledger: await db.collection<LedgerRow>('ledger').find({}).toArray(),
    rejected: new Set(review.rejected),
    staff: new Set(staff),
    /** Who may win nothing. */
    out: new Set([...review.rejected, ...staff]),
  };
}

/** Order numbers are 1 to n, and each was told to the one who has it, once, with her points. */
function floorsTold({ log, told }: Evidence): string[] {
  const found = log.flatMap(({ floor }, i) =>
    floor === i + 1 ? [] : [`the ${i + 1}th answer has the number ${floor}`],
  );
  const heard = new Set<number>();
  for (const [name, letters] of told)
    for (const {
      at,
      told: { answer },
    } of letters) {
      if (answer?.floor === undefined || answer.again) continue;
      if (heard.has(answer.floor)) found.push(`floor ${answer.floor} was told twice`);
      heard.add(answer.floor);
      const entry = log[answer.floor - 1];
      const kept = entry && [entry.name, entry.points, entry.ok, entry.on];
      found.push(...unequal(`floor ${answer.floor}`, [name, answer.points, answer.right, dayAt(at)], kept));
    }
  for (const { floor, flash, name } of log)
    if (!flash && !heard.has(floor)) found.push(`${name} was never told of floor ${floor}`);
  return found;
}

/** What each was told, step by step and in sum, is what ledger and balance have. */
async function pointsTold({ town, told, pidOf, ledger, log, rejected, staff }: Evidence): Promise<string[]> {
  const sumOf = (cause: string) => sums(ledger.filter(({ _id }) => _id.startsWith(cause)));
  const [answers, fromPrizes, reversals] = [sumOf('answer/'), sumOf('award/'), sumOf('reversal/')];
  const flashesOf = count(log.filter(({ flash }) => flash).map(({ name }) => name));
  const found: string[] = [];
  for (const [name, pid] of pidOf) {
    let sum = 0;
    let flashes = 0;
    for (const {
      told: { answer, flash },
    } of told.get(name) ?? []) {
      if (answer && !answer.again) sum += answer.points;
      if (flash && !flash.again) {
        sum += flash.points;
        flashes++;
      }
      if (answer) found.push(...unequal(`${name}'s points so far`, sum, answer.total));
    }
    // That what a prize brought was told to her is for `prizesTold`.
    const extra = fromPrizes.get(pid) ?? 0;
    const back = rejected.has(name) ? -(sum + extra) : 0;
    found.push(
      ...unequal(`${name}'s points`, sum, answers.get(pid) ?? 0),
      ...unequal(`${name}'s 搶答`, staff.has(name) ? 0 : flashes, flashesOf.get(name) ?? 0),
      ...unequal(`${name}'s points taken back`, back, reversals.get(pid) ?? 0),
      ...unequal(`${name}'s balance`, sum + extra + back, await town.services.points.balance(pid)),
    );
  }
  return found;
}

/** Every prize was told, once, to the one who won it. */
function prizesTold({ told, journal, awards, prizes, pidOf, ledger }: Evidence): string[] {
  const nameOf = new Map(prizes.map(({ id, name }) => [id, name]));
  const found: string[] = [];
  for (const [name, pid] of pidOf) {
    const mine = awards.filter((award) => award.name === name);
    const hers = count(mine.map(({ prize }) => nameOf.get(prize) ?? prize));
    const heard = count((told.get(name) ?? []).flatMap((one) => one.told.prizes.map((prize) => prize.name)));
    const away = awayAndBack(journal, name);
    for (const prize of new Set([...hers.keys(), ...heard.keys()])) {
      const [won = 0, said = 0] = [hers.get(prize), heard.get(prize)];
      if (won !== said && !(said === won - 1 && away?.includes(`· ${prize}（`)))
        found.push(`${name} won ${prize} ${won} times and was told ${said} times`);
    }
    const inPoints = mine.reduce(
      (sum, { prize }) => sum + (prizes.find(({ id }) => id === prize)?.points ?? 0),
      0,
    );
    const paid = ledger.filter((row) => row.pid === pid && row._id.startsWith('award/'));
    found.push(
      ...unequal(
        `${name}'s points from prizes`,
        inPoints,
        paid.reduce((sum, { delta }) => sum + delta, 0),
      ),
    );
  }
  return found;
}

/** Who was away when a prize was decided is not told; she sees it when she asks. What she then saw, if she was away. */
function awayAndBack(journal: Line[], name: string): string | undefined {
  const lines = journal.filter(({ fan }) => fan === name);
  if (!lines.some(({ said }) => said === '(leaves)')) return undefined;
  return lines.flatMap(({ said, read }) => (said === '獎品' ? [read] : [])).join('\n');
}

/** Lucky floors and 搶答, as the rules give them. */
function floorsWon({ log, awards, prizes }: Evidence): string[] {
  const atOnce = awards.filter((one) => one.why === 'floor' && isFirstHand(one));
  const found = unequal(
    'floor prizes',
    floorsByRules(log, prizes).toSorted(),
    atOnce.map(({ prize, unit, floor }) => `${prize} ${unit} ${floor}`).toSorted(),
  );
  for (const { id, way } of prizes) {
    if (way.kind !== 'first') continue;
    const winner = log.find(({ flash, ok, q }) => flash && ok && q === way['question']);
    const award = awards.find((one) => one.prize === id && isFirstHand(one));
    found.push(...unequal(`${id}: the first who was right`, winner?.floor, award?.floor));
  }
  return found;
}

/** Each floor prize of somebody who was rejected is with the next who may have it, and with nobody else. */
function handedOn({ awards, log, out, prizes }: Evidence): string[] {
  const found: string[] = [];
  const byFloor = awards.filter(({ why }) => why === 'floor' || why === 'first');
  const kept = byFloor.filter(({ state }) => state !== 'void');
  const daysOf = new Set(kept.filter(({ why }) => why === 'floor').map(({ on, name }) => `${on} ${name}`));
  const timesOf = count(kept.map(({ prize, name }) => `${prize} ${name}`));
  const limitOf = new Map(prizes.map(({ id, perQuiz = Infinity }) => [id, perQuiz]));
  for (const from of byFloor.filter((one) => one.state === 'void' && out.has(one.name))) {
    const heirs = byFloor.filter((one) => one.prize === from.prize && one.unit === `${from.unit}+1`);
    if (heirs.length > 1) found.push(`${from._id} has ${heirs.length} heirs`);
    const until = heirs[0]?.floor ?? Infinity;
    if (until <= (from.floor ?? 0)) found.push(`${from._id} passed on to an earlier floor`);
    const passedOver = log.find(
      ({ floor, name, on, flash, ok, q }) =>
        floor > (from.floor ?? 0) &&
        floor < until &&
        !out.has(name) &&
        (timesOf.get(`${from.prize} ${name}`) ?? 0) < (limitOf.get(from.prize) ?? 0) &&
        (from.why === 'floor' ? !daysOf.has(`${on} ${name}`) : flash && ok && q === from.unit),
    );
    if (passedOver) found.push(`${from._id} passed over ${passedOver.name} on floor ${passedOver.floor}`);
  }
  return found;
}

function limits({ awards, log, prizes, out }: Evidence): string[] {
  const found: string[] = [];
  const atMost = (most: number, what: string, keys: string[]): void => {
    for (const [key, n] of count(keys)) if (n > most) found.push(`${key}: ${n} ${what}`);
  };
  const kept = awards.filter(({ state }) => state !== 'void');
  const answers = log.filter(({ flash }) => !flash);
  atMost(
    perDay,
    'answers of one day',
    answers.map(({ on, name }) => `${on} ${name}`),
  );
  atMost(
    1,
    'floor prizes of one day',
    kept.filter(({ why }) => why === 'floor').map(({ on, name }) => `${on} ${name}`),
  );
  atMost(
    1,
    'times given',
    kept.flatMap(({ code }) => code ?? []),
  );
  atMost(
    1,
    'times given',
    awards.flatMap(({ redeem }) => redeem ?? []),
  );
  for (const { id, quantity, perQuiz = Infinity } of prizes) {
    const mine = kept.filter(({ prize }) => prize === id);
    atMost(
      perQuiz,
      `of ${id}`,
      mine.map(({ name }) => name),
    );
    const taken = mine.filter(({ state }) => state !== 'expired').length;
    if (taken > quantity) found.push(`${taken} of ${quantity} ${id} were given`);
  }
  for (const { _id, name } of kept)
    if (out.has(name)) found.push(`${_id} is with ${name}, who may win nothing`);
  return found;
}

/** What settlement decides: ranks, taking part, and who is in a draw. */
async function afterTheEnd(evidence: Evidence): Promise<string[]> {
  const { log, out, staff, awards, prizes, levels, town, journal } = evidence;
  const found: string[] = [];
  const clean = log.filter(({ name }) => !out.has(name));
  const days = [...new Set(clean.map(({ on }) => on))];
  for (const prize of prizes) {
    const {
      kind,
      from = 1,
      to = 1,
      board,
      rounds = 0,
      daysInRow = 0,
    } = prize.way as Partial<Record<string, number>> & {
      kind: string;
      board?: string;
    };
    const mine = awards.filter((award) => award.prize === prize.id && award.state !== 'void');
    if (kind === 'ranking') {
      const boards =
        board === 'final'
          ? [['final', clean] as const]
          : days.map((on) => [on, clean.filter((one) => one.on === on)] as const);
      const ranks = boards.flatMap(([on, rows]) =>
        ranking(rows)
          .slice(from - 1, to)
          .map((name, i) => `rank-${from + i}-${on} ${name}`),
      );
      found.push(
        ...unequal(prize.id, ranks.toSorted(), mine.map(({ unit, name }) => `${unit} ${name}`).toSorted()),
      );
    }
    if (kind === 'participation') {
      // A code that was shown to somebody who is rejected later is not given again; all else goes to the next in line.
      const line = prize.kind === 'code' ? log.filter(({ name }) => !staff.has(name)) : clean;
      const winners = whoTookPart(line, { rounds, daysInRow })
        .slice(0, prize.quantity)
        .filter((name) => !out.has(name));
      found.push(...unequal(prize.id, winners.toSorted(), mine.map(({ name }) => name).toSorted()));
    }
    if (kind === 'draw') {
      const entered = mayEnter(clean, prize, levels);
      const { entries, won } = await town.services.draws.proof(`${quizId}/${prize.id}`);
      found.push(
        ...unequal(`how many are in ${prize.id}`, entered.size, entries.length),
        ...unequal(`how many win ${prize.id}`, Math.min(prize.quantity, entered.size), won.length),
        ...numbersTold(journal, prize.name).flatMap(({ fan, number }) =>
          entered.has(fan) && entries.includes(number)
            ? []
            : [`${fan}'s number ${number} is not in ${prize.id}`],
        ),
        ...mine.flatMap(({ name }) =>
          entered.has(name) ? [] : [`${name} won ${prize.id} and was not in it`],
        ),
      );
    }
  }
  return found;
}

/** The numbers that fans were told for a draw. */
function numbersTold(journal: Line[], prize: string): { fan: string; number: string }[] {
  return journal.flatMap(({ fan, said, read }) => {
    const [, mine = ''] = read.split(`「${prize}」`);
    const number = said === '抽獎' ? /^[^「]*你的號碼：(\d{10})/.exec(mine)?.[1] : undefined;
    return number === undefined ? [] : [{ fan, number }];
  });
}

/** Won by its own floor, and not handed on by somebody who was rejected: those have a 「+1」. */
const isFirstHand = ({ unit }: Won): boolean => !unit.includes('+');
const dayAt = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);

function unequal(what: string, expected: unknown, found: unknown): string[] {
  const [wanted, present] = [JSON.stringify(expected), JSON.stringify(found)];
  return wanted === present
    ? []
    : [`${what}: ${wanted} by the rules and by what was read, ${present} in the database`];
}

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
