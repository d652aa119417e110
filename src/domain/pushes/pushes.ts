import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError, messageOf } from '../../errors';
import { beijingMoment, minuteMs } from '../../kit/beijing';
import { crashPoint } from '../../kit/crash-point';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { isSamePerson } from '../../kit/signed';
import type { Script } from '../../kit/text';
import { isDuplicate } from '../../store/duplicate';
import type { AccountKind } from '../../wechat/api/account-types';
import type { Alarms } from '../alarms/alarms';
import type { Outbox } from '../outbox/outbox';
import type { Count, Segments } from '../segments/segments';
import type { Timers } from '../timers/timers';
import type { Upkeep } from '../upkeep';
import { createAudiences } from './audiences';
import { type Finding, findingsOf, linksIn, problemOfSize, silentRemark } from './check';
import { type Chunk, createDeliveries, deliveryIndexes, liveRun } from './deliveries';
import { createEngine, probeMs } from './engine';
import { freeze, pieceOf, thaw } from './freeze';
import { createPushLists } from './lists';
import { looksAt, type Planned, planOf, reachesNobody } from './plan';
import { previewOf, type Shown } from './preview';
import { type Definition, type LogEntry, type PushRow, type RouteName, stateNames } from './push';
import { pushBegin, pushTest } from './pushes.jobs';
import { cameBackTask, missedTask } from './pushes.tasks';
import { type Status, statusOf } from './report';
import { createResults } from './results';
import type { AnyRoute, Standing } from './routes/route';
import type { Sending } from './sending';
import { figure } from './tell-plan';
import { createTestSends } from './test-sends';
import { standingsOf } from './ways';
import { type WayTo, waysTo } from './ways-to';
import { afterQuiet, goesAtOnce, nextTime, readWhen } from './when';

/** More than half an hour late it is a person's decision whether it still goes. */
const lateMs = 30 * minuteMs;
/** One person alone thinks it over. */
const soloMs = 10 * minuteMs;

/** What can be done with it instead. */
const insteadIn: Record<Status['state'], string> = {
  draft: '還沒開始；不要了就取消。',
  waiting: '等第二個人同意；不發了就取消。',
  scheduled: '還沒到時間；不發了就取消。',
  late: '仍然要發就開始，不發就取消。',
  freezing: '名單正在圈定，幾秒後再試；不發了就取消。',
  running: '要停住就暫停，剩下的不發了就取消。',
  paused: '接著發就繼續，剩下的不發了就取消。',
  cancelled: '取消了不能再開；要發給沒收到的人，用補發新寫一個。',
  finished: '看報告；沒收到的人可以補發。',
};

/** A push that nobody sends: what of it a plan asks. */
const asked = {
  _id: 'reach',
  class: 'marketing',
  cap: { most: 0, days: 7 },
  variants: [],
  content: {
    customer: { kind: 'text', text: ' ' },
    mass: { kind: 'text', text: ' ' },
    sms: { text: ' ' },
    mail: { subject: ' ', text: ' ' },
  },
} satisfies Partial<PushRow>;

/** What people did with it. Who only had it shown to somebody has decided nothing yet. */
const deedsOf = ({ log }: Pick<PushRow, 'log'>): LogEntry[] =>
  log.filter(({ by, what }) => by !== '系統' && !what.startsWith('試發'));

/** What services give for the words' variables. */
export type Values = { names: () => Promise<string[]>; of: Sending['values'] };

/**
 * Pushes: a definition, an audience that is frozen when its time comes, and a row for everybody in it. States move by conditional
 * writes, so two who press at once do one thing; whoever asks for what is so already is answered as if she had done it.
 */
