import type { Entry } from './floors';

/** Why somebody is held, for the person who decides about it: what was seen, in numbers. */
export type Reason = { pattern: 'bot' | 'farm'; seen: string };

/** What is read of an answer. */
export type Trace = Pick<Entry, 'pid' | 'on' | 'q' | 'ok' | 'took' | 'flash'>;

/** Fewer answers than this prove nothing. */
const leastAnswers = 8;
/** A machine is right, and always after the same time, but for what the way to us adds. Fast people are not held for being fast: both must come together. */
const botRight = 0.95;
const botSpreadMs = 1_200;
/** Times that are equal, answer by answer, to this resolution … */
const rhythmMs = 100;
/** … over so many answers in a row, at the same place of the same day, … */
const rhythmLength = 6;
/** … for so many people, have one hand behind them. */
const rhythmPeople = 5;

/**
 * Patterns of machines and farms in a whole quiz (promises A2–A4). They only ever hold a prize until somebody has looked:
 * nobody loses anything by them. Neither pace nor accuracy alone is a pattern.
 *
 * @param unscored questions without a right answer
 */
export async function suspicions(
  answers: AsyncIterable<Trace> | Iterable<Trace>,
  { unscored = [] }: { unscored?: string[] } = {},
): Promise<Map<string, Reason[]>> {
  const skipped = new Set(unscored);
  const people = new Map<string, Person>();
  for await (const { pid, on, q, ok, took, flash } of answers) {
    if (flash || skipped.has(q)) continue;
    let person = people.get(pid);
    if (!person) people.set(pid, (person = { right: 0, took: [], days: new Map() }));
    if (ok) person.right++;
    person.took.push(took);
    const day = person.days.get(on);
    if (day) day.push(took);
    else person.days.set(on, [took]);
  }
  const found = new Map<string, Reason[]>();
  const add = (pid: string, reason: Reason) => found.set(pid, [...(found.get(pid) ?? []), reason]);
  for (const [pid, person] of people) {
    const seen = likeABot(person);
    if (seen) add(pid, { pattern: 'bot', seen });
  }
  for (const [pid, others] of sameRhythm(people))
    add(pid, {
      pattern: 'farm',
      seen: `連續 ${rhythmLength} 題的作答時間，與另外 ${others} 人逐題相同（${rhythmMs} 毫秒以內）`,
    });
  return found;
}

type Person = { right: number; took: number[]; days: Map<string, number[]> };

/** Nearly all right, and nine of ten answers within little more than a second of each other. */
function likeABot({ right, took }: Person): string | undefined {
  const n = took.length;
  if (n < leastAnswers || right / n < botRight) return undefined;
  const sorted = took.toSorted((a, b) => a - b);
  const width = Math.ceil(n * 0.9);
  let best = Number.POSITIVE_INFINITY;
  let from = 0;
  for (let i = 0; i + width <= n; i++) {
    const spread = (sorted[i + width - 1] as number) - (sorted[i] as number);
    if (spread < best) [best, from] = [spread, sorted[i] as number];
  }
  if (best > botSpreadMs) return undefined;
  const seconds = (ms: number) => (ms / 1_000).toFixed(2);
  return `${n} 題答對 ${right} 題，其中 ${width} 題都在出題後 ${seconds(from)} 至 ${seconds(from + best)} 秒之間`;
}

/** Who shares her times with at least so many others, and with how many. One place of one day at a time: memory is bounded. */
function sameRhythm(people: Map<string, Person>): Map<string, number> {
  const shared = new Map<string, number>();
  const days = new Set([...people.values()].flatMap(({ days: hers }) => [...hers.keys()]));
  for (const on of days)
    for (let from = 0; ; from++) {
      const groups = groupsAt(people, on, from);
      if (groups.length === 0) break;
      for (const group of groups)
        if (group.length >= rhythmPeople)
          for (const pid of group) shared.set(pid, Math.max(shared.get(pid) ?? 0, group.length - 1));
    }
  return shared;
}

/** People by the times of her answers from one place of a day on. Empty: nobody answered so many. */
function groupsAt(people: Map<string, Person>, on: string, from: number): string[][] {
  const groups = new Map<string, string[]>();
  for (const [pid, { days }] of people) {
    const took = days.get(on);
    if (!took || took.length < from + rhythmLength) continue;
    const times = took.slice(from, from + rhythmLength).map((ms) => Math.round(ms / rhythmMs));
    const key = times.join();
    const group = groups.get(key);
    if (group) group.push(pid);
    else groups.set(key, [pid]);
  }
  return [...groups.values()];
}
