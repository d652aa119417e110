import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import { fold } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import { bumpVersion } from '../../store/versions';
import type { OldReplies } from '../../wechat/api/autoreply';
import { type Reply, replyProblem } from '../../wechat/protocol/reply';
import type { Upkeep } from '../upkeep';
import { type Compiled, compile } from './compile';
import { type Draft, draftsOf, type Remark } from './from-old';
import type { Rule } from './rule';

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

export type RuleChange = Pick<Rule, 'name' | 'match' | 'replies' | 'mode'> &
  Partial<Pick<Rule, 'priority' | 'on'>> & { validFrom?: Date | undefined; validUntil?: Date | undefined };

/**
 * Operators' own keyword rules. Each process holds them compiled; every change raises `versions{_id: 'replies'}` in the
 * same transaction, and whoever follows it calls `load`.
 */
export function createReplies({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<Rule>('replyRules');
  let current = compile([]);

  const all = (): Promise<Rule[]> => rows.find().sort({ createdAt: 1, _id: 1 }).toArray();

  /** The change and the new version number, both or neither. */
  async function changing<T>(change: (session: ClientSession) => Promise<T>): Promise<T> {
    return db.transaction(async (session) => {
      const result = await change(session);
      await bumpVersion(db, 'replies', session);
      return result;
    });
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

  /** An operator makes a rule, or changes one by its id. Returns the id. */
  async function save(change: RuleChange, id?: string): Promise<string> {
    const problem = problemOf(change);
    if (problem) throw new AppError('Invalid', 'replies.rule', `規則「${change.name}」：${problem}`);
    const { name, match, replies, mode, priority = 0, on = true, validFrom, validUntil } = change;
    const now = new Date(clock.now());
    const set = { name, match, replies, mode, priority, on };
    const dates = { ...(validFrom ? { validFrom } : {}), ...(validUntil ? { validUntil } : {}) };
    if (id === undefined) {
      const rule: Rule = { _id: randomId(), ...set, ...dates, source: 'console', createdAt: now };
      await changing((session) => rows.insertOne(rule, { session }));
      return rule._id;
    }
    const unset = {
      ...(validFrom ? {} : { validFrom: '' as const }),
      ...(validUntil ? {} : { validUntil: '' as const }),
    };
    await changing(async (session) => {
      const update = { $set: { ...set, ...dates, editedAt: now }, $unset: unset };
      const { matchedCount } = await rows.updateOne({ _id: id }, update, { session });
      if (matchedCount === 0) throw new AppError('NotFound', 'replies.rule', `沒有這條規則：${id}`);
    });
    return id;
  }

  /** Reads all rules again and swaps the compiled ones whole. */
  async function load(): Promise<void> {
    current = compile(await rows.find({ on: true }).toArray());
  }

  return {
    upkeep: { follows: { replies: load } } satisfies Upkeep,
    importRules,
    save,
    list: all,

    async remove(id: string): Promise<void> {
      await changing((session) => rows.deleteOne({ _id: id }, { session }));
    },

    load,
    /** What this process holds; empty before the first `load`. */
    compiled: (): Compiled => current,
  };
}

export type Replies = ReturnType<typeof createReplies>;

function stateOf(draft: Draft, known: Rule | undefined): 'added' | 'changed' | 'unchanged' | 'edited' {
  if (!known) return 'added';
  // Media that were never kept have died since: what was read now replaces them.
  const stale = draft.hasMedia && known.media === 'temporary';
  if (known.fingerprint === draft.fingerprint && !(stale && !known.editedAt)) return 'unchanged';
  return known.editedAt ? 'edited' : 'changed';
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
  for (const rule of [...known.filter((one) => one.on && !ids.has(one._id)), ...mine]) {
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

function problemOf({ match, replies, validFrom, validUntil }: RuleChange): string | undefined {
  const words = match.flatMap((one) => one.words.map((word) => ({ word, kind: one.kind })));
  if (words.length === 0) return '至少要一個關鍵詞。';
  const empty = words.find(({ word, kind }) => (kind === 'click' ? word === '' : fold(word) === ''));
  if (empty) return `關鍵詞「${empty.word}」只有標點或空白。`;
  if (replies.length === 0) return '至少要一則回覆。';
  if (validFrom && validUntil && validFrom >= validUntil) return '結束要晚於開始。';
  return replies.map((reply) => replyProblem(reply, 'text')).find((problem) => problem !== undefined);
}
