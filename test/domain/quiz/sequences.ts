import { join } from 'node:path';
import * as fc from 'fast-check';
import type { App } from '../../../src/app';
import type { CampaignRow, CampaignVersion } from '../../../src/domain/campaigns/campaign-row';
import { defaultName } from '../../../src/domain/names/names';
import type { Award } from '../../../src/domain/prizes/award';
import type { Prize, Way } from '../../../src/domain/prizes/prize';
import type { QuizContent } from '../../../src/domain/quiz/definition';
import { asContent } from '../../../src/domain/quiz/definition';
import { root } from '../../../src/kit/root';
import { writeXml } from '../../../src/simulator/xml';
import { readMessage } from '../../../src/wechat/protocol/inbound';
import { type Shown, shownIn } from '../../support/quiz-table';
import { createRig, type Rig } from '../../support/rig';
import { balanceDue, type Facts, findFaults, type LoggedBatch, type Sent } from './oracle';

/** C11: whatever three fans do, to two processes, with the work behind it done in any order: as the model says. */
const startsAt = Date.parse('2026-11-24T10:00:00+08:00');
const dayMs = 86_400_000;
const perDay = 4;
const level = { questions: 3, pass: 2 };
const names = ['林', '陳', '黃'];

const prize = (id: string, way: Way, more: Partial<Prize> = {}): Prize => ({
  id,
  name: `獎品${id}`,
  kind: 'goods',
  priceFen: 100,
  quantity: 2,
  claimDays: 1,
  way,
  ...more,
});

const quizOf = (id: string): QuizContent => ({
  id,
  title: '一戰到底',
  intro: '',
  keywords: ['一戰到底'],
  startsAt,
  endsAt: startsAt + 5 * dayMs,
  opensAt: '00:00',
  closesAt: '24:00',
  perDay,
  pointsPerAnswer: 10,
  firstBonus: 5,
  levels: [{ n: 1, ...level }],
  rules: '',
  organiser: '',
  contact: '',
  forfeiture: '',
  sponsors: [],
  audience: 'all',
  staff: [],
  questions: [
    '杭州',
    '蘇州',
    '揚州',
    '南京',
    '成都',
    '西安',
    '昆明',
    '桂林',
    '拉薩',
    '敦煌',
    '廈門',
    '洛陽',
    '大同',
    '搶答',
  ].map((place) => ({
    id: place === '搶答' ? 'flash' : place,
    kind: 'single',
    text: `哪一個是「${place}」？`,
    options: [place, '泉州', '大理'],
    right: 0,
    difficulty: 1,
  })),
  prizes: [
    prize(
      'cup',
      { kind: 'floor', every: 3 },
      { kind: 'coupon', validUntil: startsAt + dayMs, usedAt: '門市', perPerson: 1 },
    ),
    prize('fifty', { kind: 'floor', every: 4 }, { kind: 'points', points: 50, quantity: 5 }),
    prize('bag', { kind: 'floor', floors: [5, 7] }),
    prize(
      'first',
      { kind: 'first', question: 'flash', at: startsAt },
      { kind: 'points', points: 100, quantity: 1 },
    ),
  ],
});

/** A question before her: when it was sent, and on which day. */
type Open = { shown: Shown; sentAt: number; on: string };
type Her = {
  openid: string;
  following: boolean;
  playing: boolean;
  /** She said 退出. */
  left: boolean;
  open?: Open;
  flash?: Open;
  /** Before this a letter is not taken for an answer to her own question; Infinity while a 搶答題 stands before it. */
  notBefore: number;
  flashDone: boolean;
  on: string;
  today: number;
  asked: number;
  right: number;
  failedOn?: string;
  firstOn?: string;
  points: number;
  name?: string;
  /** What she sent last, and was told. */
  last?: { fields: Fields; told: string };
};
type Fields = ReturnType<Rig['text']>;
type Model = { fans: Her[]; floors: number };

