import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import type { PersonRow } from '../people/people';
import type { Rule } from '../segments/rule';
import type { Count } from '../segments/segments';
import type { Upkeep } from '../upkeep';
import { type Described, describe } from './described';
import { exportPeople } from './directory.tasks';
import { asksNothing, type PeopleFilter, ruleOf } from './people-filter';

/** By which number of the flat row people are listed; with `-` the greatest first, and who has none of it last. */
export type PeopleOrder = `${'' | '-'}${'seen' | 'followed' | 'points'}`;
const numbers = { seen: 'seenOn', followed: 'followedOn', points: 'points' } as const;

/** `slow`: it would take longer than was allowed. */
export type PeoplePage = { rows: PersonRow[]; next?: string } | 'slow';

type Query = Record<string, unknown>;

const batch = 500;
/** So many may be meant by the beginning of a name. */
const mostNamed = 200;
const tooSlow = 50; // MaxTimeMSExpired

/** The list of people for our own team: who is meant by a filter, page by page, in an order that an index has. */
export function createDirectory(given: {
  db: Connection;
  clock: Clock;
  segments: {
    read(input: unknown): Promise<Rule>;
    readText(text: string): Promise<Rule>;
    tell(rule: Rule): string;
    filterOf(rule: Rule): Promise<Query>;
    count(rule: Rule): Promise<Count>;
  };
  subscribers: {
    fanOf(openid: string): string;
    known(pids: string[]): Promise<{ fan: string; pid: string }[]>;
    among(fans: string[]): Promise<{ fan: string; pid: string }[]>;
  };
  names: { beginning(start: string, limit: number): Promise<string[]> };
  /** What a stage is called, by its code. */
  stageNames: Readonly<Record<string, string>>;
  tags: {
    byName(name: string): Promise<{ id: number; people: number } | undefined>;
    /** In the order of their pids. */
    wearers(tag: number, after: string, limit: number): Promise<string[]>;
    wearersAmong(tag: number, pids: string[]): Promise<string[]>;
  };
}) {
  const { db, clock, segments, subscribers, names, tags, stageNames } = given;
  const flat = db.collection<PersonRow>('people');

  const read = async (asked: PeopleFilter): Promise<Rule> =>
    segments.read(await ruleOf(asked, { today: clock.day(), readText: segments.readText }));

  /** Whom the words name: a pid or an openid, else who chose a name that begins so. */
  async function named(q: string): Promise<string[]> {
    const words = q.trim();
    const [byPid, byOpenid, byName] = await Promise.all([
      subscribers.known([words]),
      subscribers.among([subscribers.fanOf(words)]),
      names.beginning(words, mostNamed),
    ]);
    return [...new Set([...byPid, ...byOpenid].map(({ pid }) => pid).concat(byName))];
  }

  async function tagOf(name: string) {
    const tag = await tags.byName(name);
    if (!tag)
      throw new AppError('NotFound', 'people.tag', `沒有我們的標籤「${name}」：有哪些，在「標籤」頁看。`);
    return tag;
  }

  /** Behind the last one in the order of a number: who has the same, who has less (or more), who has none. */
  function stepsOf(filter: Query, order: PeopleOrder, after: string): Query[] {
    const down = order.startsWith('-');
    const field = fieldOf(order);
    const [value, pid] = split(after);
    const behind = { _id: { [down ? '$lt' : '$gt']: pid } };
    const none = { [field]: null };
    const some = { [field]: { $type: 'number' } };
    const same = { $and: [{ [field]: value }, behind] };
    const beyond = { [field]: { [down ? '$lt' : '$gt']: value } };
    const from =
      after === ''
        ? [some, none]
        : value === null
          ? [same, ...(down ? [] : [some])]
          : [same, beyond, ...(down ? [none] : [])];
    const inOrderOf = after === '' && !down ? from.toReversed() : from;
    return inOrderOf.map((one) => ({ $and: [one, filter] }));
  }

  async function inOrder(filter: Query, asked: Asked): Promise<PeoplePage> {
    const { order, after = '', limit, withinMs } = asked;
    const way = order.startsWith('-') ? -1 : 1;
    const field = fieldOf(order);
    const rows: PersonRow[] = [];
    const until = Date.now() + withinMs;
    for (const query of stepsOf(filter, order, after)) {
      const maxTimeMS = until - Date.now();
      if (maxTimeMS <= 0) return 'slow';
      rows.push(
        ...(await flat
          .find(query, { sort: { [field]: way, _id: way }, limit: limit + 1 - rows.length, maxTimeMS })
          .toArray()),
      );
      if (rows.length > limit) break;
    }
    return paged(rows, limit, ({ _id, n }) => `${n[field.slice(2)] ?? '-'}~${_id}`);
  }

  /** Of these people alone, in the order of their pids, as they come. */
  async function among(
    pids: (after: string) => Promise<string[]>,
    filter: Query,
    { after = '', limit, withinMs }: Asked,
  ): Promise<PeoplePage> {
    const rows: PersonRow[] = [];
    const until = Date.now() + withinMs;
    for (let from = after; rows.length <= limit; ) {
      const some = await pids(from);
      if (some.length === 0) break;
      const maxTimeMS = until - Date.now();
      if (maxTimeMS <= 0) return 'slow';
      const query = { $and: [{ _id: { $in: some } }, filter] };
      rows.push(
        ...(await flat
          .find(query, { sort: { _id: 1 }, limit: limit + 1 - rows.length, maxTimeMS })
          .toArray()),
      );
      from = some.at(-1) as string;
    }
    return paged(rows, limit, ({ _id }) => _id);
  }

  async function find(filter: PeopleFilter, asked: Asked): Promise<PeoplePage> {
    const query = await segments.filterOf(await read(filter));
    if (filter.q !== undefined) {
      const all = (await named(filter.q)).toSorted();
      const worn = filter.tag === undefined ? undefined : await tagOf(filter.tag);
      const meant = worn ? await tags.wearersAmong(worn.id, all) : all;
      return among(async (after) => meant.filter((pid) => pid > after).slice(0, batch), query, asked);
    }
    if (filter.tag !== undefined) {
      const { id } = await tagOf(filter.tag);
      return among((after) => tags.wearers(id, after, batch), query, asked);
    }
    return inOrder(query, asked);
  }

  return {
    upkeep: { tasks: [exportPeople] } satisfies Upkeep,
    /** One page. `after`: its `next` of the page before; `withinMs`: so long it may take. @throws AppError where the filter is wrong */
    async list(filter: PeopleFilter, asked: Asked): Promise<PeoplePage> {
      try {
        return await find(filter, asked);
      } catch (error) {
        if ((error as { code?: unknown }).code === tooSlow) return 'slow';
        throw error;
      }
    },
    /** What the row says, in words. */
    describe: (row: PersonRow): Described => describe(row, stageNames),
    /** All of them, each once. */
    async *all(filter: PeopleFilter): AsyncGenerator<PersonRow> {
      const order = '-seen';
      for (let after: string | undefined; ; ) {
        const page = await find(filter, {
          order,
          ...(after === undefined ? {} : { after }),
          ...{ limit: batch, withinMs: 600_000 },
        });
        if (page === 'slow') throw new AppError('TooMany', 'people.slow', '找得太久了，換個條件再試。');
        yield* page.rows;
        if (page.next === undefined) return;
        after = page.next;
      }
    },
    /** How many, exactly where that is fast. */
    async count(filter: PeopleFilter): Promise<Count> {
      if (asksNothing(filter)) {
        const people = await flat.estimatedDocumentCount();
        return { people, exact: true, error: 0, of: people };
      }
      const of = await flat.estimatedDocumentCount();
      const { tag, q, ...rest } = filter;
      if (q !== undefined) {
        const page = await find(filter, { order: '-seen', limit: mostNamed, withinMs: 5_000 });
        return { people: page === 'slow' ? 0 : page.rows.length, exact: page !== 'slow', error: 0, of };
      }
      if (tag === undefined) return segments.count(await read(rest));
      const { people } = await tagOf(tag);
      return { people, exact: asksNothing(rest), error: 0, of };
    },
    /** The filter as one sentence; empty for everybody. */
    async tell(filter: PeopleFilter): Promise<string> {
      const { tag, q, ...rest } = filter;
      const rule = asksNothing(rest) ? '' : segments.tell(await read(rest));
      return [
        // A name somebody is called by is hers: it is not kept with what was taken out.
        ...(q === undefined ? [] : ['按 pid 或名字找的']),
        ...(tag === undefined ? [] : [`有標籤「${tag}」`]),
        ...(rule === '' ? [] : [rule]),
      ].join('；');
    },
    /** The rule of a filter, as a marketer would write it; undefined where it names people or asks for nothing. */
    async sentenceOf(filter: PeopleFilter): Promise<string | undefined> {
      const { tag, q, ...rest } = filter;
      if (tag !== undefined || q !== undefined || asksNothing(rest)) return undefined;
      return segments.tell(await read(rest));
    },
  };
}

export type Directory = ReturnType<typeof createDirectory>;

type Asked = { order: PeopleOrder; after?: string; limit: number; withinMs: number };

function paged(rows: PersonRow[], limit: number, at: (row: PersonRow) => string): PeoplePage {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, ...(rows.length > limit && last ? { next: at(last) } : {}) };
}

/** 「20640~pid」: the number of the last one, 「-」 where she has none. */
function split(after: string): [number | null, string] {
  const [value = '', pid = ''] = after.split(/~(.*)/s);
  const number = Number(value);
  if (after !== '' && (pid === '' || (value !== '-' && !Number.isFinite(number))))
    throw new AppError('Invalid', 'people.cursor', '頁碼不對，請從第一頁開始。');
  return [value === '-' ? null : number, pid];
}

const fieldOf = (order: PeopleOrder): string =>
  `n.${numbers[order.replace('-', '') as keyof typeof numbers]}`;
