import { Redis } from 'ioredis';
import type { Prize, Way } from '../../src/domain/prizes/prize';
import { asContent, type Question, type QuizContent } from '../../src/domain/quiz/definition';
import type { Entry } from '../../src/domain/quiz/log/floors';
import { bringQuiz } from '../../src/domain/quiz/workbook/bring';
import { announced } from '../domain/quiz/a-quiz';
import { findFaults, type LoggedBatch, type Sent } from '../domain/quiz/oracle';
import { rightLetter, type Shown, shownIn } from '../support/quiz-table';
import { heard, type Rig } from '../support/rig';
import type { Flow } from './flows';

/** The quiz, from publication to the last prize, as a crash may cut it short anywhere. Each run has a quiz of its own. */
const hour = 3_600_000;
const takenBy = () => undefined;

type Stage = { quiz: QuizContent; shown?: Shown; sent: Sent[] };
const stages = new Map<string, Stage>();
let written = 0;
const stageOf = (openid: string): Stage => stages.get(openid) as Stage;

const questions: Question[] = [
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
].map((place, i) => ({
  id: `q${i}`,
  kind: 'single',
  text: `哪一座城的名字是「${place}」？`,
  options: [place, '泉州', '大理'],
  right: 0,
  difficulty: 1,
}));
const flash: Question = { ...(questions[0] as Question), id: 'flash', text: '搶答：哪一座是西湖所在的城？' };

const prize = (id: string, way: Way, more: Partial<Prize> = {}): Prize => ({
  id,
  name: `獎品${id}`,
  kind: 'goods',
  priceFen: 100,
  quantity: 1,
  way,
  claimDays: 7,
  conditions: '無',
  delivery: '十個工作日內寄出',
  ...more,
});

/** A quiz of the coming hour; the ones before it are over. */
async function write(rig: Rig, openid: string, prizes: (from: number) => Prize[]): Promise<QuizContent> {
  await rig.turnTo(rig.clock.now() + 24 * hour);
  const from = Math.floor(rig.clock.now() / 60_000) * 60_000;
  const quiz: QuizContent = {
    id: `z${++written}`,
    title: '一戰到底',
    intro: '',
    keywords: [`戰${written}`],
    startsAt: from,
    endsAt: from + hour,
    ...announced,
    questions: [...questions, flash],
    prizes: prizes(from),
  };
  stages.set(openid, { quiz, sent: [] });
  return quiz;
}

/** All that an operator does to publish it; what was done before a crash is not done again. */
async function publish(rig: Rig, quiz: QuizContent): Promise<void> {
  const { campaigns, tickets } = rig.app.services;
  const { id } = quiz;
  if ((await campaigns.find(id))?.state === 'running') return;
  if (quiz.prizes.some(({ kind }) => kind === 'code')) {
    const file = asFile(quiz, { card: ['X-1', 'X-2'] });
    const brought = await bringQuiz({ campaigns, tickets, takenBy, by: 'Lin', file });
    if (brought.kind === 'refused') throw new Error(JSON.stringify(brought.problems));
  } else await campaigns.save({ content: asContent(quiz), by: 'Lin' });
  const { findings, passed } = await campaigns.check({ id, by: 'Lin', takenBy });
  if (!passed) throw new Error(JSON.stringify(findings));
  await campaigns.start({ id, by: 'Wang', takenBy });
}

/** The same as a file that a person writes: times are Beijing times. */
function asFile(
  { questions: bank, prizes, sponsors, ...quiz }: QuizContent,
  codes: Record<string, string[]>,
) {
  const beijing = (at: number) => new Date(at + 8 * hour).toISOString().slice(0, 16).replace('T', ' ');
  const { audience: _all, staff: _nobody, ...written } = quiz;
  const file = {
    quiz: { ...written, startsAt: beijing(quiz.startsAt), endsAt: beijing(quiz.endsAt) },
    questions: bank,
    prizes: prizes.map((one) =>
      'at' in one.way ? { ...one, way: { ...one.way, at: beijing(one.way.at) } } : one,
    ),
    sponsors,
    codes,
  };
  return { name: 'quiz.json', bytes: Buffer.from(JSON.stringify(file)) };
}