export type Street = Awaited<ReturnType<typeof createStreet>>;

/** Two processes, and a fresh quiz with three fans for each sequence. */
export async function createStreet() {
  const rig = await createRig({
    webs: 2,
    handlers: join(root, 'handlers'),
    at: '2026-11-24T10:00',
    stopped: true,
  });
  const apps = rig.slots.map(({ member }) => member.app as App);
  let turns = 0;
  /** Whichever is next. */
  const app = (): App => apps[turns++ % apps.length] as App;
  let quizzes = 0;
  let quiz = quizOf('none');
  let sent: Sent[] = [];
  let others: NonNullable<Facts['others']> = [];
  const returned = new Set<string>();
  const used = new Set<string>();
  let behind: Promise<unknown>[] = [];
  let scheduler: fc.Scheduler | undefined;

  async function send(fields: Fields | ReturnType<Rig['event']>): Promise<string> {
    const body = writeXml(fields);
    const message = readMessage(body);
    const deliver = () => app().answering.answer(message, body);
    // Told a failure (her leave was carried out while it was answered), WeChat sends it again.
    const reply = await deliver().catch(deliver);
    return reply?.kind === 'text' ? reply.text : '';
  }
  const wait = (ms: number) => rig.turnTo(rig.clock.now() + ms);

  /** Done when the scheduler lets it, beside whatever is going on then. */
  function later(act: () => Promise<unknown>): void {
    const turn = scheduler?.schedule(Promise.resolve()) ?? Promise.resolve();
    behind.push(turn.then(act));
  }

  const inBackground = {
    /** By whichever process: the other one's lease is over. */
    async project(): Promise<void> {
      await rig.db.collection('projections').updateMany({}, { $set: { until: new Date(0) } });
      await app().services.projector.project(quiz.id);
    },
    sweep: () => app().services.prizes.awards.sweep({ lostMs: 1_000, undoneMs: -1_000 }),
    async relay(): Promise<void> {
      await rig.db.collection('outbox').updateMany({ state: 'pending' }, { $set: { dueAt: new Date(0) } });
      await app().sweeper.sweepOutbox(-60_000);
    },
  };

  async function atRest(): Promise<void> {
    await inBackground.project();
    await inBackground.sweep();
  }

  const pidOf = async ({ openid }: Her): Promise<string> => {
    const fan = app().services.subscribers.fanOf(openid);
    const row =
      (await app().services.subscribers.load(fan)) ??
      (await rig.db.collection<{ _id: string; pid: string }>('graves').findOne({ _id: fan }));
    return row?.pid ?? '';
  };

  async function facts(): Promise<Facts> {
    return {
      quiz,
      log: (await rig.rows('answers')) as unknown as LoggedBatch[],
      sent,
      ledger: await rig.rows('ledger'),
      balances: await rig.rows('balances'),
      scores: await rig.rows('scores'),
      awards: await rig.rows('awards'),
      tickets: await rig.rows('tickets'),
      others,
      returned: [...returned],
    };
  }

  return {
    rig,
    app,
    send,
    wait,
    later,
    inBackground,
    atRest,
    pidOf,
    facts,
    used,
    returned,
    get quiz() {
      return quiz;
    },
    /** What her phone knows of an answer that counts. */
    noted: (one: Sent): void => void sent.push(one),
    other: (row: { _id: string; pid: string; delta: number }): void => {
      if (!others.some(({ _id }) => _id === row._id)) others.push(row);
    },
    spentBefore: (id: string) => others.some((one) => one._id === `spend/${id}`),

    async begin(of: fc.Scheduler): Promise<Model> {
      await Promise.allSettled(behind);
      const keep = ['processes', 'versions', 'leases', 'migrations', 'clock', 'settings'];
      const collections = (await rig.db.db?.collections()) ?? [];
      await Promise.all(
        collections
          .filter(({ collectionName }) => !keep.includes(collectionName))
          .map((one) => one.deleteMany({})),
      );
      scheduler = of;
      behind = [];
      sent = [];
      others = [];
      returned.clear();
      used.clear();
      await rig.turnTo(startsAt + 60_000);
      quiz = quizOf(`c${++quizzes}`);
      const content = asContent(quiz);
      const { id, ...rest } = content;
      const row = {
        _id: id,
        ...rest,
        state: 'running' as const,
        version: 1,
        pauses: [],
        rev: 1,
        author: 'ann',
        log: [],
      };
      await rig.db.collection<CampaignRow>('campaigns').insertOne(row);
      const version = {
        campaign: id,
        version: 1,
        at: 0,
        by: 'ann',
        changes: [],
        findings: [],
        content,
      };
      await rig.db.collection<CampaignVersion>('campaignVersions').insertOne({ _id: `${id}/1`, ...version });
      await Promise.all(quiz.prizes.map((one) => app().services.tickets.stock(id, one)));
      for (const one of apps) await one.services.campaigns.load();
      const fans = names.map(
        (): Her => ({
          openid: rig.openid(),
          following: true,
          playing: false,
          left: false,
          notBefore: 0,
          flashDone: false,
          on: '',
          today: 0,
          asked: 0,
          right: 0,
          points: 0,
        }),
      );
      await Promise.all(fans.map(({ openid }) => send(rig.event(openid, 'subscribe', { EventKey: '' }))));
      return { fans, floors: 0 };
    },

    /** Everything has come to rest: what the oracle, the proofs and the model find wrong. */
    async end({ fans, floors }: Model): Promise<unknown[]> {
      await Promise.all(behind);
      await atRest();
      await rig.drain();
      const pids = new Map(
        await Promise.all(fans.map(async (her) => [her.openid, await pidOf(her)] as const)),
      );
      sent = sent.map((one) => ({ ...one, pid: pids.get(one.pid) ?? one.pid }));
      const { proof, points } = app().services;
      const found: unknown[] = [
        ...findFaults(await facts()),
        ...(await points.audit()),
        ...(await proof.audit(quiz.id)),
      ];
      found.push(...(await proof.replay(quiz.id)).differences);
      const placed = (await facts()).log.reduce((sum, { a }) => sum + a.length, 0);
      if (placed !== floors) found.push(`${placed} answers count, ${floors} should`);
      const called = await app().services.names.nameOf([...pids.values()]);
      for (const her of fans) {
        const pid = pids.get(her.openid) as string;
        const should = her.name ?? defaultName(pid);
        if (called.get(pid) !== should) found.push(`${should} is called ${called.get(pid)}`);
      }
      for (const { _id, state } of await rig.rows<Award>('awards')) {
        if (returned.has(_id) !== (state === 'expired')) found.push(`${_id} is ${state}`);
        if (used.has(_id) !== (state === 'used')) found.push(`${_id} is ${state}`);
      }
      if ((await rig.count('inbox', { open: true })) > 0) found.push('a message is not answered');
      return found;
    },
    close: () => rig.close(),
  };
}

