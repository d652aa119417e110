import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verify } from '../../../src/domain/draws/draw-proof';
import type { Award } from '../../../src/domain/prizes/award';
import type { Entry } from '../../../src/domain/quiz/log/floors';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { root } from '../../../src/kit/root';
import { anEntry, aPrize, aQuestion, aQuiz, beijing } from '../quiz/a-quiz';
import { settlementStage } from './settlement-stage';

const stage = settlementStage();
const { database, turnTo, build } = stage;
beforeAll(() => stage.open());
beforeEach(async () => {
  await database.clear();
  stage.leaveUnanswered(0);
  turnTo('2026-11-20 10:00:00');
  await stage.publish(quiz);
});
afterEach(noCrash);
afterAll(() => stage.close());

const drawAt = '2026-11-29 10:00:00';
const quiz = aQuiz({
  endsAt: beijing('2026-11-23 23:59:59'),
  questions: [...Array.from({ length: 30 }, (_, i) => aQuestion(`t${i}`)), aQuestion('f')],
  prizes: [
    aPrize('floor', { kind: 'floor', every: 10 }, { quantity: 6 }),
    aPrize('flash', { kind: 'first', question: 'f', at: 0 }),
    aPrize('top', { kind: 'ranking', board: 'final', from: 1, to: 3 }, { quantity: 3 }),
    aPrize('day', { kind: 'ranking', board: 'daily', from: 1, to: 1 }, { quantity: 3 }),
    aPrize('part', { kind: 'participation', rounds: 3 }, { quantity: 4, kind: 'points', points: 50 }),
    aPrize(
      'tour',
      {
        kind: 'draw',
        reserves: 2,
        condition: { days: 3 },
        publicValue: '第 5 日收盤指數',
        at: beijing(drawAt),
      },
      { quantity: 2 },
    ),
  ],
});

/** Three days of ten people and two bots; the bots are right, quick and first. */
const people = Array.from({ length: 10 }, (_, i) => `p${i}`);
const bots = ['bot0', 'bot1'];
const days = ['2026-11-21', '2026-11-22', '2026-11-23'];
function threeDays(): Entry[] {
  const entries = [...bots, ...people].map((pid) =>
    anEntry(pid, 'f', { flash: true, k: `q:${pid}:flash:f` }),
  );
  days.forEach((on, day) => {
    for (let n = 0; n < 4; n++)
      for (const [i, pid] of [...bots, ...people].entries()) {
        const bot = bots.includes(pid);
        const ok = bot || (n + i + day) % 3 > 0;
        const took = bot
          ? 2_300 + ((n * 37 + day * 91) % 400)
          : 3_000 + ((i * 7_919 + n * 3_571 + day * 1_237) % 15_000);
        entries.push(anEntry(pid, `t${day * 4 + n}`, { on, ok, took, points: ok ? 10 : 0 }));
      }
  });
  return entries;
}

/** The log, and the end of the quiz. */
async function played(): Promise<ReturnType<typeof build>> {
  await stage.answers(threeDays());
  turnTo('2026-11-24 09:00:00');
  const parts = build();
  await parts.projector.catchUp('q');
  return parts;
}
type Parts = ReturnType<typeof build>;
const settle = ({ settlement }: Parts, more: { withHeld?: boolean } = {}) =>
  settlement.settle({ campaign: 'q', by: 'ann', ...more });
const reject = ({ settlement }: Parts, pid: string) =>
  settlement.reject({ campaign: 'q', pid, by: 'ann', reason: '機器作答' });
const release = ({ settlement }: Parts, pid: string) =>
  settlement.release({ campaign: 'q', pid, by: 'ann', reason: '看過了，是本人' });
async function drawNow(parts: Parts, value = 'abc'): Promise<void> {
  turnTo('2026-11-29 10:05:00');
  await parts.draws.enter({ id: 'q/tour', value, by: 'ann' });
  await parts.draws.enter({ id: 'q/tour', value, by: 'ben' });
}

