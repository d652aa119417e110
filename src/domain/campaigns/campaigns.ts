import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import { canonical } from '../../kit/canonical';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { isSamePerson, namesAreSaid } from '../../kit/signed';
import type { IndexSpec } from '../../store/indexes';
import { bumpVersion } from '../../store/versions';
import type { Draws } from '../draws/draws';
import type { Tickets } from '../prizes/tickets';
import type { Timers } from '../timers/timers';
import type { Upkeep } from '../upkeep';
import type { Campaign, Content } from './campaign';
import {
  type CampaignRow,
  type CampaignVersion,
  campaignOf,
  contentOf,
  type LogEntry,
  withoutId,
} from './campaign-row';
import { armSettlement, campaignEnd, campaignSettle, campaignStart } from './campaigns.jobs';
import { type Change, compareContents } from './changes';
import type { Finding } from './compliance';
import { createFindings, refuseOn, type TakenBy } from './findings';
import type { Kind } from './kind';
import { createPublished } from './published';
import { campaignRemind } from './reminders.jobs';
import { type Deed, isOver, isPublished, stateNames, table } from './states';

export const campaignIndexes: IndexSpec[] = [
  { collection: 'campaignVersions', key: { campaign: 1, version: 1 }, why: 'how did this campaign change' },
];

type By = { id: string; by: string };
type Plan = {
  deed: Deed | 'reject';
  set?: Partial<Omit<CampaignRow, '_id' | 'rev' | 'log'>>;
  unset?: ('check' | 'proposal' | 'stocking' | 'menuKey')[];
  reason?: string | undefined;
  version?: Omit<CampaignVersion, '_id' | 'campaign' | 'at'>;
};

/**
 * Campaigns: their states, what may change when, and what every process holds of them (`load` follows
 * `versions{_id: 'campaigns'}`). Each deed is one transaction over the campaign, its version and that number: two at once never
 * both pass, since both move the number.
 * @throws AppError `Conflict` when the deed is not possible now, `Invalid` when the content is refused, `NotFound`.
 */