/** She is asked, and reads the question. */
async function asked(rig: Rig, openid: string, words: string): Promise<void> {
  const stage = stageOf(openid);
  const told = heard(await rig.deliver(rig.text(openid, words), openid)).join('\n');
  const shown = shownIn(stage.quiz, told);
  if (!shown) throw new Error(`No question: ${told}`);
  stage.shown = shown;
  await rig.turnTo(rig.clock.now() + 10_000);
}

async function answers(rig: Rig, openid: string) {
  const { quiz, shown, sent } = stageOf(openid);
  const [letter, option] = rightLetter(quiz, shown as Shown);
  const delivered = await rig.deliver(rig.text(openid, letter), openid);
  sent.push({ pid: openid, question: (shown as Shown).question, option, heard: heard(delivered) });
  return delivered;
}

const pidOf = async (rig: Rig, openid: string): Promise<string> =>
  (await rig.rows<{ pid: string }>('subscribers', { openid }))[0]?.pid ?? '';

/** Whoever held the projection is dead. */
const leaveProjection = (rig: Rig) =>
  rig.db.collection('projections').updateMany({}, { $set: { until: new Date(0) } });

async function atRest(rig: Rig, { id }: QuizContent): Promise<void> {
  await leaveProjection(rig);
  await rig.app.services.projector.catchUp(id);
  await rig.app.services.points.settle();
  await rig.app.services.prizes.awards.sweep({ lostMs: -1_000, undoneMs: -1_000 });
  await rig.drain();
}

/** I1–I3 for this quiz, and the product's own proofs. */
async function sound(rig: Rig, quiz: QuizContent): Promise<void> {
  await atRest(rig, quiz);
  const { proof, points } = rig.app.services;
  const faults: unknown[] = [];
  for (const { id, quantity } of quiz.prizes) {
    const tickets = await rig.rows<{ state: string; award?: string }>('tickets', {
      campaign: quiz.id,
      prize: id,
    });
    const live = await rig.rows<{ ticket: string }>('awards', {
      campaign: quiz.id,
      prize: id,
      state: { $nin: ['void', 'expired'] },
    });
    const given = tickets.filter(({ state }) => state === 'given').map(({ award }) => award);
    const free = tickets.filter(({ state }) => state === 'free');
    if (given.length !== live.length || given.length + free.length !== quantity)
      faults.push(
        `${id}: ${live.length} awards, ${given.length} given and ${free.length} free of ${quantity}`,
      );
    if (live.some(({ _id }) => !given.includes(_id))) faults.push(`${id}: an award has no ticket`);
  }
  faults.push(...(await points.audit()), ...(await proof.audit(quiz.id)));
  faults.push(...(await proof.replay(quiz.id)).differences);
  faults.push(...(await rig.rows('awards', { campaign: quiz.id, todo: { $ne: [] } })));
  expect(faults).toEqual([]);
}

/** The independent oracle: what must follow from the log and from what her phone heard. */
async function asTheOracleSays(rig: Rig, openid: string): Promise<void> {
  const { quiz, sent } = stageOf(openid);
  await sound(rig, quiz);
  const pid = await pidOf(rig, openid);
  const [balance] = await rig.rows<{ points: number; earned: Record<string, number> }>('balances', {
    _id: pid,
  });
  expect(
    findFaults({
      quiz,
      log: (await rig.rows('answers', { quiz: quiz.id })) as unknown as LoggedBatch[],
      sent: sent.map((one) => ({ ...one, pid })),
      ledger: await rig.rows('ledger', { campaign: quiz.id }),
      balances: balance ? [balance] : [],
      scores: await rig.rows('scores', { quiz: quiz.id }),
      awards: await rig.rows('awards', { campaign: quiz.id }),
      tickets: await rig.rows('tickets', { campaign: quiz.id }),
    }),
  ).toEqual([]);
}

const coupon = (from: number) =>
  prize(
    'cup',
    { kind: 'floor', floors: [1] },
    { kind: 'coupon', usedAt: '各門市', validUntil: from + 30 * 24 * hour },
  );
const firstPoints = (from: number) =>
  prize('first', { kind: 'first', question: 'flash', at: from }, { kind: 'points', points: 200 });

/** A published quiz, and her question. */
const ready =
  (prizes: (from: number) => Prize[], words?: string) =>
  async (rig: Rig, openid: string): Promise<void> => {
    const quiz = await write(rig, openid, prizes);
    await publish(rig, quiz);
    await rig.deliver(rig.event(openid, 'subscribe', { EventKey: '' }), openid);
    await asked(rig, openid, words ?? (quiz.keywords[0] as string));
  };

