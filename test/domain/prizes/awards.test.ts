import type { Connection } from 'mongoose';
import { type AwardState, moves } from '../../../src/domain/prizes/award';
import type { Prize } from '../../../src/domain/prizes/prize';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { awardTold, prize, prizeStage, quizWith, statesOf, won } from './stage';

const stage = prizeStage();
let db: Connection;
let app: ReturnType<typeof stage.on>;

const cup = prize();
const points = prize({ id: 'points', kind: 'points', points: 50, name: '50 積分' });
const card = prize({ id: 'card', kind: 'code', quantity: 1, name: '充值卡' });
const tea = prize({
  id: 'tea',
  kind: 'coupon',
  name: '下午茶券',
  usedAt: '西湖茶館',
  validUntil: Date.parse('2026-12-31T23:59:59+08:00'),
});
const quiz = quizWith(cup, points, card, tea);
let coded: Prize;

beforeAll(async () => {
  db = await stage.open();
});
beforeEach(async () => {
  stage.turnTo('2026-11-22');
  await stage.database.clear();
  stage.fans.clear();
  stage.carried.clear();
  app = stage.on(db);
  for (const one of quiz.prizes) await app.tickets.stock('quiz', one);
  coded = await app.imports(card, ['CARD-1']);
});
afterEach(noCrash);
afterAll(() => stage.database.drop());

const form = {
  name: '王小明',
  phone: '138 0000 1111',
  address: '浙江省杭州市西湖區靈隱路 1 號',
  consent: '2026-11',
};
const outbox = () => db.collection<{ _id: string; effect: unknown }>('outbox').find().toArray();
/** Carries out what timers and awards left in the outbox, as a worker would. */
async function work(): Promise<void> {
  await app.timers.fireDue();
  for (const row of await db
    .collection<{ _id: string; effect: Later }>('outbox')
    .find({ 'effect.kind': 'later', state: 'pending' })
    .toArray()) {
    const { job, data } = row.effect;
    if (job === 'award-tell') await app.tell(data.award, data.what);
    else if (job === 'award-remind') await app.tell(data.award, 'remind');
    else await app.expire(data.award, data.claimBy);
    await db.collection<{ _id: string }>('outbox').updateOne({ _id: row._id }, { $set: { state: 'done' } });
  }
}
type Later = { job: string; data: { award: string; what: 'won' | 'sent'; claimBy: number } };
const told = async () =>
  (await outbox()).flatMap(({ _id, effect }) => {
    const { kind, reply } = effect as { kind: string; reply?: { text: string } };
    return kind === 'tell' ? [`${_id}: ${reply?.text.split(' ')[0]}`] : [];
  });

test('a floor is won once, told by the reply, with a deadline at the end of a day and a ticket', async () => {
  const [one, again] = await Promise.all([
    awardTold(app.awards, quiz, won('10', { floor: 10 })),
    stage.on(db).awards.award(quiz, won('10', { floor: 10 })),
  ]);
  expect(one._id).toBe('quiz/cup/10');
  expect(again._id).toBe(one._id);
  const award = await app.awards.read(one._id);
  expect(award).toMatchObject({ state: 'told', floor: 10, pid: 'p10', todo: [] });
  expect(new Date(award?.claimBy ?? 0).toISOString()).toBe('2026-11-29T15:59:59.999Z');
  expect((await app.tickets.counts('quiz')).get('cup')).toMatchObject({ free: 99, given: 1, held: 0 });
});

test('a unit that is somebody’s is not given to somebody else', async () => {
  await app.awards.award(quiz, won('10'));
  await expect(app.awards.award(quiz, won('10', { pid: 'other' }))).rejects.toMatchObject({
    kind: 'Conflict',
  });
});

test('points are given once, and taken back when the award is void', async () => {
  const one = await awardTold(app.awards, quiz, won('10', { prize: 'points' }));
  await awardTold(app.awards, quiz, won('10', { prize: 'points' }));
  expect(one.state).toBe('done');
  expect(await app.points.balance('p10')).toBe(50);
  await app.awards.annul(one._id, { by: 'staff', reason: '機器作答' });
  await app.awards.sweep({ undoneMs: -1_000 });
  expect(await app.points.balance('p10')).toBe(0);
  expect(await app.points.audit()).toEqual([]);
});