export function createCampaigns(given: {
  db: Connection;
  clock: Clock;
  timers: Pick<Timers, 'arm' | 'disarm' | 'hasten'>;
  tickets: Pick<Tickets, 'codes' | 'counts' | 'stock' | 'takeOut'>;
  /** Seeds are committed to before the first answer. */
  draws?: Pick<Draws, 'commit'>;
  /** An author whose campaigns nobody plays: of the sample, where the account is somebody's. */
  notBy?: string | undefined;
  strangers: (pids: string[]) => Promise<string[]>;
  /** By the names that campaigns have in `kind`. */
  kinds: Readonly<Record<string, Kind>>;
}) {
  const { db, clock, timers, tickets, draws } = given;
  const rows = db.collection<CampaignRow>('campaigns');
  const past = db.collection<CampaignVersion>('campaignVersions');
  const published = createPublished({ db, clock, notBy: given.notBy });
  const findings = createFindings({ ...given, kindOf });
  const rulesKept = new Map<string, Pick<Campaign, 'prizes'>>();

  function kindOf({ id, kind }: Pick<Content, 'id' | 'kind'>): Kind {
    const known = Object.hasOwn(given.kinds, kind) ? given.kinds[kind] : undefined;
    if (!known)
      throw new AppError('Invalid', 'campaign.kind', `活動「${id}」是「${kind}」，這個程式沒有這種活動。`);
    return known;
  }

  async function loaded(id: string): Promise<CampaignRow> {
    const row = await rows.findOne({ _id: id });
    if (!row) throw new AppError('NotFound', 'campaign.unknown', `沒有編號是「${id}」的活動。`);
    return row;
  }

  /** One deed: reads, plans, writes on the condition that nothing moved. */
  async function act(
    { id, by }: By,
    plan: (row: CampaignRow, session: ClientSession) => Plan | undefined | Promise<Plan | undefined>,
  ): Promise<Campaign | undefined> {
    const done = await db.transaction(async (session) => {
      const row = await rows.findOne({ _id: id }, { session });
      if (!row) throw new AppError('NotFound', 'campaign.unknown', `沒有編號是「${id}」的活動。`);
      const planned = await plan(row, session);
      if (!planned) return false;
      const { deed, set = {}, unset = [], reason, version } = planned;
      if (deed !== 'reject') mustBe(row, deed);
      const at = clock.now();
      const entry: LogEntry = { at, by, deed, state: set.state ?? row.state, ...(reason ? { reason } : {}) };
      const { matchedCount } = await rows.updateOne(
        { _id: id, state: row.state, version: row.version, rev: row.rev },
        {
          $set: set,
          ...(unset.length > 0 ? { $unset: Object.fromEntries(unset.map((field) => [field, ''])) } : {}),
          $inc: { rev: 1 },
          $push: { log: { $each: [entry], $slice: -200 } },
        },
        { session },
      );
      if (matchedCount === 0) throw busy(id);
      if (version)
        await past.insertOne({ _id: `${id}/${version.version}`, campaign: id, at, ...version }, { session });
      await bumpVersion(db, 'campaigns', session);
      return true;
    });
    if (!done) return published.get(id);
    crashPoint('campaign-changed');
    await published.load();
    return published.get(id);
  }

  /**
   * Only for what is published and can shrink no more: of what might still be withdrawn, or fail to come into force, more
   * could be made than is promised. Making what is there already makes nothing.
   */
  async function makeStock({ id, prizes }: Content): Promise<void> {
    for (const prize of prizes) await tickets.stock(id, prize);
    crashPoint('campaign-stocked');
    await draws?.commit({ id, prizes });
    crashPoint('campaign-draws-committed');
  }

  /** The tickets of what is in force. Begun anew by `restock` when it was cut off; `stocking` stays until all are there. */
  async function finishStock(row: CampaignRow): Promise<void> {
    await makeStock(contentOf(row));
    await rows.updateOne({ _id: row._id, version: row.version }, { $unset: { stocking: 1 } });
  }

  /**
   * A scheduled campaign begins: from the mark on it cannot be withdrawn, so its stock may be made, and when that lies there it
   * runs. Cut off anywhere, the timer of its start goes on with it.
   */
  async function open({ id, by }: By, startsAt?: number): Promise<void> {
    const row = await rows.findOneAndUpdate(
      { _id: id, state: 'scheduled' },
      { $set: { stocking: true, ...(startsAt === undefined ? {} : { startsAt }) }, $inc: { rev: 1 } },
      { returnDocument: 'after' },
    );
    if (!row) return;
    crashPoint('campaign-stocking');
    await makeStock(contentOf(row));
    await act({ id, by }, (current) => {
      if (current.state !== 'scheduled') return undefined;
      // A change came into force meanwhile: its stock is another.
      if (current.version !== row.version) throw busy(id);
      return { deed: 'begin', set: { state: 'running' }, unset: ['stocking'] };
    });
    await remindPlayers(id);
  }

  /** Who asked to be told of the beginning is told now, whatever time she was told it would be. */
  const remindPlayers = (id: string): Promise<void> => timers.hasten(`campaign-remind:${id}`);

  /**
   * The job of the start time: a scheduled campaign begins. Does nothing when it began, was withdrawn or moved.
   * `firedAt`: the time that has come, on the clock of the process that fired the timer; ours may be behind it.
   */
  async function begin(id: string, firedAt = 0): Promise<void> {
    const row = await rows.findOne({ _id: id });
    if (!row || row.startsAt > Math.max(clock.now(), firedAt)) return;
    // `start` was interrupted between its timer and its write, or is at it just now: to be tried again.
    if (row.state === 'checked')
      throw new AppError('Conflict', 'campaign.state', `活動「${id}」還沒有公布。`);
    if (row.state === 'running') return remindPlayers(id); // a kill may have come before this
    if (row.state !== 'scheduled') return;
    const found = await findings.rules(contentOf(row));
    refuseOn(id, found);
    await rows.updateOne(
      { _id: id, rev: row.rev },
      { $set: { check: { at: clock.now(), by: 'timer', findings: found } } },
    );
    await open({ id, by: 'timer' });
  }

  /** What stands against a change. Codes that are taken out may leave fewer than were promised: a wrong one is no prize. */
  async function gate(row: CampaignRow, next: Content, takenBy: TakenBy): Promise<Finding[]> {
    if (isOver(row.state)) return [];
    const found = await findings.all(next, takenBy);
    const fewer = row.prizes.some(({ id, codes }) => {
      const now = next.prizes.find((one) => one.id === id)?.codes;
      return codes && now && now.count < codes.count;
    });
    refuseOn(next.id, fewer ? found.filter(({ rule }) => rule !== 'stock') : found);
    return found;
  }

  async function propose(given: { content: Content; by: string; takenBy: TakenBy }): Promise<Change[]> {
    const { by, takenBy } = given;
    const next = plain(given.content);
    const row = await loaded(next.id);
    mustBe(row, 'propose');
    const changes = weigh(row, next);
    if (changes.length === 0) return [];
    await gate(row, next, takenBy);
    await act({ id: next.id, by }, (current) => {
      if (current.rev !== row.rev) throw busy(next.id);
      return { deed: 'propose', set: { proposal: { at: clock.now(), by, content: next, changes } } };
    });
    return changes;
  }

  const startTimer = (id: string, at: number) => `campaign-start:${id}:${at}`;
  const endTimer = (id: string, at: number) => `campaign-end:${id}:${at}`;
  async function armEnd(id: string, at: number): Promise<void> {
    await timers.arm({
      id: endTimer(id, at),
      dueAt: new Date(at + 1),
      job: campaignEnd,
      data: { campaign: id, at },
    });
  }
  async function armStart(id: string, at: number): Promise<void> {
    await timers.arm({
      id: startTimer(id, at),
      dueAt: new Date(at),
      job: campaignStart,
      data: { campaign: id, at },
    });
  }

  /** The stock of a change that came into force and was cut off before it lay there. */
  async function restock(): Promise<void> {
    for (const row of await rows.find({ stocking: true, state: { $ne: 'scheduled' } }).toArray())
      await finishStock(row);
  }

  return {
    upkeep: {
      indexes: campaignIndexes,
      jobs: [campaignStart, campaignEnd, campaignSettle, campaignRemind],
      follows: { campaigns: published.load },
      sweep: restock,
    } satisfies Upkeep,
    load: published.load,
    running: published.running,
    live: published.live,
    upcoming: published.upcoming,
    byKeyword: published.byKeyword,
    byMenuKey: published.byMenuKey,
    nameKeptUntil: published.nameKeptUntil,
    latest: published.latest,
    /** A published campaign. */
    get: published.get,
    all: published.all,

    /** Whom the staff list of this text would not exclude. */
    unknownStaff: findings.unknownStaff,
    /** Tells her when it begins; asked twice, once. */
    remind: ({ id: campaign, startsAt }: Pick<Campaign, 'id' | 'startsAt'>, pid: string): Promise<void> =>
      timers.arm({
        id: `campaign-remind:${campaign}:${pid}:${startsAt}`,
        dueAt: new Date(startsAt),
        job: campaignRemind,
        data: { campaign, pid },
      }),

    /** A campaign in any state, from the database. */
    find: async (id: string): Promise<Campaign | undefined> => {
      const row = await rows.findOne({ _id: id });
      return row ? campaignOf(row) : undefined;
    },
    /** As `find`, with author, check, proposal and log. */
    row: loaded,
    list: (): Promise<Pick<CampaignRow, '_id' | 'title' | 'state' | 'version' | 'startsAt' | 'endsAt'>[]> =>
      rows
        .find({}, { projection: { title: 1, state: 1, version: 1, startsAt: 1, endsAt: 1 } })
        .sort({ startsAt: 1, _id: 1 })
        .toArray(),
    /** The rules as they were published at a version: what the answer log is judged by. Never changes, so it is kept. */
    async rulesAt(id: string, version: number): Promise<Pick<Campaign, 'prizes'>> {
      const key = `${id}/${version}`;
      const known = rulesKept.get(key);
      if (known) return known;
      const row = await past.findOne({ _id: key }, { projection: { 'content.prizes': 1 } });
      if (!row) throw new AppError('NotFound', 'campaign.version', `活動「${id}」沒有第 ${version} 版。`);
      const rules = { prizes: row.content.prizes };
      rulesKept.set(key, rules);
      return rules;
    },
    history: (id: string): Promise<CampaignVersion[]> =>
      past.find({ campaign: id }).sort({ version: 1 }).toArray(),

    /** Keeps a draft, new or in place of an earlier one. A published campaign changes only by `propose`. */
    async save({ content, by }: { content: Content; by: string }): Promise<'new' | 'replaced' | 'same'> {
      const { id, ...rest } = plain(content);
      const at = clock.now();
      const first: CampaignRow = {
        _id: id,
        ...rest,
        state: 'draft',
        version: 0,
        pauses: [],
        rev: 1,
        author: by,
        log: [{ at, by, deed: 'save', state: 'draft' }],
      };
      const { upsertedCount } = await rows.updateOne(
        { _id: id },
        { $setOnInsert: withoutId(first) },
        { upsert: true },
      );
      if (upsertedCount > 0) return 'new';
      const before = await loaded(id);
      mustBe(before, 'save');
      if (canonical(contentOf(before)) === canonical(content)) return 'same';
      const { log, rev: _rev, ...fresh } = first;
      const { matchedCount } = await rows.replaceOne(
        { _id: id, state: before.state, rev: before.rev },
        {
          ...withoutId(fresh),
          version: before.version,
          rev: before.rev + 1,
          log: [...before.log, ...log].slice(-200),
        },
      );
      if (matchedCount === 0) throw busy(id);
      return 'replaced';
    },

    /** All that stands against it. Without a refusal a draft becomes `checked`. */
    async check({
      id,
      by,
      takenBy,
    }: By & { takenBy: TakenBy }): Promise<{ findings: Finding[]; passed: boolean }> {
      const row = await loaded(id);
      const found = await findings.all(contentOf(row), takenBy);
      const passed = !found.some(({ level }) => level === 'refuse');
      if (isPublished(row.state)) return { findings: found, passed };
      await act({ id, by }, (now) => {
        if (now.rev !== row.rev) throw busy(id);
        const check = { at: clock.now(), by, findings: found };
        return { deed: 'check', set: { check, state: passed ? 'checked' : 'draft' } };
      });
      return { findings: found, passed };
    },

    /**
     * Publishes a checked campaign; it begins at its time, or at once when that has come (`now`: when it has not, too).
     * The compliance gate is asked once more.
     */
    async start({
      id,
      by,
      takenBy,
      now,
    }: By & { takenBy: TakenBy; now?: true }): Promise<'scheduled' | 'running'> {
      const row = await loaded(id);
      const at = clock.now();
      // It was cut off while it began: begun anew.
      if (row.state === 'scheduled' && row.startsAt <= at) {
        await begin(id);
        return 'running';
      }
      mustBe(row, row.state === 'scheduled' && now ? 'begin' : 'schedule');
      if (row.state === 'scheduled') mustBeSecond(row, by);
      if (row.endsAt <= at) throw refused(id, `結束時間 ${beijingMoment(row.endsAt)} 已過，請改好再導入`);
      const startsAt = now ? Math.min(row.startsAt, at) : row.startsAt;
      const found = await findings.all(contentOf(row), takenBy);
      refuseOn(id, found);
      // Before the state moves: a kill between the two leaves a timer without effect, never a campaign without one.
      await armEnd(id, row.endsAt);
      await armStart(id, startsAt);
      crashPoint('campaign-timers-armed');
      const check = { at, by, findings: found };
      if (row.state === 'scheduled') await rows.updateOne({ _id: id, rev: row.rev }, { $set: { check } });
      else
        await act({ id, by }, async (current, session) => {
          if (current.rev !== row.rev) throw busy(id);
          refuseOn(id, await findings.rivals(contentOf(row), session));
          const version = {
            version: row.version + 1,
            by: row.author,
            approvedBy: by,
            changes: [],
            findings: found,
            content: { ...contentOf(row), startsAt },
          };
          const set = { state: 'scheduled' as const, startsAt, check, version: version.version };
          return { deed: 'schedule', set, version };
        });
      if (startsAt > at) return 'scheduled';
      await open({ id, by }, startsAt);
      return 'running';
    },

    begin,

    /** The job of the end time. Does nothing when it ended or its end was moved. `passed`: a moment that is over, as in `begin`. */
    async finish(id: string, passed = 0): Promise<void> {
      const isDue = ({ state, endsAt }: Pick<CampaignRow, 'state' | 'endsAt'>) =>
        table.end.from.includes(state) && (endsAt <= passed || endsAt < clock.now());
      const row = await rows.findOne({ _id: id }, { projection: { state: 1, endsAt: 1 } });
      if (!row || !isDue(row)) return;
      await act({ id, by: 'timer' }, (current) =>
        isDue(current)
          ? { deed: 'end', set: { state: 'ended', pauses: closed(current, current.endsAt) } }
          : undefined,
      );
    },

    /** No question is opened and none is answered until `resume`; open ones lapse at no cost. */
    pause: ({ id, by, reason }: By & { reason: string }) =>
      act({ id, by }, (row) => ({
        deed: 'pause',
        set: { state: 'paused', pauses: [...row.pauses, { from: clock.now() }] },
        reason,
      })),

    resume: ({ id, by }: By) =>
      act({ id, by }, (row) => ({
        deed: 'resume',
        set: { state: 'running', pauses: closed(row, clock.now()) },
      })),

    /** Before its time: to the players' cost, so by a second person, with a reason that is kept and shown. */
    async end({ id, by, reason }: By & { reason: string }): Promise<void> {
      await act({ id, by }, (row) => {
        mustBe(row, 'end');
        const endsAt = Math.min(row.endsAt, clock.now());
        if (endsAt < row.endsAt) mustBeSecond(row, by);
        const set = { state: 'ended' as const, pauses: closed(row, endsAt), endsAt };
        if (endsAt === row.endsAt) return { deed: 'end', set, reason };
        const version = {
          version: row.version + 1,
          by: row.author,
          approvedBy: by,
          changes: [`提前結束：${reason}`],
          findings: [],
          content: { ...contentOf(row), endsAt },
        };
        return { deed: 'end', set: { ...set, version: version.version }, reason, version };
      });
      // Without this (a kill) it is the timer of the end it would have had that begins the settlement.
      await armSettlement(timers, id, clock.now());
    },

    /** Takes a published campaign back that nobody has played yet, by a second person; it is a draft again. */
    async withdraw({ id, by, reason }: By & { reason: string }): Promise<void> {
      await act({ id, by }, (row) => {
        mustBe(row, 'withdraw');
        mustBeSecond(row, by);
        if (row.stocking)
          throw new AppError(
            'Conflict',
            'campaign.state',
            `活動「${id}」正在開賽，不能撤回；要停請用 pause 或 end。`,
          );
        return { deed: 'withdraw', set: { state: 'draft' }, unset: ['proposal'], reason };
      });
    },

    /**
     * Lays down a change of a published campaign for a second person. Returns what it changes.
     * @throws AppError `Invalid` when any of it is to the players' cost (`details`: the changes) or the gate refuses.
     */
    propose,

    /**
     * Lays down for a second person that wrong codes of a prize, which nobody has yet, are never given.
     * @throws AppError when one of them is not there or is somebody's already
     */
    async takeOut(given: {
      id: string;
      prize: string;
      codes: string[];
      by: string;
      takenBy: TakenBy;
    }): Promise<Change[]> {
      const { id, by, takenBy } = given;
      const content = contentOf(await loaded(id));
      const prize = content.prizes.find((one) => one.id === given.prize);
      if (!prize)
        throw new AppError('NotFound', 'prize.unknown', `活動「${id}」沒有獎品「${given.prize}」。`);
      const codes = await tickets.takeOut({ campaign: id, prize: prize.id }, given.codes, prize.codes);
      const prizes = content.prizes.map((one) => (one === prize ? { ...one, codes } : one));
      return propose({ content: { ...content, prizes }, by, takenBy });
    },

    /** A second person puts a proposed change into force. */
    async approve({ id, by, takenBy }: By & { takenBy: TakenBy }): Promise<Change[]> {
      const row = await loaded(id);
      const { proposal } = row;
      mustBe(row, 'approve');
      if (!proposal) throw new AppError('NotFound', 'campaign.proposal', `活動「${id}」沒有等待批准的修改。`);
      if (isSamePerson(proposal.by, by))
        throw new AppError(
          'Forbidden',
          'second_person',
          `這個修改是 ${proposal.by} 提出的，請由另一位批准。（${namesAreSaid}。）`,
        );
      // Weighed again: the campaign may have begun since.
      const changes = weigh(row, proposal.content);
      const found = await gate(row, proposal.content, takenBy);
      const { endsAt, startsAt } = proposal.content;
      await armEnd(id, endsAt);
      if (row.state === 'scheduled') await armStart(id, startsAt);
      await act({ id, by }, async (current, session) => {
        if (current.rev !== row.rev) throw busy(id);
        if (!isOver(row.state)) refuseOn(id, await findings.rivals(proposal.content, session));
        const version = {
          version: row.version + 1,
          by: proposal.by,
          approvedBy: by,
          changes: changes.map(({ what }) => what),
          findings: found,
          content: proposal.content,
        };
        const { id: _id, ...content } = proposal.content;
        return {
          deed: 'approve',
          set: {
            ...content,
            version: version.version,
            check: { at: clock.now(), by, findings: found },
            ...(row.state === 'scheduled' ? {} : { stocking: true as const }),
          },
          unset: ['proposal', ...(content.menuKey === undefined ? (['menuKey'] as const) : [])],
          version,
        };
      });
      // Not before it is in force: whoever wins by what is promised now finds no more than that.
      if (row.state !== 'scheduled') await finishStock(await loaded(id));
      if (endsAt !== row.endsAt) await timers.disarm(endTimer(id, row.endsAt));
      if (startsAt !== row.startsAt) await timers.disarm(startTimer(id, row.startsAt));
      return changes;
    },

    /** Drops a proposed change. */
    async reject({ id, by, reason }: By & { reason: string }): Promise<void> {
      await act({ id, by }, () => ({ deed: 'reject', unset: ['proposal'], reason }));
    },

    /** Settlement takes an ended campaign; again is nothing. */
    async settle({ id, by }: By): Promise<void> {
      await act({ id, by }, (row) =>
        row.state === 'settling' ? undefined : { deed: 'settle', set: { state: 'settling' } },
      );
    },
    /** Settlement is through; again is nothing. */
    async close({ id, by }: By): Promise<void> {
      await act({ id, by }, (row) =>
        row.state === 'settled' ? undefined : { deed: 'close', set: { state: 'settled' } },
      );
    },
  };

  function weigh(row: CampaignRow, next: Content): Change[] {
    if (isOver(row.state) && canonical(withoutCodes(contentOf(row))) !== canonical(withoutCodes(next)))
      throw new AppError(
        'Conflict',
        'campaign.state',
        `活動「${row._id}」現在是「${stateNames[row.state]}」，只能補上或取出兌換碼，別的不能再改。`,
      );
    const begun = row.state !== 'scheduled';
    const changes = compareContents(contentOf(row), next, { begun, kind: kindOf(next) });
    const against = changes.filter((change) => change.against !== undefined);
    if (against.length > 0)
      throw new AppError(
        'Invalid',
        'against_players',
        `活動「${row._id}」已經公布，只能往對參加者有利的方向改：\n${against.map(tellChange).join('\n')}`,
        { details: changes },
      );
    return changes;
  }
}

