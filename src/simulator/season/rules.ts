import { beijing, type SeasonPrize } from './quiz';

/** The rules of docs/quiz.md once more, written from that page and not from the program. */

/** An answer as the answer log has it, with the name of whose it is. */
export type Answer = {
  pid: string;
  name: string;
  floor: number;
  on: string;
  q: string;
  ok: boolean;
  points: number;
  flash?: true;
};

/** 「每人每天最多得一份樓層獎；超過上限順延到下一層；庫存發完就結束。」 */
export function floorsByRules(log: Answer[], prizes: SeasonPrize[]): string[] {
  type Offer = { prize: SeasonPrize; unit: string };
  const wonThatDay = new Set<string>();
  const given = new Map<string, string[]>();
  const lines: string[] = [];
  let waiting: Offer[] = [];
  for (const { floor, on, name } of log) {
    const here = prizes.filter(({ way }) => liesOn(way, floor));
    const offers: Offer[] = [...waiting, ...here.map((prize) => ({ prize, unit: String(floor) }))];
    waiting = [];
    for (const offer of offers) {
      const { id, quantity, perQuiz = Infinity } = offer.prize;
      const winners = given.get(id) ?? [];
      if (winners.length >= quantity) continue;
      const often = winners.filter((one) => one === name).length >= perQuiz;
      if (often || wonThatDay.has(`${on} ${name}`)) waiting.push(offer);
      else {
        wonThatDay.add(`${on} ${name}`);
        given.set(id, [...winners, name]);
        lines.push(`${id} ${offer.unit} ${floor}`);
      }
    }
  }
  return lines;
}

function liesOn(way: SeasonPrize['way'], floor: number): boolean {
  if (way.kind !== 'floor') return false;
  const {
    floors = [],
    every,
    endings = [],
  } = way as { floors?: number[]; every?: number; endings?: string[] };
  return (
    floors.includes(floor) ||
    (every !== undefined && floor % every === 0) ||
    endings.some((ending) => String(floor).endsWith(ending))
  );
}

/** More points first; then the lower floor that reached them. */
export function ranking(log: Answer[]): string[] {
  const by = new Map<string, { points: number; reached: number }>();
  for (const { name, points, floor } of log) {
    const before = by.get(name) ?? { points: 0, reached: floor };
    by.set(name, points > 0 ? { points: before.points + points, reached: floor } : before);
  }
  return [...by]
    .filter(([, { points }]) => points > 0)
    .toSorted(([, a], [, b]) => b.points - a.points || a.reached - b.reached)
    .map(([name]) => name);
}

/** Who played so many rounds and days in a row, in the order in which they got there. 搶答 is no round. */
export function whoTookPart(log: Answer[], least: { rounds: number; daysInRow: number }): string[] {
  const days = new Map<string, string[]>();
  const met = new Set<string>();
  for (const { name, on, flash } of log) {
    const before = days.get(name) ?? [];
    if (flash || before.includes(on)) continue;
    const hers = [...before, on].toSorted();
    days.set(name, hers);
    if (hers.length >= least.rounds && inARow(hers) >= least.daysInRow) met.add(name);
  }
  return [...met];
}

function inARow(days: string[]): number {
  const noon = (day: string) => beijing(`${day} 12:00`);
  let best = 0;
  let run = 0;
  days.forEach((day, i) => {
    const before = days[i - 1];
    run = before !== undefined && noon(day) - noon(before) === 86_400_000 ? run + 1 : 1;
    best = Math.max(best, run);
  });
  return best;
}

/** Who may take part in a draw. `levels`: the last level that each of them passed. */
export function mayEnter(
  log: Answer[],
  { way }: SeasonPrize,
  levels: ReadonlyMap<string, number>,
): Set<string> {
  const {
    rounds = 1,
    points = 0,
    level = 0,
  } = way['condition'] as {
    rounds?: number;
    points?: number;
    level?: number;
  };
  const sums = new Map<string, number>();
  for (const one of log) sums.set(one.name, (sums.get(one.name) ?? 0) + one.points);
  const played = new Set(whoTookPart(log, { rounds, daysInRow: 0 }));
  return new Set(
    [...sums].flatMap(([name, sum]) =>
      played.has(name) && sum >= points && (levels.get(name) ?? 0) >= level ? [name] : [],
    ),
  );
}