type Deed = fc.AsyncCommand<Model, Street>;
const herOf = (model: Model, i: number): Her => model.fans[i] as Her;

/** Time passes, then something happens. */
function deed(
  name: string,
  o: { may?: (model: Model) => boolean; does: (model: Model, street: Street) => Promise<void> },
): Deed {
  return {
    check: (model) => o.may?.(model) ?? true,
    run: o.does,
    toString: () => name,
  };
}

/** What a letter must lead to: said before it is sent. */
type Expected = { counts: boolean; flash: boolean; has: string[]; not: string[] };

/** Her new day, if it is one. */
function newDay(her: Her, on: string): void {
  if (her.on !== on) Object.assign(her, { on, today: 0 });
}

/** The words of why there is no next question, or none when there is one. */
const stop = (her: Her): string | undefined =>
  her.failedOn === her.on ? '這一關差一點' : her.today >= perDay ? '題答完了' : undefined;

function expectLetter(her: Her, { option, now, on }: { option: string; now: number; on: string }): Expected {
  const expected: Expected = { counts: false, flash: false, has: [], not: [] };
  const standing = her.flash ?? her.open;
  const question = standing?.shown.question;
  const ok = option === (question === 'flash' ? '搶答' : question);
  if (her.flash) {
    if (now >= startsAt + 3_600_000) expected.has.push('現在沒有搶答題');
    else if (now - her.flash.sentAt < 2_000) return { ...expected, has: ['看清題目再答'] };
    else {
      expected.flash = true;
      expected.counts = !her.flashDone;
      expected.has.push(her.flashDone ? '你已經試過一次' : ok ? '答對了，＋10 分' : '可惜，正確答案是');
      if (!her.flashDone) her.points += ok ? 10 : 0;
      her.flashDone = true;
    }
    delete her.flash;
    if (her.notBefore === Infinity) her.notBefore = now + 2_000;
    return expected;
  }
  const { open } = her;
  if (!open) throw new Error('She has no question.');
  if (open.on !== on) {
    newDay(her, on);
    delete her.open;
    return { ...expected, has: ['過了零點', ...(stop(her) ? [stop(her) as string] : [])] };
  }
  if (now - open.sentAt < 2_000 || now < her.notBefore) return { ...expected, has: ['看清題目再答'] };
  expected.counts = true;
  her.points += (ok ? 10 : 0) + (her.firstOn === on ? 0 : 5);
  her.firstOn = on;
  her.today++;
  her.asked++;
  her.right += ok ? 1 : 0;
  expected.has.push(ok ? '答對了！' : '可惜，正確答案是', `積分 ${her.points} · `);
  if (her.asked === level.questions) {
    const passed = her.right >= level.pass;
    expected.has.push(passed ? '關過了' : '這次對了');
    if (!passed) her.failedOn = on;
    Object.assign(her, { asked: 0, right: 0 });
  }
  delete her.open;
  const over = stop(her);
  if (over) expected.has.push(over);
  return expected;
}