export function createPushes(
  given: Pick<Sending, 'reach' | 'clock' | 'here' | 'openids' | 'standing' | 'linkTo' | 'mediaId'> & {
    db: Connection;
    log: Log;
    account: AccountKind;
    routes: readonly AnyRoute[];
    values: Values;
    segments: Pick<Segments, 'get' | 'readText' | 'expanded' | 'count' | 'ids' | 'sample' | 'tell'>;
    timers: Pick<Timers, 'arm' | 'disarm'>;
    outbox: Pick<Outbox, 'add'>;
    alarms: Pick<Alarms, 'raise' | 'over'>;
    /** How often today WeChat still shows a mass message to one person. */
    previewsLeft: () => Promise<number | undefined>;
    /** From so many people on a second person has to agree. */
    approvalAbove: number;
    /** There is only one: she may agree herself, ten minutes before. */
    solo: boolean;
    inFlight: number;
    perSecond: number;
  },
) {
  const { db, clock, log, reach, segments, timers, outbox, alarms, account, perSecond } = given;
  const rows = db.collection<PushRow>('pushes');
  const deliveries = createDeliveries({ db, clock });
  const lists = createPushLists({ db, deliveries });
  const audiences = createAudiences({ segments, deliveries });
  const routes = new Map(given.routes.map((route) => [route.name, route]));
  const now = () => new Date(clock.now());

  const moment = async () => {
    const at = clock.now();
    const month = clock.day(at).slice(0, 7);
    return { at, month, rations: reach.rations, byHand: await reach.byHand(month) };
  };
  const house = {
    deliveries,
    reach,
    clock,
    routes,
    here: given.here,
    openids: given.openids,
    standing: given.standing,
    moment,
    values: given.values.of,
    linkTo: given.linkTo,
    mediaId: given.mediaId,
    brake,
    unbrake,
    unasked,
    trip,
  };
  const engine = createEngine({
    ...house,
    log,
    inFlight: given.inFlight,
    perSecond,
    async active() {
      const open: string[] = await deliveries.chunks.distinct('push', { open: true });
      return rows
        .find(
          { _id: { $in: open }, state: { $in: ['running', 'cancelled'] } },
          { projection: { log: 0 }, sort: { startedAt: 1 } },
        )
        .toArray();
    },
    async takeProbe(push) {
      const taken = await rows.updateOne(
        { _id: push, state: 'running', 'brake.until': { $lte: new Date() } },
        { $set: { 'brake.until': new Date(Date.now() + probeMs) } },
      );
      return taken.modifiedCount === 1;
    },
  });

  async function brake(push: string, said: { afterMs: number; reason: string }): Promise<void> {
    const until = new Date(Date.now() + Math.max(probeMs, said.afterMs));
    const before = await rows.findOneAndUpdate(
      { _id: push, state: 'running' },
      [
        {
          $set: {
            brake: {
              until,
              why: said.reason,
              since: { $ifNull: ['$brake.since', new Date()] },
            },
          },
        },
      ],
      { projection: { brake: 1, name: 1 } },
    );
    if (before && !before.brake)
      await alarms.raise({
        cause: brakeOf(push),
        text: `推送「${before.name}」停了一停：${said.reason}。隔一會兒試一條，好了自己接著發。`,
      });
  }
  async function unbrake(push: string): Promise<void> {
    const done = await rows.updateOne({ _id: push, brake: { $exists: true } }, { $unset: { brake: 1 } });
    if (done.modifiedCount === 1) await alarms.over(brakeOf(push));
  }
  async function unasked({ push, run }: Chunk): Promise<void> {
    if ((await deliveries.chunks.countDocuments({ push, run, open: true }, { limit: 1 })) === 0)
      return unbrake(push);
    await rows.updateOne({ _id: push, brake: { $exists: true } }, { $set: { 'brake.until': new Date() } });
  }
  const brakeOf = (push: string) => `push:${push}`;
  const pauseOf = (push: string) => `push-pause:${push}`;
  const lateOf = (push: string) => `push-late:${push}`;
  /** Whatever our people were called for, of this push, is over. */
  async function quiet(push: string): Promise<void> {
    for (const cause of [brakeOf(push), pauseOf(push), lateOf(push)]) await alarms.over(cause);
  }

  /** It stops by itself: something is wrong with it. */
  async function trip(push: string, why: string): Promise<void> {
    const paused = await moved(push, ['running'], {
      set: { state: 'paused', paused: { by: '系統', why, at: now() } },
      entry: { by: '系統', what: `自動暫停：${why}` },
    });
    if (paused)
      await alarms.raise({ cause: pauseOf(push), text: `推送「${paused.name}」自己暫停了：${why}` });
  }

  /** From one of these states to another; undefined when it is in none of them. */
  async function moved(
    id: string,
    from: PushRow['state'][],
    {
      set,
      unset = [],
      entry,
    }: { set: Partial<PushRow>; unset?: (keyof PushRow)[]; entry: Omit<LogEntry, 'at'> },
  ): Promise<PushRow | undefined> {
    const done = await rows.findOneAndUpdate(
      { _id: id, state: { $in: from } },
      {
        $set: { ...set, changedAt: now() },
        ...(unset.length > 0 ? { $unset: Object.fromEntries(unset.map((field) => [field, 1])) } : {}),
        $push: { log: { at: now(), ...entry } },
      },
      { returnDocument: 'after' },
    );
    return done ?? undefined;
  }

  async function mustGet(id: string): Promise<PushRow> {
    const row = await rows.findOne({ _id: id });
    if (row) return row;
    const all = await rows
      .find({}, { projection: { name: 1 }, sort: { changedAt: -1 }, limit: 20 })
      .toArray();
    throw new AppError(
      'NotFound',
      'push.unknown',
      `沒有推送「${id}」；${all.length === 0 ? '還沒有任何推送' : `有的是：${all.map(({ _id, name }) => `${_id}「${name}」`).join('、')}`}。`,
    );
  }

  const wrongState = (row: PushRow, wanted: string, state: Status['state'] = row.state): AppError =>
    new AppError(
      'Conflict',
      'push.state',
      `推送「${row.name}」現在是「${stateNames[state]}」，不能${wanted}。${insteadIn[state]}`,
    );
  /** A push that is over is neither held, nor let go on, nor called off. */
  async function mustGoOn(id: string, wanted: string): Promise<void> {
    const { push, state } = await statusOf(deliveries, await mustGet(id));
    if (state === 'finished') throw wrongState(push, wanted, state);
  }

  async function checked(row: PushRow) {
    const when = readWhen(row.at, clock.now());
    const found = findingsOf({ ...row, id: row._id }, { routes, account, names: await given.values.names() });
    if ('problem' in when) found.push({ place: '時間', message: when.problem });
    if (!row.again)
      await audiences
        .ruleOf(row.audience)
        .catch((error: unknown) => found.push({ place: '對象', message: messageOf(error) }));
    return { found, when };
  }

  /** The moment for which it is set; now for one that goes at once. */
  const momentOf = (row: PushRow): number => {
    const when = readWhen(row.at, clock.now());
    return row.dueAt?.getTime() ?? ('problem' in when ? clock.now() : (when.at ?? clock.now()));
  };

  async function plan(id: string): Promise<Planned> {
    const push = await mustGet(id);
    const { count, sample } = await audiences.of(push);
    const at = afterQuiet(push.quiet, Math.max(clock.now(), momentOf(push)));
    return planOf(house, { push, audience: count, sample, at, perSecond });
  }

  /** The question of a plan for any people: by customer message now, else by mass message; and who wants texts and mails. */
  async function reachOf(text: string) {
    const rule = await segments.expanded(await audiences.ruleIn(text));
    const [audience, some] = await Promise.all([segments.count(rule), segments.sample(rule, looksAt)]);
    const sample = some.map(({ _id }) => _id);
    const planned = (names: RouteName[], at: number) =>
      planOf(house, { push: { ...asked, routes: names }, audience, sample, at, perSecond });
    const now = clock.now();
    const [plan, sms, mail] = await Promise.all([
      planned(['customer', 'mass'], now),
      planned(['sms'], nextTime('10:00', now)), // by night none goes
      planned(['mail'], now),
    ]);
    return {
      told: segments.tell(rule),
      plan,
      sms: sms.byRoute.sms ?? 0,
      mail: mail.byRoute.mail ?? 0,
    };
  }

  /** Armed under its version: a draft that was changed since does not go by an old timer. */
  async function schedule(row: PushRow): Promise<void> {
    const due = row.dueAt?.getTime() ?? 0;
    // Whose job was given up (its worker died, its database did) has another every ten minutes.
    const overdue = Math.floor((clock.now() - due) / (10 * minuteMs));
    await timers.arm({
      id: `push:${row._id}:${row.version}:${due}${overdue > 0 ? `/${overdue}` : ''}`,
      dueAt: row.dueAt ?? now(),
      job: pushBegin,
      data: { push: row._id, version: row.version },
    });
  }

  const lateByOf = ({ dueAt }: PushRow): number => clock.now() - (dueAt?.getTime() ?? clock.now());
  async function askLate(row: PushRow): Promise<void> {
    await alarms.raise({
      cause: lateOf(row._id),
      text: `推送「${row.name}」晚了 ${Math.round(lateByOf(row) / minuteMs)} 分鐘，沒有發，等人決定：仍然要發就開始，不發就取消。`,
    });
  }

  async function run(row: PushRow): Promise<void> {
    const ids = audiences.idsOf(row);
    const frozen = await freeze(deliveries, { push: row._id, size: pieceOf(row.routes), ids });
    crashPoint('push-frozen');
    // More may be in it than when it was set.
    const tooMany = problemOfSize(row, frozen.people);
    const set = { frozen: { ...frozen, at: now() }, startedAt: now() };
    if (tooMany) {
      const paused = { by: '系統', why: tooMany.message, at: now() };
      const entry = {
        by: '系統',
        what: `名單圈定：${figure(frozen.people)} 人；自動暫停：${tooMany.message}`,
      };
      const held = await moved(row._id, ['freezing'], { set: { ...set, state: 'paused', paused }, entry });
      if (held)
        await alarms.raise({
          cause: pauseOf(row._id),
          text: `推送「${row.name}」自己暫停了：${tooMany.message}`,
        });
    } else
      await moved(row._id, ['freezing'], {
        set: { ...set, state: 'running' },
        entry: { by: '系統', what: `名單圈定：${figure(frozen.people)} 人；開始發送` },
      });
    crashPoint('push-running');
    // Whoever came first counts: it, or another who did the same at once, or nobody where it was cancelled meanwhile.
    const { frozen: counts } = await mustGet(row._id);
    await thaw(deliveries, row._id, counts?.run);
  }

  const results = createResults({ db, deliveries, reach, mustGet, now });
  const testSends = createTestSends({ ...house, db, outbox, mustGet, now, previewsLeft: given.previewsLeft });

  return {
    upkeep: {
      indexes: [
        ...deliveryIndexes,
        {
          collection: 'pushes',
          key: { state: 1, changedAt: -1 },
          why: 'which pushes run, and the last ones',
        },
        {
          collection: 'pushes',
          key: { sequence: 1, changedAt: -1, _id: -1 },
          why: 'the list: those that belong to no sequence, newest first',
        },
      ],
      jobs: [pushBegin, pushTest],
      tasks: [missedTask, cameBackTask],
      copy: async ({ pid }) => {
        const all = await rows.find({}, { projection: { _id: 1 } }).toArray();
        return {
          pushes: await deliveries.rows
            .find({ _id: { $in: all.map(({ _id }) => `${_id}/${pid}`) } })
            .toArray(),
        };
      },
      async forget(ago) {
        const old = await rows
          .find(
            { state: { $in: ['running', 'cancelled'] }, startedAt: { $lt: ago(180) } },
            { projection: { _id: 1 } },
          )
          .toArray();
        for (const { _id } of old) {
          await deliveries.rows.deleteMany({ _id: { $gte: `${_id}/`, $lt: `${_id}0` } });
          await deliveries.chunks.updateMany({ push: _id }, { $set: { ids: [] } });
        }
      },
      /** Who set it and died before its timer was armed has it armed here; armed before, nothing happens. */
      async sweep() {
        for (const row of await rows.find({ state: { $in: ['scheduled', 'freezing'] } }).toArray())
          await schedule(row);
      },
      work: { start: engine.start, close: engine.close },
      gauges: [
        {
          name: 'pushes_running',
          help: 'Pushes of which something is still to be sent',
          read: async () => (await deliveries.chunks.distinct('push', { open: true })).length,
        },
      ],
    } satisfies Upkeep,

    routes,
    /** By which routes this person can be reached now, and why not by the others. */
    async waysTo(her: { pid: string; fan: string }): Promise<WayTo[]> {
      const standing = await standingsOf(house, [{ ...her, script: 'hant' }]);
      return waysTo({ routes, account }, standing.get(her.pid) as Standing, await moment());
    },
    approvalAbove: given.approvalAbove,
    solo: given.solo,
    perSecond,
    ...lists,
    ...results,
    ...testSends,
    waiting: async (id: string, cursor?: string) => lists.waiting(await mustGet(id), cursor),
    /** How it reads: to one of these people, or to nobody in particular in a script. */
    async preview(
      push: Pick<PushRow, 'content' | 'variants' | 'routes'>,
      { pid, script }: { pid?: string | undefined; script: Script },
    ): Promise<Shown[]> {
      const [her] = pid === undefined ? [] : await given.here([pid]);
      return previewOf({ routes, values: given.values.of }, push, { her, script });
    },
    previewsLeft: given.previewsLeft,
    /** What is wrong with words that are not kept yet, also with its time and its audience. */
    findingsIn: async ({ id, ...rest }: Definition): Promise<Finding[]> =>
      (await checked({ ...rest, _id: id } as PushRow)).found,
    /** Whom it would reach if it began at once: nobody at all. Undefined: somebody, or it is for later. */
    async reachesNobody(id: string): Promise<Planned | undefined> {
      const row = await mustGet(id);
      if (row.state !== 'draft' || !goesAtOnce(row) || (await checked(row)).found.length > 0)
        return undefined;
      const planned = await plan(id);
      return reachesNobody(planned) ? planned : undefined;
    },
    /** Of those who are looked at for a plan, some who go by a route, or who get nothing for a reason. */
    async planned(
      id: string,
      wanted: { route?: string | undefined; reason?: string | undefined },
      most = 50,
    ): Promise<string[]> {
      const push = await mustGet(id);
      const { count, sample } = await audiences.of(push);
      const at = afterQuiet(push.quiet, Math.max(clock.now(), momentOf(push)));
      const found: string[] = [];
      const sees = (pid: string, way: { route: RouteName } | { reason: string }) => {
        const fits = 'route' in way ? way.route === wanted.route : way.reason === wanted.reason;
        if (fits && found.length < most) found.push(pid);
      };
      await planOf(house, { push, audience: count, sample, at, perSecond, sees });
      return found;
    },
    /** Who had a hand in it: none of them can agree to it as a second person. */
    authorsOf: (row: PushRow): string[] => [...new Set(deedsOf(row).map(({ by }) => by))],
    /** How many are in an audience that is being written. */
    countOf: async (audience: Definition['audience']): Promise<Count> =>
      segments.count(await audiences.ruleOf(audience)),
    /** Nobody has this id; else it with a number behind. */
    async freeId(wanted: string): Promise<string> {
      const base = wanted.slice(0, 20);
      for (let n = 1; n < 1_000; n++) {
        const id = n === 1 ? base : `${base}-${n}`;
        if ((await rows.countDocuments({ _id: id }, { limit: 1 })) === 0) return id;
      }
      return randomId(8)
        .toLowerCase()
        .replace(/[^a-z0-9]/g, 'x');
    },
    list: (): Promise<PushRow[]> =>
      rows
        .find(
          { sequence: { $exists: false } },
          { sort: { changedAt: -1 }, limit: 100, projection: { log: 0 } },
        )
        .toArray(),
    get: mustGet,

    /**
     * Keeps a draft; one that is there is replaced as long as it is a draft, and the one that was read (`version`).
     * @throws AppError Conflict push.not-draft; push.changed
     */
    async save(definition: Definition, by: string, version?: number): Promise<PushRow> {
      const { id, ...rest } = definition;
      const links = linksIn(routes, definition);
      const entry: LogEntry = { at: now(), by, what: '寫成草稿' };
      const fields = { ...rest, links, by, changedAt: now() };
      const replaced = await rows.findOneAndUpdate(
        { _id: id, state: 'draft', ...(version === undefined ? {} : { version }) },
        { $set: fields, $inc: { version: 1 }, $push: { log: entry }, $unset: { approved: 1 } },
        { returnDocument: 'after' },
      );
      if (replaced) return replaced;
      const row: PushRow = { _id: id, version: 1, state: 'draft', log: [entry], ...fields };
      try {
        await rows.insertOne(row);
        return row;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        const { push, state } = await statusOf(deliveries, await mustGet(id));
        if (push.state === 'draft')
          throw new AppError(
            'Conflict',
            'push.changed',
            `剛由 ${push.by} 改過，沒有保存。寫的都留著：在別的分頁打開看看，合起來再存。`,
          );
        throw new AppError(
          'Conflict',
          'push.not-draft',
          `「${id}」已經有了，現在是「${stateNames[state]}」，不能再改；請換一個編號。`,
        );
      }
    },
    /** A new draft for those whom another push missed, all of them or those of some reasons. */
    async again(from: string, asked: { id: string; reasons?: string[]; by: string }): Promise<PushRow> {
      const { _id: push, ...row } = await mustGet(from);
      const { id, reasons, by } = asked;
      const again = { push, ...(reasons ? { reasons } : {}) };
      const { frozen: _f, startedAt: _s, approved: _a, brake: _b, paused: _p, dueAt: _d, ...words } = row;
      const draft: PushRow = {
        ...words,
        _id: id,
        name: `${row.name}（補發）`.slice(0, 40),
        again,
        at: '現在',
        version: 1,
        state: 'draft',
        by,
        changedAt: now(),
        log: [{ at: now(), by, what: `補發「${push}」沒收到的人` }],
      };
      await rows.insertOne(draft).catch((error: unknown) => {
        if (isDuplicate(error))
          throw new AppError('Conflict', 'push.taken', `「${id}」已經有了，請換一個編號。`);
        throw error;
      });
      return draft;
    },
    findings: async (id: string) => (await checked(await mustGet(id))).found,
    /** What its author should know, though nothing forbids it. */
    async remarks(id: string): Promise<string[]> {
      const row = await mustGet(id);
      const when = readWhen(row.at, clock.now());
      const rule = row.again ? undefined : (row.audience.rule ?? (await audiences.ruleOf(row.audience)));
      const silent = rule && silentRemark(row, rule);
      return [
        ...(row.state === 'draft' && 'warning' in when && when.warning ? [when.warning] : []),
        ...(silent ? [silent] : []),
      ];
    },
    plan,
    reachOf,
    tellAudience: audiences.tell,
    audienceOf: async (id: string) => (await audiences.of(await mustGet(id))).count,
    /**
     * Sets it going: scheduled, or waiting for a second person when it is big. Pressed twice it is one.
     * @throws AppError Invalid push.findings; Conflict push.state
     */
    async start(id: string, by: string): Promise<PushRow> {
      const row = await mustGet(id);
      if (!['draft', 'late'].includes(row.state)) {
        if (['cancelled', 'paused'].includes(row.state)) throw wrongState(row, '開始');
        if (row.state === 'scheduled') await schedule(row); // whoever was first may have died before
        return row;
      }
      if (row.state === 'late') {
        const again = await moved(id, ['late'], {
          set: { state: 'scheduled', dueAt: now() },
          entry: { by, what: '誤了時間，仍然要發' },
        });
        if (again) await schedule(again);
        await alarms.over(lateOf(id));
        return mustGet(id);
      }
      const { found, when } = await checked(row);
      if (found.length > 0 || 'problem' in when)
        throw new AppError(
          'Invalid',
          'push.findings',
          `還不能開始：\n${found.map(({ place, message }) => `  ${place}：${message}`).join('\n')}`,
        );
      const rule = row.again ? undefined : await audiences.ruleOf(row.audience);
      const frozenRule = rule ? { audience: { ...row.audience, rule } } : {};
      const { count } = await audiences.of({ ...row, ...frozenRule });
      const dueAt = new Date(when.at ?? clock.now());
      const tooMany = problemOfSize(row, count.people);
      if (tooMany)
        throw new AppError(
          'Invalid',
          'push.findings',
          `還不能開始：\n  ${tooMany.place}：${tooMany.message}`,
        );
      const isBig = count.people > given.approvalAbove;
      const next = await rows.findOneAndUpdate(
        { _id: id, state: 'draft', version: row.version },
        {
          $set: {
            ...frozenRule,
            state: isBig ? 'waiting' : 'scheduled',
            changedAt: now(),
            ...(isBig && when.at === undefined ? {} : { dueAt }),
            by,
          },
          $push: {
            log: {
              at: now(),
              by,
              what: isBig
                ? `要發給${count.exact ? '' : '約'} ${figure(count.people)} 人，等第二個人同意`
                : `排定 ${beijingMoment(dueAt.getTime())}`,
            },
          },
        },
        { returnDocument: 'after' },
      );
      crashPoint('push-scheduled');
      if (next?.state === 'scheduled') await schedule(next);
      return mustGet(id);
    },
    /** A second person agrees; alone one waits ten minutes. @throws AppError Forbidden push.same-person */
    async approve(id: string, by: string): Promise<PushRow> {
      const row = await mustGet(id);
      if (row.approved) {
        if (row.state === 'scheduled') await schedule(row); // whoever was first may have died before
        return row;
      }
      if (row.state !== 'waiting') throw wrongState(row, '同意');
      const same = deedsOf(row).some((one) => isSamePerson(one.by, by));
      if (same && !given.solo)
        throw new AppError(
          'Forbidden',
          'push.same-person',
          `「${by}」寫過或送出過這個推送，要另一個人同意。只有一個人的團隊，設 SOLO_TEAM=true。`,
        );
      const at = now();
      const earliest = clock.now() + (same ? soloMs : 0);
      const dueAt = new Date(Math.max(row.dueAt?.getTime() ?? 0, earliest));
      await moved(id, ['waiting'], {
        set: { state: 'scheduled', approved: { by, at, ...(same ? { solo: true } : {}) }, dueAt },
        entry: {
          by,
          what: same
            ? `一個人的團隊，自己同意，${beijingMoment(dueAt.getTime())} 才發`
            : `同意，排定 ${beijingMoment(dueAt.getTime())}`,
        },
      });
      const next = await mustGet(id);
      if (next.state === 'scheduled') await schedule(next);
      return next;
    },
    /** Holds it: nothing is dropped, nothing more goes out within two seconds. */
    async pause(id: string, by: string, why = ''): Promise<PushRow> {
      await mustGoOn(id, '暫停');
      const done = await moved(id, ['running'], {
        set: { state: 'paused', paused: { by, why, at: now() } },
        entry: { by, what: `暫停${why ? `：${why}` : ''}` },
      });
      const row = done ?? (await mustGet(id));
      if (row.state !== 'paused') throw wrongState(row, '暫停');
      return row;
    },
    async resume(id: string, by: string): Promise<PushRow> {
      await mustGoOn(id, '繼續');
      const done = await moved(id, ['paused'], {
        set: { state: 'running' },
        unset: ['paused', 'brake'],
        entry: { by, what: '繼續' },
      });
      if (done) await quiet(id);
      const row = done ?? (await mustGet(id));
      if (row.state !== 'running') throw wrongState(row, '繼續');
      return row;
    },
    /** For good; who has not been sent it by then gets none. */
    async cancel(id: string, by: string, why = ''): Promise<PushRow> {
      await mustGoOn(id, '取消');
      const done = await moved(
        id,
        ['draft', 'waiting', 'scheduled', 'late', 'freezing', 'running', 'paused'],
        {
          set: { state: 'cancelled' },
          unset: ['brake', 'paused'],
          entry: { by, what: `取消${why ? `：${why}` : ''}` },
        },
      );
      if (done) await quiet(id);
      return done ?? mustGet(id);
    },

    /**
     * Some more people come to a step of a sequence: they are a piece of its push, which is made when the first come. The same `key`
     * again adds nobody; a person gets it once however often she comes.
     */
    async feed(
      push: Omit<Definition, 'id' | 'audience' | 'at'> & { id: string; sequence: string },
      { key, pids, by }: { key: string; pids: string[]; by: string },
    ): Promise<string[]> {
      const { id: _id, ...rest } = push;
      const at = now();
      const row: Omit<PushRow, '_id'> = {
        ...rest,
        audience: { to: `sequence ${push.sequence}`, except: [] },
        at: '現在',
        version: 1,
        links: linksIn(routes, rest),
        state: 'running',
        by,
        changedAt: at,
        startedAt: at,
        frozen: { run: liveRun, people: 0, chunks: 0, at },
        log: [{ at, by, what: '序列的一步' }],
      };
      await rows.updateOne({ _id }, { $setOnInsert: row }, { upsert: true });
      crashPoint('push-fed');
      const n = createHash('sha256').update(key).digest().readUIntBE(0, 6);
      const piece = await deliveries.chunks.findOneAndUpdate(
        { _id: `${_id}/${liveRun}/${key}` },
        { $setOnInsert: { push: _id, run: liveRun, n, ids: pids, open: true, epoch: 0 } },
        { upsert: true, returnDocument: 'after', projection: { ids: 1 } },
      );
      return piece?.ids ?? [];
    },
    /** What is wrong with words before they are fed. */
    problemsOf: async (push: Definition): Promise<Finding[]> =>
      findingsOf(push, { routes, account, names: await given.values.names() }),
    /** All pushes whose id begins so, in the order of their ids. */
    beginningWith: (prefix: string): Promise<PushRow[]> =>
      rows
        .find({ _id: { $gte: prefix, $lt: `${prefix}\uffff` } }, { sort: { _id: 1 }, projection: { log: 0 } })
        .toArray(),
    /** Its time has come (job). */
    async begin(id: string, version: number): Promise<void> {
      const row = await rows.findOne({ _id: id });
      if (!row || row.version !== version) return;
      if (row.state === 'freezing') return run(row); // cut off in the middle
      if (row.state === 'late') return askLate(row); // cut off before anybody was told
      if (row.state !== 'scheduled') return;
      const early = (row.dueAt?.getTime() ?? 0) - clock.now();
      if (early > minuteMs) return; // it was put off
      if (early > 0)
        throw new AppError(
          'Upstream',
          'push.early',
          'The clock that fired the timer is ahead of ours; again soon.',
        );
      if (lateByOf(row) > lateMs && row.late === 'ask') {
        const late = await moved(id, ['scheduled'], {
          set: { state: 'late' },
          entry: { by: '系統', what: `晚了 ${Math.round(lateByOf(row) / minuteMs)} 分鐘，等人決定` },
        });
        crashPoint('push-late');
        if (late) await askLate(late);
        return;
      }
      const begun = await moved(id, ['scheduled'], {
        set: { state: 'freezing' },
        entry: { by: '系統', what: '到時間了，圈定名單' },
      });
      crashPoint('push-freezing');
      if (begun) await run(begun);
    },

    /** Until nothing more may go out at this business time: for a clock that is turned. */
    settled: engine.settled,
  };
}

export type Pushes = ReturnType<typeof createPushes>;