test('a code is shown at once; void, it is put aside and not given to the next', async () => {
  const one = await awardTold(app.awards, quiz, won('10', { prize: 'card' }));
  expect(one).toMatchObject({ code: 'CARD-1', state: 'done' });
  await app.awards.annul(one._id, { by: 'staff', reason: '重複帳號' });
  expect((await app.tickets.counts('quiz')).get('card')).toEqual({ free: 0, held: 0, given: 0, back: 1 });
  const next = await awardTold(app.awards, quiz, won('20', { prize: 'card' }));
  expect(next.code).toBeUndefined();
  // The office orders another: it takes the place of the one that was seen, and there are no more tickets than before.
  await app.imports({ ...coded, quantity: 1 }, ['CARD-2']);
  await app.awards.sweep({ undoneMs: -1_000 });
  expect(await app.awards.read(next._id)).toMatchObject({ code: 'CARD-2' });
  expect((await app.tickets.counts('quiz')).get('card')).toEqual({ free: 0, held: 0, given: 1, back: 0 });
});

test('for the reply that goes out only what it says is done, the code too; the next look does the rest, once', async () => {
  stage.fans.set('p10', { fan: 'lin' });
  const card = await app.awards.announce(quiz, won('10', { prize: 'card' }));
  expect(card).toMatchObject({ state: 'won', code: 'CARD-1' });
  const points = await app.awards.announce(quiz, won('10', { prize: 'points' }));
  expect(points?.todo).toEqual(['ticket', 'points', 'tell']);
  for (const prize of ['card', 'points']) {
    stage.carried.set(`quiz/${prize}/10`, 'yes');
    const whole = await app.awards.award(quiz, won('10', { prize }));
    expect(whole).toMatchObject({ state: 'done', todo: [] });
    expect(whole.todoAt).toBeUndefined();
    expect(await app.awards.announce(quiz, won('10', { prize }))).toBeUndefined();
  }
  await work();
  expect(await told()).toEqual([]);
  expect(await app.points.balance('p10')).toBe(50);
});

test('a prize that no reply carried is told by the next look, one that a reply may yet carry waits for it', async () => {
  stage.fans.set('p10', { fan: 'lin' });
  await app.awards.announce(quiz, won('10'));
  stage.carried.set('quiz/cup/10', 'open');
  expect((await app.awards.award(quiz, won('10'))).todo).toEqual(['tell']);
  await work();
  expect(await told()).toEqual([]);
  stage.carried.delete('quiz/cup/10');
  await app.awards.sweep({ undoneMs: 0 });
  await work();
  expect(await told()).toEqual([expect.stringContaining('award-won')]);
  expect(await app.awards.announce(quiz, won('10'))).toBeUndefined();
});

test.each(['award-written', 'award-ticket-held', 'award-ticket-given', 'award-duty-done'])(
  'killed at %s, an award and everything it causes are whole after the next look',
  async (gap) => {
    planCrash(gap, 1, () => {
      throw new Error('killed');
    });
    const decided = won('10', { prize: 'points', why: 'ranking' });
    await app.awards.award(quiz, decided).catch(() => undefined);
    noCrash();
    await app.awards.sweep({ lostMs: -1_000, undoneMs: -1_000 });
    expect(await app.awards.read('quiz/points/10')).toMatchObject({ todo: [], pid: 'p10' });
    expect(await app.points.balance('p10')).toBe(50);
    expect((await app.tickets.counts('quiz')).get('points')).toMatchObject({ free: 99, given: 1, held: 0 });
    expect(await outbox()).toHaveLength(1);
  },
);