/** Takes in the question that a reply shows. */
function reads(her: Her, told: string, street: Street): void {
  const shown = shownIn(street.quiz, told);
  const now = street.rig.clock.now();
  if (!shown || shown.question === 'flash') return;
  // The same question again keeps its time.
  if (her.open?.shown.question === shown.question) return;
  her.open = { shown, sentAt: now, on: street.rig.clock.day(now) };
  her.notBefore = 0;
}

const check = (told: string, { has, not }: Pick<Expected, 'has' | 'not'>): void => {
  for (const words of has) expect(told).toContain(words);
  for (const words of not) expect(told).not.toContain(words);
};

/** She answers what stands before her; what comes of it, by the model, and by the words of all copies. */
async function answers(
  model: Model,
  street: Street,
  her: Her,
  o: { pick: number; copies: number },
): Promise<void> {
  const { rig } = street;
  const { shown } = (her.flash ?? her.open) as Open;
  const [letter, option] = [...shown.options][o.pick % shown.options.size] as [string, string];
  const now = rig.clock.now();
  const expected = expectLetter(her, { option, now, on: rig.clock.day(now) });
  const fields = rig.text(her.openid, letter);
  const copies = await Promise.all(Array.from({ length: o.copies }, () => street.send(fields)));
  const [told = ''] = copies;
  expect(new Set(copies)).toEqual(new Set([told]));
  check(told, expected);
  if (expected.counts) {
    model.floors++;
    street.noted({ pid: her.openid, question: shown.question, option, heard: [told] });
  }
  her.last = { fields, told };
  reads(her, told, street);
}

const canAnswer = (her: Her): boolean => her.following && !her.left && (her.flash ?? her.open) !== undefined;

async function says(street: Street, her: Her, words: string): Promise<string> {
  const fields = street.rig.text(her.openid, words);
  const told = await street.send(fields);
  her.last = { fields, told };
  return told;
}