export type Campaigns = ReturnType<typeof createCampaigns>;

export const tellChange = ({ what, against }: Change): string => (against ? `${what}：${against}` : what);

function mustBe({ _id, state }: CampaignRow, deed: Deed): void {
  const { from, name } = table[deed];
  if (from.includes(state)) return;
  const when = from.map((one) => `「${stateNames[one]}」`).join('或');
  throw new AppError(
    'Conflict',
    'campaign.state',
    `活動「${_id}」現在是「${stateNames[state]}」；${name}只能在${when}時做。`,
  );
}

function mustBeSecond({ _id, author }: CampaignRow, by: string): void {
  if (isSamePerson(author, by))
    throw new AppError(
      'Forbidden',
      'second_person',
      `活動「${_id}」是 ${author} 寫的，這件事請由另一位來做。（${namesAreSaid}。）`,
    );
}

const withoutCodes = (content: Content) => ({
  ...content,
  prizes: content.prizes.map(({ codes: _codes, ...prize }) => prize),
});

const refused = (id: string, why: string) =>
  new AppError('Invalid', 'campaign.refused', `活動「${id}」不能公布：${why}。`);
const busy = (id: string) =>
  new AppError(
    'Conflict',
    'campaign.changed',
    `活動「${id}」剛剛被別人改過，什麼都沒有寫入；請看過再做一次。`,
  );

const closed = ({ pauses }: CampaignRow, at: number) =>
  pauses.map((pause) => (pause.until === undefined ? { ...pause, until: Math.max(at, pause.from) } : pause));

/** Without undefined fields, which the database would keep as null. */
const plain = (content: Content): Content => JSON.parse(JSON.stringify(content)) as Content;
