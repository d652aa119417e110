import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { fold } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import type { AllAudience, Audience, Facts, Known, Source } from '../audience';
import type { Flat, Leaf, Now } from '../leaf';
import type { PersonRow } from '../people/people';
import { rowsOf, type Upkeep } from '../upkeep';
import { compile, conditionOf, type Filter, judge, mustHave, type Verdict } from './compile';
import { type PlayerGroup, playerGroups } from './players';
import { below, leavesOf, type Rule, readRule } from './rule';
import { everybody, inList, inSegment } from './segments.leaves';
import { segmentTasks } from './segments.tasks';
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
  /** As it was last counted. */
  size?: Size;
};
export type SegmentVersion = {
  _id: string;
  segment: string;
  version: number;
  rule: Rule;
  at: Date;
  by: string;
};
export type Size = Count & { at: Date };
/** `segmentSizes{_id: '<segment>/<day>'}`: the last count of a day; no one is named. */
type DaySize = Size & { _id: string; segment: string; day: string };
/** Somewhere else it is named; `waits`: it will be asked for again, so it must stay. */
type Use = { kind: string; id: string; name: string; state: string; waits: boolean };
type Member = { _id: string; segment: string; pid: string; at: Date };

/** `exact`, or estimated from a slice: then 95 of 100 times the truth is within `error` of it. */
export type Count = { people: number; exact: boolean; error: number; of: number };

const indexes: IndexSpec[] = [
  { collection: 'segmentMembers', key: { segment: 1 }, why: 'who is in this list' },
  { collection: 'segmentMembers', key: { pid: 1 }, why: 'which lists is she in (flat rows, erasure)' },
  { collection: 'segmentVersions', key: { segment: 1, version: -1 }, why: 'what its rule was before' },
  { collection: 'segmentSizes', key: { segment: 1, day: -1 }, why: 'how its size went' },
  { collection: 'segmentSizes', key: { day: 1 }, why: 'which sizes may be forgotten' },
];

/** An exact count may take so long; then a slice is counted. */
const exactMs = 1_500;
const slice = 20_000;
/** Rules that name segments that name segments. */
const mostExpanded = 60;
/** So long a size is kept. */
const sizeDays = 400;
/** Somebody waits for a page of members. */
const pageMs = 8_000;