async function awardsNow(filter: Record<string, unknown> = {}): Promise<Award[]> {
  return stage
    .db()
    .collection<Award>('awards')
    .find(filter, { sort: { _id: 1 } })
    .toArray();
}
const isLive = ({ state }: Award) => state !== 'void' && state !== 'expired';
const told = (awards: Award[]) => awards.filter(isLive).map(({ _id, pid }) => `${_id.slice(2)} ${pid}`);

/** What must hold at the end of every test. */
async function expectSound({ proof, points }: Parts): Promise<void> {
  const awards = await awardsNow();
  const live = awards.filter(isLive);
  for (const prize of quiz.prizes) {
    const mine = live.filter((one) => one.prize === prize.id);
    const tickets = await stage.db().collection('tickets').countDocuments({ prize: prize.id, state: 'free' });
    expect([prize.id, mine.length + tickets]).toEqual([prize.id, prize.quantity]);
  }
  const floors = live.filter(({ why }) => why === 'floor').map(({ pid, on }) => `${pid} ${on}`);
  expect(new Set(floors).size).toBe(floors.length);
  expect(await proof.audit('q')).toEqual([]);
  expect((await proof.replay('q')).differences).toEqual([]);
  expect(await points.audit()).toEqual([]);
}

test('the audit counts tickets and prizes beyond the quantity, with both numbers', async () => {
  const parts = await played();
  const [won] = await awardsNow({ prize: 'flash' });
  const { proof } = parts;
  expect(await proof.audit('q')).toEqual([]);
  const more = { _id: 'q/flash/2', campaign: 'q', prize: 'flash', state: 'given' };
  await stage.db().collection<{ _id: string }>('tickets').insertOne(more);
  await stage
    .db()
    .collection<Award>('awards')
    .insertOne({ ...(won as Award), _id: 'q/flash/g', unit: 'g' });
  expect(await proof.audit('q')).toEqual([
    { what: '獎品票數多於數量', id: 'q/flash', expected: 1, found: 2 },
    { what: '獎品發出多於數量', id: 'q/flash', expected: 1, found: 2 },
  ]);
  const { findings } = await parts.campaigns.check({ id: 'q', by: 'ann', takenBy: () => undefined });
  const told = findings.filter(({ rule }) => rule === 'too-many').map(({ reason }) => reason);
  expect(told.join()).toMatch(/數量 1，庫存卻有 2 張票.*數量 1，卻已經發出 2 份/);
});

test('from the end to the last prize: held, decided, published, drawn, settled', async () => {
  const parts = await played();
  expect(told(await awardsNow({ why: 'first' }))).toEqual(['flash/f bot0']);

  expect(await settle(parts)).toEqual({ kind: 'review', held: 2 });
  expect((await parts.settlement.held('q')).map(({ pid, reasons }) => [pid, reasons[0]?.pattern])).toEqual([
    ['bot0', 'bot'],
    ['bot1', 'bot'],
  ]);
  expect((await parts.leaderboard.top('q', 'final'))?.map(({ pid }) => pid)).not.toContain('bot0');
  expect((await awardsNow({ pid: 'bot0' })).every(({ waits }) => waits !== undefined)).toBe(true);
  expect(await awardsNow({ why: 'ranking' })).toEqual([]);

  await reject(parts, 'bot0');
  await release(parts, 'bot1');
  expect(await parts.points.balance('bot0')).toBe(0);
  expect(await settle(parts)).toEqual({
    kind: 'draws',
    waiting: [{ draw: 'q/tour', why: 'value', named: '第 5 日收盤指數' }],
  });
  // Bot 0 is gone from the ranking and all moved up; the 搶答 went to the next who was right.
  const final = told(await awardsNow({ prize: 'top' }));
  expect(final).toHaveLength(3);
  expect(final[0]).toBe('top/rank-1-final bot1');
  expect(final.join()).not.toContain('bot0');
  expect(told(await awardsNow({ why: 'first' }))).toEqual(['flash/f+1 bot1']);
  expect(told(await awardsNow({ prize: 'day' })).map((one) => one.split(' ')[0])).toEqual(
    days.map((on) => `day/rank-1-${on}`),
  );
  expect(await awardsNow({ prize: 'part', state: { $ne: 'void' } })).toHaveLength(4);
  const numberOf = async (pid: string) => (await parts.draws.seenBy(quiz, pid))[0]?.number;
  expect(await numberOf('bot0')).toBe('');
  expect(await numberOf('p3')).toMatch(/^\d{10}$/);

  await drawNow(parts);
  expect(await settle(parts)).toEqual({ kind: 'settled' });
  expect(await settle(parts)).toEqual({ kind: 'settled' });
  expect(told(await awardsNow({ why: 'draw' }))).toHaveLength(2);
  expect(verify(await parts.draws.proof('q/tour'))).toEqual([]);
  expect((await parts.campaigns.find('q'))?.state).toBe('settled');
  await expectSound(parts);
});

