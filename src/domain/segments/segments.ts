import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import type { AllAudience, Audience, Facts, Known } from '../audience';
import type { Flat, Leaf, Now } from '../leaf';
import type { PersonRow } from '../people/people';
import { rowsOf, type Upkeep } from '../upkeep';
import { compile, conditionOf, type Filter, judge, mustHave, type Verdict } from './compile';
import { below, leavesOf, type Rule, readRule } from './rule';
import { everybody, inList, inSegment } from './segments.leaves';
import { readSentence, writeSentence } from './sentence';

/** `segments{_id}`: who belongs together. A push keeps the rule and version it was planned with. */
export type Segment = {
  _id: string;
  name: string;
  rule: Rule;
  /** Moves with every other rule. */
  version: number;
  at: Date;
  by: string;
  /** Who is in it has this tag at WeChat (`domain/tags`). */
  tag?: string;
};
type Version = { _id: string; segment: string; version: number; rule: Rule; at: Date; by: string };
type Member = { _id: string; segment: string; pid: string; at: Date };

/** `exact`, or estimated from a slice: then 95 of 100 times the truth is within `error` of it. */
export type Count = { people: number; exact: boolean; error: number; of: number };

const indexes: IndexSpec[] = [
  { collection: 'segmentMembers', key: { segment: 1 }, why: 'who is in this list' },
  { collection: 'segmentMembers', key: { pid: 1 }, why: 'which lists is she in (flat rows, erasure)' },
];

/** An exact count may take so long; then a slice is counted. */
const exactMs = 1_500;
const slice = 20_000;
/** Rules that name segments that name segments. */
const mostExpanded = 60;