/** With an award of hers that nobody disturbed. */
const won =
  (prizes: (from: number) => Prize[]) =>
  async (rig: Rig, openid: string): Promise<void> => {
    await ready(prizes)(rig, openid);
    await answers(rig, openid);
    await atRest(rig, stageOf(openid).quiz);
  };
const awardOf = async (rig: Rig, openid: string) => {
  const [award] = await rig.rows<{
    state: string;
    redeem: string;
    claimBy: number;
    history: { state: string }[];
  }>('awards', { campaign: stageOf(openid).quiz.id });
  if (!award) throw new Error('She has no award.');
  return award;
};

async function claimIt(rig: Rig, openid: string): Promise<void> {
  const { _id } = await awardOf(rig, openid);
  const address = '浙江省杭州市西湖區示例路 1 號';
  const form = { name: '林小姐', phone: '13800138000', address, consent: '寄送' };
  const pid = await pidOf(rig, openid);
  expect(await rig.app.services.prizes.claims.submit({ award: _id, pid, form })).toMatchObject({
    kind: 'claimed',
  });
}

/** What our own people do: cut short with the process, and done again by the next. */
type Deeds = (rig: Rig, openid: string) => Promise<unknown>;
const byHand = (name: string, before: Flow['before'], deeds: Deeds, check: Deeds): Flow => ({
  name,
  inside: true,
  ...(before ? { before } : {}),
  deeds: async (rig, openid) => {
    await deeds(rig, openid);
    return [];
  },
  after: async (rig, openid) => {
    await leaveProjection(rig);
    await deeds(rig, openid);
    await check(rig, openid);
  },
});

const bots = ['bot0', 'bot1'];
const people = ['an', 'bo', 'ci', 'di'];
/** Bots that are always right at the same pace, and people. */
async function played(rig: Rig, { id }: QuizContent): Promise<void> {
  const { answerLog, clock } = rig.app.services;
  answerLog.useVersion(id, 1);
  const on = clock.day(clock.now());
  const entry = (pid: string, n: number, took: number, ok: boolean): Entry => {
    const flashed = n < 0;
    return {
      k: `${id}:${pid}${id}:${flashed ? 'flash:flash' : `${on}:q${n}`}`,
      pid: `${pid}${id}`,
      on,
      q: flashed ? 'flash' : `q${n}`,
      choice: ok ? 0 : 1,
      ok,
      points: ok ? 10 : 0,
      by: `${id}-${pid}-${n}`,
      took,
      level: 1,
      ...(flashed ? { flash: true as const } : {}),
    };
  };
  for (let n = -1; n < 9; n++)
    await Promise.all(
      [...bots, ...people].map((pid, i) => {
        const bot = bots.includes(pid);
        const took = bot ? 2_400 + n : 3_000 + ((i * 7_919 + n * 3_571) % 15_000);
        return answerLog.append(id, entry(pid, n, took, bot || (n + i) % 3 > 0));
      }),
    );
}