/** 「一戰到底」 or 「繼續」. */
async function starts(street: Street, her: Her, words: string): Promise<void> {
  const { clock } = street.rig;
  const now = clock.now();
  const on = clock.day(now);
  if (words === '繼續' && !her.playing) {
    check(await says(street, her, words), { has: [], not: ['第 1 題', '第 2 題', '第 3 題', '第 4 題'] });
    return;
  }
  her.playing = true;
  her.left = false;
  if (her.flash) {
    delete her.flash;
    if (her.notBefore === Infinity) her.notBefore = now + 2_000;
  }
  const same = her.open?.on === on ? her.open : undefined;
  newDay(her, on);
  const told = await says(street, her, words);
  if (same) {
    expect(shownIn(street.quiz, told)).toEqual(same.shown);
    return;
  }
  delete her.open;
  const over = stop(her);
  if (over) expect(told).toContain(over);
  else expect(told).toContain(`第 ${her.today + 1} 題`);
  reads(her, told, street);
}

async function asksForFlash(street: Street, her: Her): Promise<void> {
  const { clock } = street.rig;
  const now = clock.now();
  const told = await says(street, her, '搶答');
  her.playing = true;
  her.left = false;
  newDay(her, clock.day(now));
  if (her.open?.on !== her.on) delete her.open;
  if (now >= startsAt + 3_600_000) {
    expect(told).toMatch(/現在沒有搶答題|搶答的時間過了|上一題搶答/);
    return;
  }
  if (her.flashDone) {
    expect(told).toContain('這一題搶答你已經答過了');
    return;
  }
  const shown = shownIn(street.quiz, told);
  expect(shown?.question).toBe('flash');
  her.flash = { shown: shown as Shown, sentAt: now, on: clock.day(now) };
  if (her.open) her.notBefore = Infinity;
}

async function leaves(street: Street, her: Her): Promise<void> {
  await street.send(street.rig.event(her.openid, 'unsubscribe', { EventKey: '' }));
  her.following = false;
  delete her.name;
  delete her.last;
}

async function returns(street: Street, her: Her): Promise<void> {
  expect(await street.send(street.rig.event(her.openid, 'subscribe', { EventKey: '' }))).toContain(
    '歡迎回來',
  );
  her.following = true;
}

async function isCalled(street: Street, her: Her, name: string): Promise<void> {
  expect(await says(street, her, `改名 ${name}`)).toContain(name.length > 8 ? '最多 8 個字' : name);
  if (name.length <= 8) her.name = name;
}

async function spends(
  street: Street,
  her: Her,
  { id, points }: { id: string; points: number },
): Promise<void> {
  await street.atRest();
  const pid = await street.pidOf(her);
  const mine = `${id}-${pid}`;
  const due = balanceDue(await street.facts(), pid);
  const kind = street.spentBefore(mine) ? 'again' : due >= points ? 'spent' : 'short';
  const both = await Promise.all(
    [1, 2].map(() => street.app().services.points.spend({ id: mine, pid, points })),
  );
  expect(both.map((one) => one.kind).toSorted()).toEqual(
    kind === 'spent' ? ['again', 'spent'] : [kind, kind],
  );
  if (kind === 'spent') street.other({ _id: `spend/${mine}`, pid, delta: -points });
  expect(both.map(({ left }) => left)).toEqual(Array(2).fill(kind === 'spent' ? due - points : due));
}

async function isTakenBack(street: Street, n: number): Promise<void> {
  await street.atRest();
  const paid = (await street.facts()).ledger
    .filter(({ cause }) => cause === 'answer')
    .toSorted((a, b) => (a._id < b._id ? -1 : 1));
  const row = paid[n % Math.max(1, paid.length)];
  if (!row) return;
  await Promise.all([1, 2].map(() => street.app().services.points.reverse([row._id])));
  street.other({ _id: `reversal/${row._id}`, pid: row.pid, delta: -row.delta });
}