test('won in a settlement, told once in her script, claimed, approved, sent, told again, done', async () => {
  stage.fans.set('lin', { fan: 'hash-of-lin', script: 'hans' });
  const { _id } = await app.awards.award(quiz, won('rank-1-final', { pid: 'lin', why: 'ranking' }));
  await work();
  await app.tell(_id, 'won');
  expect(await told()).toEqual([`told_${_id}_won_01: award-won`]);
  expect((await outbox()).some(({ effect }) => JSON.stringify(effect).includes('与小艺一战到底'))).toBe(true);
  expect(await app.claims.submit({ award: _id, pid: 'lin', form })).toMatchObject({ kind: 'claimed' });
  expect(await app.courier.approve({ campaign: 'quiz' }, 'amy')).toEqual({ approved: 1, waiting: 0 });
  await app.awards.move(_id, 'sent', {
    by: 'amy',
    set: { sent: { courier: '順豐', tracking: 'SF123456', at: 0 } },
    todo: ['tellSent'],
  });
  await work();
  expect((await told()).length).toBe(2);
  await app.awards.correct(_id, { by: 'amy', sent: { courier: '順豐', tracking: 'SF654321', at: 0 } });
  await work();
  const corrections = (await outbox()).filter(({ effect }) =>
    /SF654321.*corrected.{3}true/.test(JSON.stringify(effect)),
  );
  expect(corrections.map((row) => row._id)).toEqual([`told_${_id}_sent_2_01`]);
  await app.awards.move(_id, 'done', { by: 'amy' });
  const done = await app.awards.read(_id);
  expect(done && statesOf(done)).toEqual(['won', 'told', 'claimed', 'approved', 'sent', 'sent', 'done']);
  expect(done?.history.map(({ by }) => by)).toEqual(['system', 'system', 'fan', 'amy', 'amy', 'amy', 'amy']);
  expect(await app.prizesOf('lin')).toMatchObject([{ stateName: '已完成', tracking: 'SF654321', next: '' }]);
});

test('who left is not told, and finds her prize when she comes back under the same name', async () => {
  const { _id } = await app.awards.award(quiz, won('draw-1', { pid: 'lin', why: 'draw' }));
  await work();
  expect(await told()).toEqual([]);
  expect(await app.awards.read(_id)).toMatchObject({ state: 'won' });
  expect(await app.prizesOf('lin')).toMatchObject([{ name: '保溫杯', next: 'claim', until: '2026-11-29' }]);
  stage.fans.set('lin', { fan: 'hash-of-lin', script: 'hans' });
  for (let i = 0; i < 2; i++) await app.tellMissed('lin');
  expect(await told()).toEqual([`told_${_id}_won_01: award-won`]);
  expect(await app.awards.read(_id)).toMatchObject({ state: 'told' });
});

test('whom a reply told before she left is not told again when she comes back before the award is marked', async () => {
  const { _id } = await app.awards.award(quiz, won('draw-1', { pid: 'lin', why: 'draw' }));
  await work();
  stage.carried.set(_id, 'yes');
  stage.fans.set('lin', { fan: 'hash-of-lin', script: 'hans' });
  await app.tellMissed('lin');
  expect(await told()).toEqual([]);
  expect(await app.awards.read(_id)).toMatchObject({ state: 'told' });
});

test('whose code is not in stock is told once it is', async () => {
  stage.fans.set('lin', { fan: 'hash-of-lin', script: 'hans' });
  await awardTold(app.awards, quiz, won('1', { prize: 'card', pid: 'wu' }));
  const { _id } = await app.awards.award(quiz, won('2', { prize: 'card', pid: 'lin', why: 'ranking' }));
  await work();
  expect(await told()).toEqual([]);
  await app.imports({ ...coded, quantity: 2 }, ['CARD-2']);
  await app.awards.sweep({ undoneMs: -1_000 });
  await work();
  expect(await told()).toEqual([`told_${_id}_won_01: award-won`]);
  expect(await app.awards.read(_id)).toMatchObject({ code: 'CARD-2', state: 'done' });
});