test("a rejected person's floors pass on by the rules, and floors are never renumbered", async () => {
  const parts = await played();
  const before = await awardsNow({ why: 'floor' });
  await settle(parts);
  for (const { pid } of await parts.settlement.held('q')) await release(parts, pid);
  const victim = before[0] as Award;
  await parts.settlement.hold({ campaign: 'q', pid: victim.pid, by: 'ann', reason: '同一部手機' });
  await reject(parts, victim.pid);
  await settle(parts);
  const after = await awardsNow({ why: 'floor' });
  const entries = threeDays();
  for (const old of before.filter(({ pid }) => pid === victim.pid)) {
    const next = after.find(({ unit }) => unit === `${old.unit}+1`) as Award;
    expect(after.find(({ _id }) => _id === old._id)?.state).toBe('void');
    expect(next.floor).toBeGreaterThan(old.floor as number);
    expect(entries[(next.floor as number) - 1]).toMatchObject({ pid: next.pid, on: next.on });
    // Nobody between the two might have had it.
    for (let order = (old.floor as number) + 1; order < (next.floor as number); order++) {
      const { pid, on } = entries[order - 1] as Entry;
      const wonThatDay = after.some((one) => isLive(one) && one.pid === pid && one.on === on);
      expect(pid === victim.pid || wonThatDay).toBe(true);
    }
  }
  const kept = before.filter(({ pid }) => pid !== victim.pid).map(({ _id, pid }) => [_id, pid]);
  expect(after.filter(isLive).map(({ _id, pid }) => [_id, pid])).toEqual(expect.arrayContaining(kept));
  await expectSound(parts);
});

test('who is held when the winners are published keeps her place; her prizes wait, and come when she is released', async () => {
  const parts = await played();
  await settle(parts);
  expect(await settle(parts, { withHeld: true })).toMatchObject({ kind: 'draws' });
  // Places of the bots are neither given nor given to others.
  expect(told(await awardsNow({ prize: 'top' })).map((one) => one.split(' ')[0])).toEqual([
    'top/rank-3-final',
  ]);
  await release(parts, 'bot0');
  expect(told(await awardsNow({ prize: 'top' }))).toContain('top/rank-1-final bot0');
  expect((await awardsNow({ pid: 'bot0' })).some(({ waits }) => waits)).toBe(false);
  // Rejected after publication: nobody moves up, the prize is stock again.
  await reject(parts, 'bot1');
  expect(told(await awardsNow({ prize: 'top' })).map((one) => one.split(' ')[0])).toEqual([
    'top/rank-1-final',
    'top/rank-3-final',
  ]);
  expect(await reject(parts, 'bot1')).toMatchObject({ kind: 'same' });
  await expect(release(parts, 'bot1')).rejects.toMatchObject({ code: 'hold.decided' });
  await expectSound(parts);
});