async function prizeOf(street: Street, her: Her, kind: Award['what']['kind']): Promise<Award | undefined> {
  await street.atRest();
  const pid = await street.pidOf(her);
  const hers = await street.rig.rows<Award>('awards', { pid, 'what.kind': kind });
  return hers.toSorted((a, b) => (a._id < b._id ? -1 : 1))[0];
}

async function redeems(street: Street, her: Her): Promise<void> {
  const award = await prizeOf(street, her, 'coupon');
  if (!award?.redeem) return;
  const late = street.rig.clock.now() > (award.claimBy as number);
  const over = street.returned.has(award._id);
  const kind = street.used.has(award._id) ? 'already' : over || late ? 'expired' : 'used';
  const both = await Promise.all(
    [1, 2].map((n) =>
      street.app().services.prizes.redeem(award.redeem as string, { by: `員${n}`, at: '門市' }),
    ),
  );
  expect(both.map((one) => one.kind).toSorted()).toEqual(
    kind === 'used' ? ['already', 'used'] : [kind, kind],
  );
  if (kind === 'used') street.used.add(award._id);
}

async function takenBy(street: Street, her: Her): Promise<void> {
  const award = await prizeOf(street, her, 'goods');
  if (!award) return;
  const form = {
    name: '林小姐',
    phone: '13800138000',
    address: '浙江省杭州市西湖區示例路 1 號',
    consent: '寄送',
  };
  const late = street.rig.clock.now() > (award.claimBy as number) && award.state !== 'claimed';
  const answer = await street.app().services.prizes.claims.submit({ award: award._id, pid: award.pid, form });
  expect(answer.kind).toBe(late || street.returned.has(award._id) ? 'refused' : 'claimed');
}

async function expires(street: Street, her: Her, kind: 'coupon' | 'goods'): Promise<void> {
  const award = await prizeOf(street, her, kind);
  if (!award) return;
  const due = street.rig.clock.now() >= (award.claimBy as number);
  const open = award.state === 'won' || award.state === 'told';
  await Promise.all([1, 2].map(() => street.app().services.prizes.expire(award._id)));
  if (due && open) street.returned.add(award._id);
}

const who = fc.integer({ min: 0, max: names.length - 1 });
const pause = fc.constantFrom(1_000, 5_000, 30_000);
const pick = fc.nat({ max: 2 });

/** A deed of one of them. */
const by = (
  i: number,
  name: string,
  may: (her: Her) => boolean,
  does: (her: Her, street: Street, model: Model) => Promise<unknown>,
): Deed =>
  deed(`${names[i]} ${name}`, {
    may: (model) => may(herOf(model, i)),
    does: async (model, street) => {
      await street.wait(2_000);
      await does(herOf(model, i), street, model);
    },
  });
const follows = (her: Her): boolean => her.following;