test('not claimed in time: reminded, expired, told, and the ticket is back and passed on', async () => {
  stage.fans.set('lin', { fan: 'hash-of-lin' });
  const { _id } = await app.awards.award(quiz, won('rank-1-final', { pid: 'lin', why: 'ranking' }));
  await work();
  stage.turnTo('2026-11-29');
  await work();
  expect((await app.awards.read(_id))?.state).toBe('told');
  expect((await told()).join()).toContain('award-remind');
  stage.turnTo('2026-11-30');
  await work();
  await app.expire(_id);
  expect((await app.awards.read(_id))?.state).toBe('expired');
  expect((await told()).filter((line) => line.endsWith('award-expired'))).toHaveLength(1);
  expect((await app.tickets.counts('quiz')).get('cup')).toMatchObject({ free: 100, given: 0 });
  expect(await passedOn()).toEqual([_id]);
  expect(await app.claims.submit({ award: _id, pid: 'lin', form })).toEqual({
    kind: 'refused',
    why: 'expired',
  });
});

test('its time is over for a process whose clock is behind the one that fired the timer, too', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  const claimBy = (await app.awards.read(_id))?.claimBy ?? 0;
  stage.clock.setOffset(claimBy - 200 - Date.now());
  await app.expire(_id, claimBy);
  expect((await app.awards.read(_id))?.state).toBe('expired');
});

/** Which prizes settlement is asked to pass on. */
async function passedOn(): Promise<string[]> {
  const asked = await db.collection('outbox').find({ 'effect.job': 'award-pass' }).toArray();
  return asked.map(({ effect }) => (effect as { data: { award: string } }).data.award);
}

test('a prize that is void passes on by a job, once, however often what is undone is looked at', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10'));
  await app.awards.annul(_id, { by: 'amy', reason: '重複帳號' });
  await app.awards.sweep({ undoneMs: -1_000 });
  await stage.on(db).awards.sweep({ undoneMs: -1_000 });
  expect(await app.awards.read(_id)).toMatchObject({ todo: [] });
  expect(await passedOn()).toEqual([_id]);
});

test('what she wrote just before the deadline counts, even if a kill kept it from counting then', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  planCrash('claim-written', 1, () => {
    throw new Error('killed');
  });
  await expect(app.claims.submit({ award: _id, pid: 'lin', form })).rejects.toThrow('killed');
  stage.turnTo('2026-11-30');
  await work();
  expect((await app.awards.read(_id))?.state).toBe('claimed');
});

test('while it waits nothing is approved or expires; freed, she has her days anew', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  await app.claims.submit({ award: _id, pid: 'lin', form });
  const other = await awardTold(app.awards, quiz, won('20', { pid: 'lin' }));
  expect(await app.awards.wait('quiz', 'lin', '作答太快')).toBe(2);
  expect(await app.courier.approve({ campaign: 'quiz' }, 'amy')).toEqual({ approved: 0, waiting: 1 });
  expect((await app.winners('quiz', { masked: true })).lines).toEqual([]);
  stage.turnTo('2026-12-05');
  await work();
  expect((await app.awards.read(other._id))?.state).toBe('told');
  expect(await app.awards.wait('quiz', 'lin', undefined)).toBe(2);
  expect((await app.prizesOf('lin'))[1]).toMatchObject({ stateName: '已通知', until: '2026-12-12' });
  expect(await app.courier.approve({ campaign: 'quiz' }, 'amy')).toEqual({ approved: 1, waiting: 0 });
  stage.turnTo('2026-12-13');
  await work();
  expect((await app.awards.read(other._id))?.state).toBe('expired');
});

test('every move that is not in the table is refused', async () => {
  const states = Object.keys(moves) as (keyof typeof moves)[];
  const all: AwardState[] = ['won', ...states];
  const { _id } = await awardTold(app.awards, quiz, won('10'));
  for (const from of all)
    for (const to of states) {
      if (moves[to].from.includes(from) || from === to) continue;
      await db.collection<{ _id: string }>('awards').updateOne({ _id }, { $set: { state: from } });
      expect([from, to, await app.awards.move(_id, to, { by: 'amy' })]).toMatchObject([
        from,
        to,
        { kind: 'refused' },
      ]);
      expect((await app.awards.read(_id))?.state).toBe(from);
    }
});

test('goods that arrived cannot be made void', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10'));
  await db.collection<{ _id: string }>('awards').updateOne({ _id }, { $set: { state: 'done' } });
  expect(await app.awards.annul(_id, { by: 'amy', reason: '太晚了' })).toMatchObject({ kind: 'refused' });
});

