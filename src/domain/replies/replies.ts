import type { ClientSession, Connection, mongo } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import { fold } from '../../kit/text';
import type { File } from '../../sheets/file';
import { tellProblem } from '../../sheets/problems';
import { readTable } from '../../sheets/read-table';
import type { IndexSpec } from '../../store/indexes';
import { bumpVersion } from '../../store/versions';
import { asking } from '../../wechat/api/asking';
import { fetchOldReplies, type OldReplies, readAutoreply } from '../../wechat/api/autoreply';
import type { WechatClient } from '../../wechat/api/client';
import { parseExact } from '../../wechat/api/exact-json';
import { createMedia } from '../../wechat/api/media';
import type { Reply } from '../../wechat/protocol/reply';
import type { Upkeep } from '../upkeep';
import { type Compiled, compile } from './compile';
import { type Draft, draftsOf, type Remark } from './from-old';
import { problemOf } from './problems';
import type { Match, Rule, RuleChange } from './rule';
import { isSameRule, type RuleFileReport, readRules, ruleFrom } from './rule-file';

type Filter<Row> = mongo.Filter<Row & mongo.Document>;

/** None beyond `_id`: a process reads all rules at once and looks nothing up in the database. */
export const replyIndexes: IndexSpec[] = [];

/** Which code handler answers a text by itself, by name; operators' rules come after it. */
export type TakenBy = (text: string) => string | undefined;

export type ImportOptions = {
  /** Everything but the writing. */
  dryRun?: boolean;
  takenBy?: TakenBy;
  /** Makes a permanent copy of a temporary picture or voice; undefined when it cannot be copied. See `media.ts`. */
  keepMedia?: (kind: 'image' | 'voice', mediaId: string) => Promise<string | undefined>;
};

export type ImportReport = {
  /** Names of rules. */
  added: string[];
  changed: string[];
  unchanged: string[];
  /** Different at WeChat now, but an operator has edited them here since: left alone. */
  edited: string[];
  /** What comes over changed or not at all. */
  remarks: Remark[];
  /** Words that a code handler, or another rule, answers first. */
  conflicts: { rule: string; word: string; with: string }[];
};

type Edit = { by?: string | undefined; base?: number | undefined };

/** A process holds them all, and looks through them whole. */
const mostRules = 5_000;

/**
 * Operators' own keyword rules. Each process holds them compiled; every change raises `versions{_id: 'replies'}` in the
 * same transaction, and whoever follows it calls `load`.
 */