export function createSegments(given: {
  db: Connection;
  clock: Clock;
  audience: () => AllAudience;
  people: { now(): Now; count(): Promise<number>; refresh(people: readonly Known[]): Promise<void> };
  /** `r` of flat rows is below this. */
  circle: number;
}) {
  const { db, clock, audience, people, circle } = given;
  const segments = db.collection<Segment>('segments');
  const versions = db.collection<Version>('segmentVersions');
  const members = db.collection<Member>('segmentMembers');
  const flat = db.collection<PersonRow>('people');
  const leaves = (): ReadonlyMap<string, Leaf> => audience().leaves;

  async function mustGet(id: string): Promise<Segment> {
    const segment = (await segments.findOne({ _id: id })) ?? (await segments.findOne({ name: id }));
    if (segment) return segment;
    const all = (await segments.find({}, { projection: { name: 1 }, limit: 20 }).toArray())
      .map(({ _id, name }) => `${_id}「${name}」`)
      .join('、');
    throw new AppError(
      'NotFound',
      'segment.unknown',
      `沒有分群「${id}」；${all === '' ? '還沒有任何分群' : `有的是：${all}`}。`,
    );
  }

  /** With the rules of other segments in the place of their names. */
  async function expanded(rule: Rule, within: readonly string[] = []): Promise<Rule> {
    const under = below(rule);
    if (under) {
      const rules: Rule[] = [];
      for (const one of under.rules) rules.push(await expanded(one, within));
      const whole = { [under.joint]: rules } as unknown as Rule;
      if (leavesOf(whole).length > mostExpanded)
        throw new AppError('Invalid', 'segment.rule', `連同引用的分群，一共最多 ${mostExpanded} 個條件。`);
      return whole;
    }
    if (!('leaf' in rule) || rule.leaf !== inSegment.name) return rule;
    const id = String(rule['id']);
    if (within.includes(id))
      throw new AppError('Conflict', 'segment.circle', `分群引用成了一圈：${[...within, id].join(' → ')}。`);
    return expanded((await mustGet(id)).rule, [...within, id]);
  }

  async function read(input: unknown): Promise<Rule> {
    const rule = readRule(input, leaves());
    await expanded(rule);
    return rule;
  }

  const ready = async (rule: Rule) => {
    const whole = await expanded(rule);
    const now = people.now();
    return { whole, now, filter: compile(whole, leaves(), now) };
  };

  /** The rarest of the tokens that everybody in the segment has: its index is the short way. */
  async function hintOf(rule: Rule, now: Now): Promise<Filter | undefined> {
    const groups = mustHave(rule, leaves(), now).slice(0, 6);
    if (groups.length < 2) return undefined;
    const sizes = await Promise.all(
      groups.map((tokens) =>
        flat.countDocuments({ t: { $in: tokens }, r: { $lt: circle } }, { limit: 20_000, hint: { t: 1 } }),
      ),
    );
    const rarest = groups[sizes.indexOf(Math.min(...sizes))] as string[];
    return { t: { $in: rarest } };
  }

  async function count(rule: Rule): Promise<Count> {
    const { filter } = await ready(rule);
    const of = await people.count();
    try {
      const found = await flat.countDocuments(filter, { maxTimeMS: exactMs });
      return { people: found, exact: true, error: 0, of };
    } catch (error) {
      if ((error as { code?: number }).code !== tooSlow) throw error;
      return { ...(await estimate(filter, of)), of };
    }
  }

  /** From a fair slice of everybody. */
  async function estimate(filter: Filter, of: number): Promise<Omit<Count, 'of'>> {
    const share = Math.min(1, slice / Math.max(1, of));
    const inSlice = { r: { $lt: Math.ceil(circle * share) } };
    const [hits, size] = await Promise.all([
      flat.countDocuments({ $and: [inSlice, filter] }, { hint: { r: 1 } }),
      flat.countDocuments(inSlice, { hint: { r: 1 } }),
    ]);
    const rate = size === 0 ? 0 : hits / size;
    const error = 1.96 * Math.sqrt((rate * (1 - rate)) / Math.max(1, size)) * of;
    return { people: Math.round(rate * of), exact: false, error: Math.ceil(error) };
  }

  return {
    upkeep: {
      indexes,
      erase: async (her) => void (her.pid !== undefined && (await members.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ lists: await members.find({ pid }).toArray() }),
    } satisfies Upkeep,
    audience: {
      leaves: [everybody, inSegment, inList],
      async facts(known) {
        const found = new Map<string, Facts>();
        for (const { pid, segment } of await members
          .find({ pid: { $in: known.map((one) => one.pid) } })
          .toArray())
          found.set(pid, { tokens: [...(found.get(pid)?.tokens ?? []), `list:${segment}`] });
        return found;
      },
    } satisfies Audience,

    leaves,
    /** @throws AppError Invalid segment.rule, naming the bad place; NotFound, Conflict for segments it names */
    read,
    /** A sentence or JSON, as a marketer writes it. */
    readText: (text: string): Promise<Rule> =>
      read(text.trim().startsWith('{') ? parsed(text) : readSentence(text, leaves())),
    tell: (rule: Rule): string => writeSentence(rule, leaves()),

    list: (): Promise<Segment[]> => segments.find({}, { sort: { _id: 1 }, limit: 1_000 }).toArray(),
    find: (id: string): Promise<Segment | null> => segments.findOne({ _id: id }),
    get: mustGet,
    expanded,

    /** Keeps a segment; another rule is another version, and the ones before stay. */
    async save({
      id,
      name,
      rule,
      by,
    }: {
      id: string;
      name: string;
      rule: Rule;
      by: string;
    }): Promise<Segment> {
      if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(id))
        throw new AppError(
          'Invalid',
          'segment.id',
          `編號「${id.slice(0, 60)}」只能用小寫字母、數字和連字號，最多 40 個字。`,
        );
      if (name.trim() === '' || [...name].length > 40)
        throw new AppError('Invalid', 'segment.name', '名稱要 1 到 40 個字。');
      await expanded(rule, [id]);
      const at = new Date(clock.now());
      for (;;) {
        const before = await segments.findOne({ _id: id });
        const isSame = before && JSON.stringify(before.rule) === JSON.stringify(rule);
        const version = isSame ? before.version : (before?.version ?? 0) + 1;
        if (!isSame)
          await versions.updateOne(
            { _id: `${id}/${version}` },
            { $set: { segment: id, version, rule, at, by } },
            { upsert: true },
          );
        const next = { name: name.trim(), rule, version, at, by };
        const done = before
          ? await segments.updateOne({ _id: id, version: before.version }, { $set: next })
          : await segments.updateOne({ _id: id }, { $setOnInsert: next }, { upsert: true });
        if (done.modifiedCount + done.upsertedCount > 0 || (isSame && done.matchedCount > 0))
          return { _id: id, ...next };
      }
    },

    /** Its tag at WeChat from the next synchronisation on; undefined: none. */
    async mark(id: string, tag: string | undefined): Promise<void> {
      const { _id } = await mustGet(id);
      await segments.updateOne({ _id }, tag === undefined ? { $unset: { tag: '' } } : { $set: { tag } });
    },

    /** Takes a segment away; its versions stay. Not while another names it. */
    async remove(id: string): Promise<void> {
      const { _id, name } = await mustGet(id);
      const named = (await segments.find({}).toArray()).filter(({ rule }) =>
        leavesOf(rule).some(
          (one) => one.leaf === inSegment.name && (one['id'] === _id || one['id'] === name),
        ),
      );
      if (named.length > 0)
        throw new AppError(
          'Conflict',
          'segment.named',
          `「${_id}」還被引用：${named.map((one) => one._id).join('、')}；先改掉它們。`,
        );
      await segments.deleteOne({ _id });
    },

    /** Values that people have, of each condition of the rule that nobody meets: 「性別：女、男」. */
    async otherValues(rule: Rule): Promise<string[]> {
      const { whole, now } = await ready(rule);
      const told: string[] = [];
      for (const one of leavesOf(whole)) {
        const condition = conditionOf(one, leaves(), now);
        const tokens = 'has' in condition ? [condition.has] : 'hasOne' in condition ? condition.hasOne : [];
        const [first] = tokens;
        if (first === undefined || (await flat.findOne({ t: { $in: tokens } }, { projection: { _id: 1 } })))
          continue;
        const prefix = /^[^=]*=|^[^:]*:/.exec(first)?.[0] ?? first;
        const found = await flat
          .aggregate<{ _id: string }>([
            { $match: { t: { $gte: prefix, $lt: `${prefix}\uffff` } } },
            { $limit: 20_000 },
            { $unwind: '$t' },
            { $match: { t: { $gte: prefix, $lt: `${prefix}\uffff` } } },
            { $group: { _id: '$t', n: { $sum: 1 } } },
            { $sort: { n: -1, _id: 1 } },
            { $limit: 8 },
          ])
          .toArray();
        const values = found.map(({ _id }) => _id.slice(prefix.length)).join('、');
        told.push(
          `沒有人符合「${writeSentence(one, leaves())}」${values === '' ? '' : `；現在有的：${values}`}`,
        );
      }
      return told;
    },

    count,
    /** The rule as a query over flat rows (`people`). */
    filterOf: async (rule: Rule): Promise<Filter> => (await ready(rule)).filter,
    /** The segments that somebody is in, of those that are kept. */
    async holding(person: Flat): Promise<Pick<Segment, '_id' | 'name'>[]> {
      const now = people.now();
      const found: Pick<Segment, '_id' | 'name'>[] = [];
      for (const { _id, name, rule } of await segments.find({}, { sort: { _id: 1 }, limit: 1_000 }).toArray())
        if (judge(await expanded(rule, [_id]), person, leaves(), now).is) found.push({ _id, name });
      return found;
    },
    /** Up to `limit` people, from the same fair slice every time. */
    async sample(rule: Rule, limit = 20): Promise<PersonRow[]> {
      const { filter } = await ready(rule);
      return flat.find(filter, { sort: { r: 1 }, limit, maxTimeMS: 10_000 }).toArray();
    },
    /** All of them, as a stream; each once. */
    async *ids(rule: Rule): AsyncGenerator<string> {
      const { filter, whole, now } = await ready(rule);
      const short = await hintOf(whole, now);
      const wanted = short ? { $and: [short, filter] } : filter;
      for await (const { _id } of flat.find(wanted, { projection: { _id: 1 }, batchSize: 1_000 })) yield _id;
    },
    /** Those of these people who are in it. */
    async among(rule: Rule, pids: readonly string[]): Promise<Set<string>> {
      const { filter } = await ready(rule);
      const some = flat.find({ $and: [{ _id: { $in: [...pids] } }, filter] }, { projection: { _id: 1 } });
      return new Set((await some.toArray()).map(({ _id }) => _id));
    },
    /** Leaf by leaf, why somebody is in it or not. */
    async why(rule: Rule, person: Flat): Promise<Verdict> {
      const { whole, now } = await ready(rule);
      return judge(whole, person, leaves(), now);
    },
    /** How the database would answer it: for the test that no plan reads everybody. */
    async plan(rule: Rule): Promise<unknown> {
      const { filter } = await ready(rule);
      return flat.find(filter).explain('queryPlanner');
    },

    /** Puts people into a list; who is in it stays. How many are new. */
    async addToList(segment: string, known: readonly Known[]): Promise<number> {
      const at = new Date(clock.now());
      if (known.length === 0) return 0;
      const { upsertedCount } = await members.bulkWrite(
        known.map(({ pid }) => ({
          updateOne: {
            filter: { _id: `${segment}/${pid}` },
            update: { $setOnInsert: { segment, pid, at } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
      await people.refresh(known);
      return upsertedCount;
    },
  };
}

export type Segments = ReturnType<typeof createSegments>;

const tooSlow = 50; // MaxTimeMSExpired

function parsed(text: string): unknown {
  if (text.length > 100_000) throw new AppError('Invalid', 'segment.rule', '規則太長了。');
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('Invalid', 'segment.rule', '這不是合格的 JSON。');
  }
}