test('a drawn prize goes to the next reserve when its winner is rejected or does not claim it', async () => {
  const parts = await played();
  await settle(parts);
  // Decided before the entries are frozen: whom the value takes, she may have it.
  for (const { pid } of await parts.settlement.held('q')) await reject(parts, pid);
  await settle(parts);
  await drawNow(parts);
  await settle(parts);
  const { won, reserve } = (await parts.draws.outcome('q/tour')) as { won: string[]; reserve: string[] };
  expect(told(await awardsNow({ why: 'draw' }))).toEqual([`tour/draw-1 ${won[0]}`, `tour/draw-2 ${won[1]}`]);
  await parts.settlement.hold({ campaign: 'q', pid: won[0] as string, by: 'ann', reason: '員工親屬' });
  await reject(parts, won[0] as string);
  expect(told(await awardsNow({ why: 'draw' }))).toEqual([
    `tour/draw-2 ${won[1]}`,
    `tour/draw-3 ${reserve[0]}`,
  ]);
  turnTo('2026-12-20 10:00:00');
  await parts.prizes.expire('q/tour/draw-2');
  await parts.prizes.expire('q/tour/draw-2');
  await stage.passOn();
  expect(told(await awardsNow({ why: 'draw' }))).toEqual([
    `tour/draw-3 ${reserve[0]}`,
    `tour/draw-4 ${reserve[1]}`,
  ]);
  // No reserve is left: back to stock.
  await parts.prizes.expire('q/tour/draw-3');
  expect(told(await awardsNow({ why: 'draw' }))).toEqual([`tour/draw-4 ${reserve[1]}`]);
  await expectSound(parts);
});

test('a draw whose value is known already waits until two people named a later one', async () => {
  const parts = await played();
  turnTo('2026-11-29 11:00:00');
  await settle(parts);
  const late = { kind: 'draws', waiting: [{ draw: 'q/tour', why: 'late', named: '第 5 日收盤指數' }] };
  expect(await settle(parts, { withHeld: true })).toEqual(late);
  const later = {
    id: 'q/tour',
    named: 'drand 第 9 輪',
    valueAt: beijing('2026-11-30 10:00:00'),
    reason: '結算遲了',
  };
  await parts.draws.putOff({ ...later, by: 'ann' });
  await parts.draws.putOff({ ...later, by: 'ben' });
  expect(await settle(parts)).toMatchObject({ waiting: [{ why: 'value', named: 'drand 第 9 輪' }] });
});

test('it does not begin before the end, nor while messages from before the end are not answered', async () => {
  await stage.answers(threeDays());
  turnTo('2026-11-23 12:00:00');
  const parts = build();
  await expect(settle(parts)).rejects.toMatchObject({ code: 'campaign.state' });
  turnTo('2026-11-24 09:00:00');
  stage.leaveUnanswered(3);
  await expect(settle(parts)).rejects.toMatchObject({ code: 'settle.open' });
  await parts.answerLog.append('q', anEntry('p1', 't99', { on: '2026-11-23' }));
  stage.leaveUnanswered(0);
  await settle(parts);
  await expect(parts.answerLog.append('q', anEntry('p2', 't99', { on: '2026-11-23' }))).rejects.toMatchObject(
    {
      code: 'quiz.over',
    },
  );
});

test('nobody is rejected before settlement has begun, and a hold by hand waits for it', async () => {
  const parts = await played();
  await parts.settlement.hold({ campaign: 'q', pid: 'p1', by: 'ann', reason: '檢舉' });
  await expect(reject(parts, 'p1')).rejects.toMatchObject({ code: 'hold.early' });
  await expect(reject(parts, 'nobody')).rejects.toMatchObject({ kind: 'NotFound' });
  expect(await settle(parts)).toEqual({ kind: 'review', held: 3 });
  await reject(parts, 'p1');
});