export function createSegments(given: {
  db: Connection;
  clock: Clock;
  audience: () => AllAudience;
  people: { now(): Now; count(): Promise<number>; refresh(people: readonly Known[]): Promise<void> };
  /** `r` of flat rows is below this. */
  circle: number;
  /** Where else segments are named. */
  usesOf: (segments: readonly Segment[]) => Promise<Map<string, Use[]>>;
}) {
  const { db, clock, audience, people, circle, usesOf } = given;
  const segments = db.collection<Segment>('segments');
  const versions = db.collection<SegmentVersion>('segmentVersions');
  const sizes = db.collection<DaySize>('segmentSizes');
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

  const readText = (text: string): Promise<Rule> =>
    read(text.trim().startsWith('{') ? parsed(text) : readSentence(text, leaves()));

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

  /** Keeps a segment; another rule is another version, and the ones before stay. */
  async function save({
    id,
    name,
    rule,
    by,
    expects,
  }: {
    id: string;
    name: string;
    rule: Rule;
    by: string;
    /** The version that was changed; 0: there was none. Absent: whatever stands there. */
    expects?: number;
  }): Promise<Segment> {
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(id))
      throw new AppError(
        'Invalid',
        'segment.id',
        `編號「${id.slice(0, 60)}」只能用小寫字母、數字和連字號，最多 40 個字。`,
        { details: { fields: { id: '只能用小寫字母、數字和連字號，最多 40 個字' } } },
      );
    if (name.trim() === '' || [...name].length > 40)
      throw new AppError('Invalid', 'segment.name', '名稱要 1 到 40 個字。', {
        details: { fields: { name: '1 到 40 個字' } },
      });
    await expanded(rule, [id]);
    const at = new Date(clock.now());
    for (;;) {
      const before = await segments.findOne({ _id: id });
      if (expects !== undefined && (before?.version ?? 0) !== expects) throw changed(id, before, expects);
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
        ? await segments.updateOne(
            { _id: id, version: before.version },
            { $set: next, ...(isSame ? {} : { $unset: { size: '' } }) },
          )
        : await segments.updateOne({ _id: id }, { $setOnInsert: next }, { upsert: true });
      if (done.modifiedCount + done.upsertedCount > 0 || (isSame && done.matchedCount > 0))
        return { _id: id, ...next };
    }
  }

  /** Counts a segment, and keeps what came out as the size of this day. */
  async function measure(id: string): Promise<Size> {
    const { _id, rule } = await mustGet(id);
    const at = new Date(clock.now());
    const size = { ...(await count(rule)), at };
    const day = clock.day(at.getTime());
    await sizes.updateOne(
      { _id: `${_id}/${day}` },
      { $set: { ...size, segment: _id, day } },
      { upsert: true },
    );
    await segments.updateOne({ _id, rule }, { $set: { size } });
    return size;
  }

  /** How many are done is heard by `onStep`. */
  async function measureAll(onStep: (done: number, of: number) => Promise<void> = async () => {}) {
    const all = await segments.find({}, { projection: { _id: 1 }, limit: mostSegments }).toArray();
    for (const [i, { _id }] of all.entries()) {
      await onStep(i, all.length);
      // One that names a segment that is gone, or was removed in this moment, has no size.
      await measure(_id).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
      });
    }
    return all.length;
  }

  const namesSegment = (rule: Rule, { _id, name }: Segment): boolean =>
    leavesOf(rule).some((one) => one.leaf === inSegment.name && (one['id'] === _id || one['id'] === name));

  /** Where they are used: by each other, in pushes and sequences, as a tag. */
  async function uses(wanted: readonly Segment[]): Promise<Map<string, Use[]>> {
    const found = await usesOf(wanted);
    const all = await segments.find({}, { limit: mostSegments }).toArray();
    return new Map(
      wanted.map((segment) => [
        segment._id,
        [
          ...all
            .filter((other) => other._id !== segment._id && namesSegment(other.rule, segment))
            .map(({ _id, name }): Use => ({ kind: 'segment', id: _id, name, state: '', waits: true })),
          ...(found.get(segment._id) ?? []),
          ...(segment.tag === undefined
            ? []
            : [{ kind: 'tag', id: segment.tag, name: segment.tag, state: '', waits: true }]),
        ],
      ]),
    );
  }

  return {
    upkeep: {
      indexes,
      tasks: segmentTasks,
      /** After all flat rows were worked out anew (`people` stands before). */
      async forget(ago) {
        await sizes.deleteMany({ day: { $lt: clock.day(ago(sizeDays).getTime()) } });
        await measureAll();
      },
      erase: async (her) => void (her.pid !== undefined && (await members.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ lists: await members.find({ pid }).toArray() }),
    } satisfies Upkeep,
    audience: {
      from: { group: '分群和名單', how: '存下來的分群、名單' },
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
    readText,
    /** The id of a segment, a sentence, or JSON. */
    ruleOf: async (text: string): Promise<Rule> =>
      /^[a-z0-9-]+$/.test(text) ? (await mustGet(text)).rule : readText(text),
    tell: (rule: Rule): string => writeSentence(rule, leaves()),

    list: (): Promise<Segment[]> => segments.find({}, { sort: { _id: 1 }, limit: mostSegments }).toArray(),
    /** A page of them; `words` stand in its id or name. A list is a rule that asks for itself. */
    async browse(asked: {
      words?: string | undefined;
      kind?: 'rule' | 'list' | undefined;
      sort?: string | undefined;
      after?: string | undefined;
      most: number;
    }): Promise<{ segments: Segment[]; total: number; next?: string }> {
      const wanted = fold(asked.words ?? '');
      // There are at most a thousand: a person made each of them.
      const all = (await segments.find({}, { sort: { _id: 1 }, limit: mostSegments }).toArray())
        .filter(({ _id, name }) => fold(`${_id} ${name}`).includes(wanted))
        .filter((one) => asked.kind === undefined || (asked.kind === 'list') === isList(one));
      const by = asked.sort?.replace('-', '');
      const keyOf = (one: Segment): string | number =>
        by === 'people'
          ? (one.size?.people ?? -1)
          : by === 'at'
            ? one.at.getTime()
            : by === 'name'
              ? one.name
              : one._id;
      const sorted = all.toSorted((a, b) => compared(keyOf(a), keyOf(b)));
      if (asked.sort?.startsWith('-')) sorted.reverse();
      const from = asked.after === undefined ? 0 : sorted.findIndex(({ _id }) => _id === asked.after) + 1;
      const page = sorted.slice(from, from + asked.most);
      const last = page.at(-1);
      const isMore = last !== undefined && from + page.length < sorted.length;
      return { segments: page, total: all.length, ...(isMore ? { next: last._id } : {}) };
    },
    uses,
    measure,
    measureAll,
    /** Its sizes, a day each, oldest first. */
    sizesOf: async (id: string): Promise<DaySize[]> =>
      (await sizes.find({ segment: id }, { sort: { day: -1 }, limit: sizeDays }).toArray()).toReversed(),
    /** Newest first. */
    versionsOf: (id: string): Promise<SegmentVersion[]> =>
      versions.find({ segment: id }, { sort: { version: -1 }, limit: 200 }).toArray(),
    /** @throws AppError NotFound */
    async version(id: string, version: number): Promise<SegmentVersion> {
      const found = await versions.findOne({ _id: `${id}/${version}` });
      if (!found) throw new AppError('NotFound', 'segment.version', `「${id}」沒有第 ${version} 版。`);
      return found;
    },
    /** Where what the rule asks is known from, and what of it. */
    async sourcesOf(rule: Rule): Promise<(Source & { asks: string[] })[]> {
      const { sources } = audience();
      const found = new Map<Source, string[]>();
      for (const one of leavesOf(await expanded(rule))) {
        const from = sources.get(one.leaf);
        const told = writeSentence(one, leaves());
        const asks = from && (found.get(from) ?? []);
        if (asks && !asks.includes(told)) found.set(from, [...asks, told]);
      }
      return [...found].map(([from, asks]) => ({ ...from, asks }));
    },
    sources: (): ReadonlyMap<string, Source> => audience().sources,
    /** How far two rules are one: in both, in only one. */
    async overlap(one: Rule, other: Rule): Promise<{ rule: Rule; count: Count }[]> {
      const rules: Rule[] = [
        { all: [one, other] },
        { all: [one, { none: [other] }] },
        { all: [other, { none: [one] }] },
      ];
      const counts: { rule: Rule; count: Count }[] = [];
      for (const rule of rules) counts.push({ rule, count: await count(rule) });
      return counts;
    },
    /** Those who are in it, in the order of their pids, from behind `after` on. */
    async members(
      rule: Rule,
      { after = '', most }: { after?: string | undefined; most: number },
    ): Promise<{ people: PersonRow[]; next?: string }> {
      const { filter, whole, now } = await ready(rule);
      const short = await hintOf(whole, now);
      const wanted = [{ _id: { $gt: after } }, ...(short ? [short] : []), filter];
      const found = await flat
        .find({ $and: wanted }, { sort: { _id: 1 }, limit: most + 1, maxTimeMS: pageMs })
        .toArray()
        .catch((error: unknown) => {
          if ((error as { code?: number }).code !== tooSlow) throw error;
          throw new AppError(
            'TooMany',
            'segment.slow',
            '這條規則裡的人太分散，一時列不出來；可以「導出」，在後台慢慢寫。',
          );
        });
      const people = found.slice(0, most);
      const last = people.at(-1);
      return { people, ...(found.length > most && last ? { next: last._id } : {}) };
    },
    /** The groups of a campaign's players; they are saved unless `dry`. */
    async playerGroups(
      campaign: { id: string; title: string },
      { by, dry }: { by: string; dry: boolean },
    ): Promise<PlayerGroup[]> {
      const groups = await playerGroups(db, campaign);
      if (!dry) for (const { id, name, rule } of groups) await save({ id, name, rule, by });
      return groups;
    },
    find: (id: string): Promise<Segment | null> => segments.findOne({ _id: id }),
    get: mustGet,
    expanded,

    save,

    /** Its tag at WeChat from the next synchronisation on; undefined: none. */
    async mark(id: string, tag: string | undefined): Promise<void> {
      const { _id } = await mustGet(id);
      await segments.updateOne({ _id }, tag === undefined ? { $unset: { tag: '' } } : { $set: { tag } });
    },

    /** Takes a segment away; its versions stay. @throws AppError Conflict segment.named, with where it is still used */
    async remove(id: string): Promise<void> {
      const segment = await mustGet(id);
      const { _id } = segment;
      const waiting = ((await uses([segment])).get(_id) ?? []).filter((one) => one.waits);
      if (waiting.length > 0) {
        const words: Record<string, string> = {
          segment: '分群',
          push: '推送',
          sequence: '序列',
          tag: '標籤',
        };
        const told = waiting.map((one) => `${words[one.kind] ?? ''}「${one.name}」`).join('、');
        throw new AppError('Conflict', 'segment.named', `「${_id}」還用在：${told}；先改掉它們。`);
      }
      await segments.deleteOne({ _id });
      await sizes.deleteMany({ segment: _id });
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
/** So many a house can have. */
const mostSegments = 1_000;

/** Who is in it was written down, and no rule decides. */
export const isList = ({ _id, rule }: Pick<Segment, '_id' | 'rule'>): boolean =>
  'leaf' in rule && rule.leaf === inList.name && rule['id'] === _id;

const compared = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

function changed(id: string, before: Segment | null, expects: number): AppError {
  if (expects === 0)
    return new AppError('Conflict', 'segment.taken', `已經有分群「${id}」了，請換一個編號。`, {
      details: { fields: { id: `已經有「${before?.name ?? id}」用了這個編號` } },
    });
  return new AppError(
    'Conflict',
    'segment.changed',
    before
      ? `${before.by} 剛才把「${id}」改成了第 ${before.version} 版，你看的是第 ${expects} 版。複製你的句子，重新打開再改。`
      : `「${id}」剛才被刪除了。`,
  );
}

function parsed(text: string): unknown {
  if (text.length > 100_000) throw new AppError('Invalid', 'segment.rule', '規則太長了。');
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('Invalid', 'segment.rule', '這不是合格的 JSON。');
  }
}