export function createReplies(given: {
  db: Connection;
  clock: Clock;
  /** Absent: nobody asks WeChat here. */
  client?: Pick<WechatClient, 'get' | 'download' | 'upload'> | undefined;
}) {
  const { db, clock, client } = given;
  const rows = db.collection<Rule>('replyRules');
  let current = compile([]);

  const all = (): Promise<Rule[]> => rows.find().sort({ createdAt: 1, _id: 1 }).toArray();

  /** The change and the new version number, both or neither. */
  async function changing<T>(change: (session: ClientSession) => Promise<T>): Promise<T> {
    const result = await db.transaction(async (session) => {
      const done = await change(session);
      await bumpVersion(db, 'replies', session);
      return done;
    });
    // Others follow the version; who changed it sees it at once.
    await load();
    return result;
  }

  /** All or nothing; the same again changes nothing. Rules that are gone at WeChat stay here until an operator removes them. */
  async function importRules(old: OldReplies, options: ImportOptions = {}): Promise<ImportReport> {
    const { drafts, remarks } = draftsOf(old);
    const known = await all();
    const byId = new Map(known.map((rule) => [rule._id, rule]));
    const report: ImportReport = {
      added: [],
      changed: [],
      unchanged: [],
      edited: [],
      remarks,
      conflicts: [],
    };
    const keepMedia: ImportOptions['keepMedia'] = options.dryRun
      ? options.keepMedia && (async (_kind, mediaId) => mediaId)
      : options.keepMedia;
    const rules: Rule[] = [];
    const mine: Rule[] = [];
    for (const draft of drafts) {
      const before = byId.get(draft._id);
      const state = stateOf(draft, before);
      const writes = state === 'added' || state === 'changed';
      const rule = writes ? await ruleOf(draft, { before, keepMedia, remarks }) : before;
      if (!rule) continue;
      report[state].push(draft.name);
      mine.push(rule);
      if (writes) rules.push(rule);
    }
    report.conflicts = conflictsOf(mine, known, options.takenBy);
    if (!options.dryRun && rules.length > 0) {
      await changing((session) =>
        rows.bulkWrite(
          rules.map((rule) => ({
            replaceOne: { filter: { _id: rule._id }, replacement: rule, upsert: true },
          })),
          { session },
        ),
      );
    }
    return report;
  }

  /**
   * The rules of WeChat's own console: out of a file, or as WeChat tells them. Pictures and voices get permanent copies where WeChat can be asked.
   * @throws AppError Invalid for a file that is none of WeChat's answers
   */
  async function importOld({
    file,
    ...options
  }: Omit<ImportOptions, 'keepMedia'> & { file?: Buffer | undefined }): Promise<ImportReport> {
    if (!file && !client)
      throw new AppError('Invalid', 'import.no-account', '沒有設定 WECHAT_APP_ID，請給一個文件。');
    const media = client && createMedia({ client });
    return asking('規則沒有變', async () => {
      const old = file
        ? readAutoreply(parseExact(file.toString()))
        : await fetchOldReplies(client as WechatClient);
      return importRules(old, {
        ...options,
        ...(media ? { keepMedia: (kind, mediaId) => media.keep(kind, mediaId) } : {}),
      });
    });
  }

  /** Rules as a file of ours has them (CSV, XLSX, JSON), all or nothing. @throws AppError Invalid when it cannot be read at all */
  async function importFile(
    file: File,
    { dryRun = false, by }: { dryRun?: boolean; by: string },
  ): Promise<RuleFileReport> {
    const given = await readTable(file);
    const known = new Map((await all()).map((rule) => [rule._id, rule]));
    const { read, problems: found } = readRules(given.rows, known);
    const problems = [...given.problems, ...found].map((one) => tellProblem(one, given.unit));
    const report = { added: 0, changed: 0, same: 0, problems };
    if (problems.length > 0) return report;
    const now = new Date(clock.now());
    const writes: Rule[] = [];
    for (const { id, change } of read) {
      const before = id === undefined ? undefined : known.get(id);
      if (before && isSameRule(before, change)) report.same++;
      else {
        report[before ? 'changed' : 'added']++;
        writes.push(ruleFrom(change, { before, by, now }));
      }
    }
    if (known.size + report.added > mostRules)
      throw new AppError('Conflict', 'replies.too-many', `導入後會超過 ${mostRules} 條規則，是上限。`);
    if (!dryRun && writes.length > 0)
      await changing((session) =>
        rows.bulkWrite(
          writes.map((rule) => ({
            replaceOne: { filter: { _id: rule._id }, replacement: rule, upsert: true },
          })),
          { session },
        ),
      );
    return report;
  }

  /**
   * An operator makes a rule, or changes one by its id: `base` is the `v` she saw of it. Returns the id.
   * @throws AppError Invalid (`details.part`), NotFound, Conflict when somebody else was faster
   */
  async function save(change: RuleChange, id?: string, { by, base }: Edit = {}): Promise<string> {
    const problem = problemOf(change);
    if (problem)
      throw new AppError('Invalid', 'replies.rule', `規則「${change.name}」：${problem.what}`, {
        details: problem,
      });
    const { name, match, replies, mode, priority = 0, on = true, validFrom, validUntil } = change;
    const now = new Date(clock.now());
    const set = { name, match, replies, mode, priority, on };
    const dates = { ...(validFrom ? { validFrom } : {}), ...(validUntil ? { validUntil } : {}) };
    if (id === undefined) {
      if ((await rows.estimatedDocumentCount()) >= mostRules)
        throw new AppError(
          'Conflict',
          'replies.too-many',
          `已有 ${mostRules} 條規則，是上限；請先合併或刪去用不到的。`,
        );
      const signed = by === undefined ? {} : { by };
      const rule: Rule = { _id: randomId(), ...set, ...dates, source: 'console', createdAt: now, ...signed };
      await changing((session) => rows.insertOne(rule, { session }));
      return rule._id;
    }
    const unset = {
      ...(validFrom ? {} : { validFrom: '' as const }),
      ...(validUntil ? {} : { validUntil: '' as const }),
    };
    await edit(id, { set: { ...set, ...dates }, unset, by, base });
    return id;
  }

  /** One rule that is not removed, changed. */
  async function edit(
    id: string,
    { set, unset = {}, by, base }: Edit & { set: Partial<Rule>; unset?: { [Field in keyof Rule]?: '' } },
  ): Promise<void> {
    const editedBy = by === undefined ? {} : { editedBy: by };
    const update = {
      $set: { ...set, editedAt: new Date(clock.now()), ...editedBy },
      $unset: unset,
      $inc: { v: 1 },
    };
    const seen = base === undefined ? {} : { v: base === 0 ? { $in: [0, null] } : base };
    await changing(async (session) => {
      const filter = { _id: id, removed: { $exists: false }, ...seen } as Filter<Rule>;
      const { matchedCount } = await rows.updateOne(filter, update, { session });
      if (matchedCount === 1) return;
      const now = await rows.findOne({ _id: id }, { session });
      if (!now) throw unknown(id);
      throw new AppError(
        'Conflict',
        'replies.edited',
        now.removed
          ? `規則「${now.name}」已由 ${now.removed.by} 刪除；要改，先恢復它。`
          : `規則「${now.name}」剛由 ${now.editedBy ?? '別人'} 改過，沒有保存；請看過新的再改。`,
      );
    });
  }

  /** Reads all rules again and swaps the compiled ones whole. */
  async function load(): Promise<void> {
    current = compile(await rows.find({ on: true, removed: { $exists: false } }).toArray());
  }

  /** @throws AppError NotFound */
  async function get(id: string): Promise<Rule> {
    const rule = await rows.findOne({ _id: id });
    if (!rule) throw unknown(id);
    return rule;
  }

  return {
    upkeep: { follows: { replies: load } } satisfies Upkeep,
    importRules,
    importOld,
    importFile,
    save,
    get,
    /** All that are not removed, the oldest first. */
    list: async (): Promise<Rule[]> => (await all()).filter(({ removed }) => !removed),

    /** A page of them, and how many there are in all; the last changed first, or by priority. `from`: how many came before. */
    async page(asked: {
      q?: string | undefined;
      state?: RuleState | undefined;
      sort?: 'edited' | 'priority' | 'name' | undefined;
      from?: number;
      most: number;
    }): Promise<{ rules: Rule[]; total: number }> {
      const { q, state, sort = 'edited', from = 0, most } = asked;
      const now = clock.now();
      const words = q === undefined ? '' : fold(q);
      const fits = (rule: Rule): boolean =>
        (state === undefined ? !rule.removed : stateOfRule(rule, now) === state) &&
        (words === '' || wordsOf(rule).some((one) => fold(one).includes(words)));
      // Few enough that every process holds them all; so their words can be looked for in either script.
      const found = (await all()).filter(fits).toSorted(orders[sort]);
      return { rules: found.slice(from, from + most), total: found.length };
    },

    /** What else answers the same words: rules that are switched on, by their words. */
    shared(match: readonly Match[], id?: string): { word: string; rule: Rule }[] {
      return match.flatMap(({ kind, words }) =>
        words.flatMap((word) => {
          const key = kind === 'click' ? word : fold(word);
          const others =
            kind === 'exact'
              ? (current.exact.get(key) ?? [])
              : kind === 'click'
                ? (current.clicks.get(key) ?? [])
                : current.contains.filter((one) => one.word === key).map(({ rule }) => rule);
          return others.filter(({ _id }) => _id !== id).map((rule) => ({ word, rule }));
        }),
      );
    },

    /** @throws AppError NotFound, Conflict when it is removed */
    async switchOn(id: string, on: boolean, by?: string): Promise<void> {
      await edit(id, { set: { on }, by });
    },

    /** It says nothing any more; `restore` brings it back as it was. */
    async remove(id: string, { by = '系統', why = '' }: { by?: string; why?: string } = {}): Promise<void> {
      const removed = { at: new Date(clock.now()), by, why };
      await changing((session) =>
        rows.updateOne({ _id: id, removed: { $exists: false } }, { $set: { removed } }, { session }),
      );
    },
    async restore(id: string, by?: string): Promise<void> {
      const set = { editedAt: new Date(clock.now()), ...(by === undefined ? {} : { editedBy: by }) };
      await changing((session) =>
        rows.updateOne({ _id: id }, { $unset: { removed: '' }, $set: set, $inc: { v: 1 } }, { session }),
      );
    },

    load,
    /** What this process holds; empty before the first `load`. */
    compiled: (): Compiled => current,
  };
}