export const quizFlows: Flow[] = [
  byHand(
    'a quiz is brought, checked and published',
    async (rig, openid) => {
      await write(rig, openid, (from) => [
        prize('card', { kind: 'floor', every: 3 }, { kind: 'code', quantity: 2 }),
        prize('cup', { kind: 'floor', floors: [1] }),
        prize('tour', drawWay(from), { quantity: 1 }),
      ]);
    },
    async (rig, openid) => publish(rig, stageOf(openid).quiz),
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      expect((await rig.app.services.campaigns.find(quiz.id))?.state).toBe('running');
      expect(await rig.count('tickets', { campaign: quiz.id, state: 'free' })).toBe(4);
      expect(await rig.count('draws', { campaign: quiz.id })).toBe(1);
      expect(await rig.count('campaignVersions', { campaign: quiz.id })).toBe(1);
      expect(await rig.count('timers', { _id: { $regex: `^campaign-end:${quiz.id}:` } })).toBe(1);
    },
  ),
  byHand(
    'more codes and a later end are proposed and approved',
    ready(() => [prize('card', { kind: 'floor', every: 3 }, { kind: 'code', quantity: 2 })]),
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      const { campaigns, tickets } = rig.app.services;
      const more = {
        ...quiz,
        endsAt: quiz.endsAt + hour,
        prizes: quiz.prizes.map((one) => ({ ...one, quantity: 3 })),
      };
      const file = asFile(more, { card: ['X-1', 'X-2', 'X-3'] });
      const brought = await bringQuiz({ campaigns, tickets, takenBy, by: 'Lin', file });
      if (brought.kind === 'refused') throw new Error(JSON.stringify(brought.problems));
      if ((await campaigns.row(quiz.id)).proposal)
        await campaigns.approve({ id: quiz.id, by: 'Wang', takenBy });
    },
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      const now = await rig.app.services.campaigns.row(quiz.id);
      expect([now.version, now.endsAt, now.prizes[0]?.quantity]).toEqual([2, quiz.endsAt + hour, 3]);
      expect(await rig.count('campaignVersions', { campaign: quiz.id })).toBe(2);
      expect(await rig.count('tickets', { campaign: quiz.id })).toBe(3);
      // The timer of the old end may have stayed: it ends nothing.
      await rig.turnTo(Math.max(rig.clock.now(), quiz.endsAt + 1_000));
      await rig.app.services.campaigns.finish(quiz.id);
      expect((await rig.app.services.campaigns.find(quiz.id))?.state).toBe('running');
    },
  ),
  {
    name: 'an answer wins a floor',
    before: ready((from) => [coupon(from)]),
    deeds: async (rig, openid) => [await answers(rig, openid)],
    after: asTheOracleSays,
  },
  {
    name: 'an answer wins points on a floor',
    before: ready(() => [prize('fifty', { kind: 'floor', every: 1 }, { kind: 'points', points: 50 })]),
    deeds: async (rig, openid) => [await answers(rig, openid)],
    after: asTheOracleSays,
  },
  {
    name: '搶答',
    before: ready((from) => [firstPoints(from)], '搶答'),
    deeds: async (rig, openid) => [await answers(rig, openid)],
    after: asTheOracleSays,
  },
  {
    name: 'she fills in the form of a claim',
    before: won(() => [prize('bag', { kind: 'floor', floors: [1] })]),
    async deeds(rig, openid) {
      const said = [];
      for (const words of ['領獎', '林小姐', '13800138000', '浙江省杭州市西湖區示例路 1 號', '同意'])
        said.push(await rig.deliver(rig.text(openid, words), openid));
      return said;
    },
    async after(rig, openid) {
      await asTheOracleSays(rig, openid);
      const award = await awardOf(rig, openid);
      expect(award.history.filter(({ state }) => state === 'claimed').length).toBe(1);
      expect(await rig.count('claims', { _id: award._id as never, phone: '13800138000' })).toBe(1);
    },
  },
  {
    name: 'she leaves in the middle, and comes back',
    before: ready((from) => [coupon(from)]),
    async deeds(rig, openid) {
      const answered = await answers(rig, openid);
      const left = await rig.deliver(rig.event(openid, 'unsubscribe', { EventKey: '' }), openid);
      await rig.drain();
      return [answered, left];
    },
    async after(rig, openid, delivered) {
      const [before] = await rig.rows<{ pid: string }>('awards', { campaign: stageOf(openid).quiz.id });
      const gone = (delivered[1] ? heard(delivered[1]) : []).length > 0;
      if (gone) expect(await rig.count('subscribers', { openid })).toBe(0);
      const again = { ...rig.event(openid, 'subscribe', { EventKey: '' }) };
      again.CreateTime += 1;
      await rig.deliver(again, openid);
      expect(await pidOf(rig, openid)).toBe(before?.pid);
      await asTheOracleSays(rig, openid);
    },
  },
  byHand(
    'an address is corrected before it is approved',
    async (rig, openid) => {
      await won(() => [prize('bag', { kind: 'floor', floors: [1] })])(rig, openid);
      await claimIt(rig, openid);
    },
    async (rig, openid) => {
      const { _id } = await awardOf(rig, openid);
      const form = { name: '林小姐', phone: '13800138000', address: '浙江省杭州市西湖區示例路 2 號' };
      expect(
        await rig.app.services.prizes.claims.correct({ award: _id, by: 'Zhou', reason: '她來電', form }),
      ).toMatchObject({ kind: 'corrected' });
    },
    async (rig, openid) => {
      const { _id } = await awardOf(rig, openid);
      expect(await rig.count('claims', { _id: _id as never, address: '浙江省杭州市西湖區示例路 2 號' })).toBe(
        1,
      );
      expect(await rig.count('awards', { _id: _id as never, state: 'claimed' })).toBe(1);
    },
  ),
  byHand(
    'a coupon is redeemed',
    won((from) => [coupon(from)]),
    async (rig, openid) => {
      const { redeem } = await awardOf(rig, openid);
      const { kind } = await rig.app.services.prizes.redeem(redeem, { by: 'Zhou', at: '西湖店' });
      expect(['used', 'already']).toContain(kind);
    },
    async (rig, openid) => {
      const award = await awardOf(rig, openid);
      expect(award.history.filter(({ state }) => state === 'used').length).toBe(1);
      await sound(rig, stageOf(openid).quiz);
    },
  ),
  byHand(
    'points are spent',
    async (rig, openid) => {
      await ready((from) => [firstPoints(from)], '搶答')(rig, openid);
      await answers(rig, openid);
      await atRest(rig, stageOf(openid).quiz);
    },
    async (rig, openid) => {
      const pid = await pidOf(rig, openid);
      const spent = await rig.app.services.points.spend({ id: `s-${openid}`, pid, points: 30 });
      expect(spent).toMatchObject({ left: 180 });
    },
    async (rig, openid) => {
      expect(await rig.count('ledger', { _id: `spend/s-${openid}` as never })).toBe(1);
      await sound(rig, stageOf(openid).quiz);
    },
  ),
  byHand(
    'a prize is not claimed in time, and she is told',
    won(() => [prize('bag', { kind: 'floor', floors: [1] })]),
    async (rig, openid) => {
      const award = await awardOf(rig, openid);
      await rig.turnTo(Math.max(rig.clock.now(), award.claimBy + 1_000));
      await rig.app.services.prizes.expire(award._id);
    },
    async (rig, openid) => {
      const award = await awardOf(rig, openid);
      expect(award.state).toBe('expired');
      expect(await rig.count('outbox', { cause: `told_${award._id}_expired` })).toBe(1);
      await sound(rig, stageOf(openid).quiz);
    },
  ),
  byHand(
    'a parcel is approved, and sent; she is told',
    async (rig, openid) => {
      await won(() => [prize('bag', { kind: 'floor', floors: [1] })])(rig, openid);
      await claimIt(rig, openid);
    },
    async (rig, openid) => {
      const { courier } = rig.app.services.prizes;
      const { _id } = await awardOf(rig, openid);
      await courier.approve({ campaign: stageOf(openid).quiz.id }, 'Lin');
      const cells = { 訂單號: _id, 運單號: 'SF1234567890', 快遞公司: '順豐' };
      const table = {
        columns: Object.keys(cells),
        unit: '行' as const,
        rows: [{ line: 2, cells }],
        problems: [],
      };
      expect((await courier.readTracking(table, { by: 'Lin' })).problems).toEqual([]);
    },
    async (rig, openid) => {
      await sound(rig, stageOf(openid).quiz);
      const award = await awardOf(rig, openid);
      expect(award.history.map(({ state }) => state)).toEqual(['won', 'told', 'claimed', 'approved', 'sent']);
      expect(await rig.count('outbox', { cause: `told_${award._id}_sent` })).toBe(1);
    },
  ),
  byHand(
    'she asks for erasure with a claim open',
    async (rig, openid) => {
      await won(() => [prize('bag', { kind: 'floor', floors: [1] })])(rig, openid);
      await claimIt(rig, openid);
    },
    async (rig, openid) =>
      rig.app.services.prizes.claims.erase(await pidOf(rig, openid), { everything: true }),
    async (rig, openid) => {
      const award = await awardOf(rig, openid);
      expect([award.state, await rig.count('claims', { _id: award._id as never })]).toEqual(['void', 0]);
      await sound(rig, stageOf(openid).quiz);
    },
  ),
  byHand(
    'a prize is taken first come, first served',
    ready(() => [prize('gift', { kind: 'participation', rounds: 1 })]),
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      const pid = await pidOf(rig, openid);
      const decision = { prize: 'gift', pid, on: '2026-11-24', why: 'participation' as const, unit: pid };
      await rig.app.services.prizes.awards.sweep({ lostMs: -1_000 });
      const { kind } = await rig.app.services.prizes.awards.take(quiz, decision);
      expect(['won', 'already']).toContain(kind);
    },
    async (rig, openid) => {
      await sound(rig, stageOf(openid).quiz);
      expect(await rig.count('awards', { campaign: stageOf(openid).quiz.id })).toBe(1);
    },
  ),
  byHand(
    'a batch is projected, the board is built anew',
    async (rig, openid) => {
      await ready((from) => [firstPoints(from), prize('cup', { kind: 'floor', every: 7 }, { quantity: 3 })])(
        rig,
        openid,
      );
      await played(rig, stageOf(openid).quiz);
      const redis = new Redis(rig.database.redisUrl);
      for await (const keys of redis.scanStream({ match: `xiaoyi-${rig.db.name}*`, count: 1_000 }))
        if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
      redis.disconnect();
    },
    async (rig, openid) => {
      const { id } = stageOf(openid).quiz;
      await rig.app.services.projector.project(id);
      await rig.app.services.leaderboard.rebuild(
        id,
        (await rig.rows<{ seq: number }>('projections', { _id: id as never }))[0]?.seq ?? 0,
      );
    },
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      await sound(rig, quiz);
      const best: string[] = [];
      for await (const { pid } of rig.app.services.scores.ranking(quiz.id)) best.push(pid);
      const top = await rig.app.services.leaderboard.top(quiz.id, 'final', 10);
      expect(top?.map(({ pid }) => pid)).toEqual(best.slice(0, 10));
      expect(await rig.count('awards', { campaign: quiz.id, why: 'floor' })).toBe(3);
      expect(await rig.count('awards', { campaign: quiz.id, why: 'first' })).toBe(1);
    },
  ),
  byHand(
    'a quiz is settled: one is rejected, one released, all prizes given, and one drawn',
    async (rig, openid) => {
      await ready((from) => [
        prize('cup', { kind: 'floor', every: 7 }, { quantity: 3 }),
        firstPoints(from),
        prize('top', { kind: 'ranking', board: 'final', from: 1, to: 2 }, { quantity: 2 }),
        prize('part', { kind: 'participation', rounds: 1 }, { kind: 'points', points: 20, quantity: 3 }),
        prize('tour', drawWay(from), { quantity: 1 }),
      ])(rig, openid);
      await played(rig, stageOf(openid).quiz);
      await rig.app.services.projector.project(stageOf(openid).quiz.id);
    },
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      const { settlement, draws } = rig.app.services;
      const settle = (withHeld = false) => settlement.settle({ campaign: quiz.id, by: 'Lin', withHeld });
      const decide = { campaign: quiz.id, by: 'Lin', reason: '看過了' };
      await rig.turnTo(Math.max(rig.clock.now(), quiz.endsAt + 1_000));
      const draw = `${quiz.id}/tour`;
      if (!(await draws.read(draw))?.value) {
        await settle();
        await settlement.reject({ ...decide, pid: `bot0${quiz.id}` });
        await settlement.release({ ...decide, pid: `bot1${quiz.id}` });
        await settle();
        await rig.turnTo(Math.max(rig.clock.now(), quiz.endsAt + 2 * hour));
        for (const by of ['Lin', 'Wang']) await draws.enter({ id: draw, value: 'abc', by });
      }
      await settle();
    },
    async (rig, openid) => {
      const { quiz } = stageOf(openid);
      expect((await rig.app.services.campaigns.find(quiz.id))?.state).toBe('settled');
      await sound(rig, quiz);
      const live = await rig.rows<{ pid: string; prize: string; why: string }>('awards', {
        campaign: quiz.id,
        state: { $nin: ['void', 'expired'] },
      });
      expect(live.filter(({ pid }) => pid === `bot0${quiz.id}`)).toEqual([]);
      expect(live.find(({ _id }) => _id.endsWith('rank-1-final'))?.pid).toBe(`bot1${quiz.id}`);
      const count = (why: string) => live.filter((one) => one.why === why).length;
      expect(['first', 'floor', 'ranking', 'participation', 'draw'].map(count)).toEqual([1, 3, 2, 3, 1]);
      expect(await rig.app.services.points.balance(`bot0${quiz.id}`)).toBe(0);
    },
  ),
];

function drawWay(from: number): Way {
  return { kind: 'draw', reserves: 1, condition: {}, publicValue: '第 5 日收盤指數', at: from + 2 * hour };
}