const deeds: fc.Arbitrary<Deed>[] = [
  // The likelier ones more than once.
  ...Array.from({ length: 5 }, () =>
    fc.tuple(who, pick, pause, fc.constantFrom(1, 1, 3)).map(([i, option, ms, copies]) =>
      deed(`${names[i]} answers ${option} after ${ms} ms${copies > 1 ? ', in three copies' : ''}`, {
        may: (model) => canAnswer(herOf(model, i)),
        does: async (model, street) => {
          await street.wait(ms);
          await answers(model, street, herOf(model, i), { pick: option, copies });
        },
      }),
    ),
  ),
  ...Array.from({ length: 2 }, () =>
    fc
      .tuple(who, fc.constantFrom('一戰到底', '一戰到底', '繼續'))
      .map(([i, words]) => by(i, words, follows, (her, street) => starts(street, her, words))),
  ),
  fc.array(pick, { minLength: 3, maxLength: 3 }).map((picks) =>
    deed(`all answer at once: ${picks.join()}`, {
      may: (model) => model.fans.some(canAnswer),
      does: async (model, street) => {
        await street.wait(10_000);
        const ready = model.fans.flatMap((her, i) =>
          canAnswer(her) ? [{ her, option: picks[i] as number }] : [],
        );
        await Promise.all(
          ready.map(({ her, option }) => answers(model, street, her, { pick: option, copies: 2 })),
        );
      },
    }),
  ),
  who.map((i) => by(i, '搶答', follows, (her, street) => asksForFlash(street, her))),
  who.map((i) =>
    by(
      i,
      '退出',
      (her) => her.following && her.playing,
      async (her, street) => {
        expect(await says(street, her, '退出')).toContain(`${her.points} 分`);
        her.left = true;
      },
    ),
  ),
  who.map((i) =>
    by(
      i,
      'sends the same message again',
      (her) => her.following && her.last !== undefined,
      async (her, street) => {
        const { fields, told } = her.last as { fields: Fields; told: string };
        expect(await street.send(fields)).toBe(told);
      },
    ),
  ),
  who.map((i) => by(i, 'leaves', follows, (her, street) => leaves(street, her))),
  ...Array.from({ length: 2 }, () =>
    who.map((i) =>
      by(
        i,
        'comes back',
        (her) => !her.following,
        (her, street) => returns(street, her),
      ),
    ),
  ),
  fc
    .tuple(who, fc.constantFrom('小林', '阿陳', '名字實在是太長了呀'))
    .map(([i, name]) => by(i, `改名 ${name}`, follows, (her, street) => isCalled(street, her, name))),
  fc.tuple(who, fc.constantFrom('s1', 's2'), fc.constantFrom(5, 20, 60)).map(([i, id, points]) =>
    by(
      i,
      `spends ${points} (${id})`,
      (her) => her.following,
      (her, street) => spends(street, her, { id, points }),
    ),
  ),
  fc
    .nat({ max: 50 })
    .map((n) => deed(`answer ${n} is taken back`, { does: (_, street) => isTakenBack(street, n) })),
  who.map((i) =>
    by(
      i,
      'redeems',
      () => true,
      (her, street) => redeems(street, her),
    ),
  ),
  who.map((i) =>
    by(
      i,
      'claims',
      () => true,
      (her, street) => takenBy(street, her),
    ),
  ),
  fc.tuple(who, fc.constantFrom('coupon' as const, 'goods' as const)).map(([i, kind]) =>
    by(
      i,
      `'s ${kind} expires`,
      () => true,
      (her, street) => expires(street, her, kind),
    ),
  ),
  fc.constant(
    deed('a night passes', {
      may: () => true,
      does: async (_, street) => {
        const { clock } = street.rig;
        // Three days at most: nobody is asked the same question twice.
        if (clock.now() < startsAt + 2 * dayMs) await street.rig.turnTo(clock.now() + dayMs);
      },
    }),
  ),
  fc.constantFrom('project' as const, 'sweep' as const, 'relay' as const).map((what) =>
    deed(`${what}, some time later`, {
      does: async (_, street) => street.later(street.inBackground[what]),
    }),
  ),
];

/** So many sequences of at most so many deeds. A failure tells the seed and the path to see it again. */
export function runSequences(
  street: Street,
  {
    numRuns,
    most,
    seed = Math.floor(Math.random() * 2 ** 31),
  }: { numRuns: number; most: number; seed?: number },
): Promise<void> {
  process.stderr.write(`C11: ${numRuns} sequences, seed ${seed}\n`);
  return fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.commands(deeds, { maxCommands: most, size: 'max' }),
      async (scheduler, commands) => {
        const model = await street.begin(scheduler);
        await fc.scheduledModelRun(scheduler, () => ({ model, real: street }), commands);
        await scheduler.waitAll();
        expect(await street.end(model)).toEqual([]);
      },
    ),
    { numRuns, seed, endOnFailure: numRuns > 100 },
  );
}