/** All of it, by whoever is alive; a crash abandons the instance, and another goes on. */
async function wholeStory(crash?: {
  point: string;
  pass: number;
}): Promise<{ crashed: boolean; end: unknown }> {
  await stage.answers(threeDays());
  turnTo('2026-11-24 09:00:00');
  let crashed = false;
  if (crash)
    planCrash(crash.point, crash.pass, () => {
      crashed = true;
      throw new Error(`killed at ${crash.point}`);
    });
  let parts = build();
  const sure = async (act: (now: Parts) => Promise<unknown>) => {
    for (let tries = 0; tries < 3; tries++) {
      const done = await act(parts).then(
        () => true,
        (error: Error) => {
          if (!error.message.startsWith('killed')) throw error;
          return false;
        },
      );
      if (done) return;
      parts = build();
    }
    throw new Error('it never came through');
  };
  await sure((now) => settle(now));
  await sure((now) => reject(now, 'bot0'));
  await sure((now) => settle(now, { withHeld: true }));
  await sure((now) => reject(now, 'bot1'));
  await sure(async (now) => {
    turnTo('2026-11-29 10:05:00');
    for (const by of ['ann', 'ben']) await now.draws.enter({ id: 'q/tour', value: 'abc', by });
  });
  await sure((now) => settle(now));
  await parts.awards.sweep({ undoneMs: -1, lostMs: 0 });
  await sure((now) => settle(now));
  await expectSound(parts);
  const awards = await awardsNow();
  const ledger = await stage
    .db()
    .collection('ledger')
    .find({}, { projection: { at: 0 }, sort: { _id: 1 } })
    .toArray();
  return {
    crashed,
    end: {
      awards: awards.filter(({ why }) => why !== 'draw').map(({ _id, pid, state }) => [_id, pid, state]),
      // Chance decides who is drawn; that two are, it does not.
      drawn: awards.filter((one) => one.why === 'draw' && isLive(one)).length,
      ledger: ledger.filter(({ _id }) => !String(_id).includes('tour')),
      holds: (await parts.settlement.held('q')).map(({ pid, state, undone }) => [pid, state, undone]),
      state: (await parts.campaigns.find('q'))?.state,
    },
  };
}

const points = ['giving', 'holds', 'passing', 'progress'].flatMap((file) =>
  [
    ...readFileSync(join(root, `src/domain/settlement/${file}.ts`), 'utf8').matchAll(
      /crashPoint\('([^']+)'\)/g,
    ),
  ].map((match) => match[1] as string),
);

test('a kill at any point, on any pass, changes nothing about the end', async () => {
  const { end } = await wholeStory();
  expect(points.length).toBeGreaterThanOrEqual(8);
  /** Those that are passed often: not only the first time. */
  const passes: Record<string, number[]> = {
    'settlement-step-done': [1, 3, 5, 7],
    'settlement-prize-given': [1, 4],
    'award-moved': [1, 3],
  };
  for (const point of [
    ...points,
    'draw-entries-written',
    'draw-frozen',
    'draw-drawn',
    'award-moved',
    'take-pending',
  ])
    for (const pass of passes[point] ?? [1]) {
      await database.clear();
      turnTo('2026-11-20 10:00:00');
      await stage.publish(quiz);
      const story = await wholeStory({ point, pass });
      noCrash();
      expect([point, pass, story.crashed]).toEqual([point, pass, true]);
      expect([point, pass, story.end]).toEqual([point, pass, end]);
    }
});

test('two people who settle at once come to one result', async () => {
  await (await played()).projector.close();
  const [a, b] = [build(), build()];
  await Promise.all([settle(a), settle(b)]);
  await Promise.all([reject(a, 'bot0'), release(b, 'bot1')]);
  await Promise.all([settle(a), settle(b)]);
  await drawNow(a);
  await Promise.all([settle(a), settle(b)]);
  expect((await a.campaigns.find('q'))?.state).toBe('settled');
  await b.projector.close();
  await expectSound(a);
});