export type Replies = ReturnType<typeof createReplies>;

/** What a rule stands in at a moment of business time. */
export type RuleState = 'on' | 'off' | 'waiting' | 'over' | 'removed';
export function stateOfRule({ on, removed, validFrom, validUntil }: Rule, at: number): RuleState {
  if (removed) return 'removed';
  if (!on) return 'off';
  if (validFrom && at < validFrom.getTime()) return 'waiting';
  return validUntil && at >= validUntil.getTime() ? 'over' : 'on';
}

/** Everything by which a rule is looked for. */
const wordsOf = ({ name, match, replies }: Rule): string[] => [
  name,
  ...match.flatMap(({ words }) => words),
  ...replies.flatMap((reply) =>
    reply.kind === 'text'
      ? [reply.text]
      : reply.kind === 'news'
        ? reply.articles.flatMap(({ title, description = '' }) => [title, description])
        : [],
  ),
];

const touchedAt = ({ editedAt, createdAt }: Rule): number => (editedAt ?? createdAt).getTime();
const byTouch = (a: Rule, b: Rule): number => touchedAt(b) - touchedAt(a) || (a._id < b._id ? -1 : 1);
const orders = {
  edited: byTouch,
  priority: (a: Rule, b: Rule) => b.priority - a.priority || byTouch(a, b),
  name: (a: Rule, b: Rule) => a.name.localeCompare(b.name, 'zh') || byTouch(a, b),
};