test('fifty people approving one claim at once approve it once', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  await app.claims.submit({ award: _id, pid: 'lin', form });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => app.awards.move(_id, 'approved', { by: `staff ${i}` })),
  );
  expect(answers.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
  const award = await app.awards.read(_id);
  expect(award && statesOf(award)).toEqual(['won', 'told', 'claimed', 'approved']);
});

test('a claim needs a name, a phone, an address and her consent, and only the winner can make it', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  const submit = (more: object, pid = 'lin') =>
    app.claims.submit({ award: _id, pid, form: { ...form, ...more } });
  expect(await submit({ consent: undefined })).toMatchObject({
    kind: 'invalid',
    problems: [{ field: 'consent' }],
  });
  expect(await submit({ phone: 'abc', address: '杭州' })).toMatchObject({
    problems: [{ field: 'phone' }, { field: 'address' }],
  });
  expect(await submit({ name: { $ne: '' } })).toMatchObject({ kind: 'invalid' });
  expect(await submit({}, 'wang')).toEqual({ kind: 'refused', why: 'unknown' });
  expect(await submit({})).toMatchObject({ kind: 'claimed', again: false });
  expect(await submit({ address: '浙江省杭州市西湖區靈隱路 2 號' })).toMatchObject({ again: true });
  expect(await app.claims.read(_id)).toMatchObject({
    phone: '13800001111',
    address: '浙江省杭州市西湖區靈隱路 2 號',
    consent: '2026-11',
  });
  await app.awards.move(_id, 'approved', { by: 'amy' });
  expect(await submit({ address: '浙江省杭州市西湖區靈隱路 3 號' })).toEqual({
    kind: 'refused',
    why: 'closed',
  });
});

test('leaving keeps the address of a parcel that is still to be sent; asking for erasure does not', async () => {
  const open = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  const closed = await awardTold(app.awards, quiz, won('20', { pid: 'lin' }));
  for (const { _id } of [open, closed]) await app.claims.submit({ award: _id, pid: 'lin', form });
  await app.awards.annul(closed._id, { by: 'amy', reason: '缺貨' });
  await app.claims.erase('lin');
  expect((await app.claims.of('lin')).map(({ _id }) => _id)).toEqual([open._id]);
  await app.claims.erase('lin', { everything: true });
  expect(await app.claims.of('lin')).toEqual([]);
  expect(await app.awards.read(open._id)).toMatchObject({ state: 'void' });
});

test('claims are forgotten 90 days after their award was closed', async () => {
  const { _id } = await awardTold(app.awards, quiz, won('10', { pid: 'lin' }));
  await app.claims.submit({ award: _id, pid: 'lin', form });
  await app.upkeep.forget();
  stage.turnTo('2027-03-01');
  await app.upkeep.forget();
  expect(await app.claims.read(_id)).toBeDefined();
  await app.awards.annul(_id, { by: 'amy', reason: '退回' });
  await app.upkeep.forget();
  stage.turnTo('2027-06-01');
  await app.upkeep.forget();
  expect(await app.claims.read(_id)).toBeUndefined();
});

test('the list of winners is masked, newest first, in pages, without what is void or waits', async () => {
  for (const unit of ['1', '2', '3', '4']) {
    stage.names.set(`p${unit}`, unit === '4' ? '王小明' : `旅友A37${unit}`);
    stage.turnTo(`2026-11-2${unit}`);
    await awardTold(app.awards, quiz, won(unit));
  }
  await app.awards.annul('quiz/cup/2', { by: 'amy', reason: '重複' });
  const first = await app.winners('quiz', { masked: true, limit: 2 });
  expect(first.lines).toMatchObject([
    { name: '王**', unit: '4' },
    { name: '旅友A373', unit: '3' },
  ]);
  const rest = await app.winners('quiz', {
    masked: false,
    limit: 2,
    ...(first.before ? { before: first.before } : {}),
  });
  expect(rest).toEqual({
    lines: [{ name: '旅友A371', prize: '保溫杯', why: 'floor', unit: '1', on: '2026-11-22' }],
  });
});