const unknown = (id: string): AppError => new AppError('NotFound', 'replies.rule', `沒有這條規則：${id}`);

function stateOf(draft: Draft, known: Rule | undefined): 'added' | 'changed' | 'unchanged' | 'edited' {
  if (!known) return 'added';
  // Media that were never kept have died since: what was read now replaces them.
  const stale = draft.hasMedia && known.media === 'temporary';
  if (known.fingerprint === draft.fingerprint && !(stale && !known.editedAt)) return 'unchanged';
  return known.editedAt || known.removed ? 'edited' : 'changed';
}

async function ruleOf(
  draft: Draft,
  {
    before,
    keepMedia,
    remarks,
  }: { before: Rule | undefined; keepMedia: ImportOptions['keepMedia']; remarks: Remark[] },
): Promise<Rule | undefined> {
  const { hasMedia, ...rest } = draft;
  const replies: Reply[] = [];
  for (const reply of draft.replies) {
    if (!keepMedia || (reply.kind !== 'image' && reply.kind !== 'voice')) replies.push(reply);
    else {
      const mediaId = await keepMedia(reply.kind, reply.mediaId);
      if (mediaId) replies.push({ kind: reply.kind, mediaId });
      else remarks.push({ rule: draft.name, what: '有圖片或語音沒能保存，沒有搬過來。' });
    }
  }
  if (replies.length === 0) return undefined;
  if (hasMedia && !keepMedia) {
    remarks.push({
      rule: draft.name,
      what: '裡面的圖片或語音是臨時素材，三天後失效：導入時請讓它們存成永久素材。',
    });
  }
  return {
    ...rest,
    replies,
    priority: before?.priority ?? 0,
    ...(before?.validFrom ? { validFrom: before.validFrom } : {}),
    ...(before?.validUntil ? { validUntil: before.validUntil } : {}),
    source: 'import',
    on: before?.on ?? true,
    ...(hasMedia ? { media: keepMedia ? 'kept' : 'temporary' } : {}),
  };
}

/** Words said first by a code handler, and words that two rules share. */
function conflictsOf(
  mine: Rule[],
  known: Rule[],
  takenBy: TakenBy = () => undefined,
): ImportReport['conflicts'] {
  const ids = new Set(mine.map((rule) => rule._id));
  const conflicts: ImportReport['conflicts'] = [];
  const taken = new Map<string, Rule>();
  for (const rule of [...known.filter((one) => one.on && !one.removed && !ids.has(one._id)), ...mine]) {
    for (const { kind, words } of rule.match) {
      for (const word of words) {
        const key = `${kind} ${kind === 'click' ? word : fold(word)}`;
        const other = taken.get(key);
        if (other && other !== rule && ids.has(rule._id))
          conflicts.push({ rule: rule.name, word, with: `規則「${other.name}」` });
        else taken.set(key, rule);
        const handler = kind === 'click' || !ids.has(rule._id) ? undefined : takenBy(word);
        if (handler) conflicts.push({ rule: rule.name, word, with: handler });
      }
    }
  }
  return conflicts;
}
