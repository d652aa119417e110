import type { Award } from '../../../../src/domain/prizes/award';
import { createTickets } from '../../../../src/domain/prizes/tickets';
import { begun, hasJoined } from '../../../../src/domain/quiz/play/joining';
import { noCrash, planCrash } from '../../../../src/kit/crash-point';
import { settlementStage } from '../../settlement/settlement-stage';
import { anEntry, aPrize, aQuestion, aQuiz, beijing } from '../a-quiz';

const stage = settlementStage();
const { database, turnTo, build } = stage;
beforeAll(() => stage.open());
beforeEach(() => database.clear());
afterEach(noCrash);
afterAll(() => stage.close());

const quiz = aQuiz({
  endsAt: beijing('2026-11-23 23:59:59'),
  questions: Array.from({ length: 30 }, (_, i) => aQuestion(`t${i}`)),
  prizes: [
    aPrize('twice', { kind: 'participation', rounds: 2 }, { quantity: 2, kind: 'points', points: 50 }),
    aPrize('row', { kind: 'participation', daysInRow: 3 }, { quantity: 9, kind: 'points', points: 50 }),
  ],
});
const plays = (pid: string, on: string, n = 0) => anEntry(pid, `t${Number(on.slice(-2)) + n}`, { on });
const have = async () =>
  (
    await stage
      .db()
      .collection<Award>('awards')
      .find({}, { sort: { order: 1 } })
      .toArray()
  ).map(({ prize, pid, on, floor }) => `${prize} ${pid} ${on} ${floor}`);

const theirLeaseIsOver = () =>
  stage
    .db()
    .collection('projections')
    .updateMany({}, { $set: { until: new Date(0) } });

/** Three people over three days; `late` comes too late for the two of `twice`. */
async function threeDays(): Promise<void> {
  turnTo('2026-11-20 10:00:00');
  await stage.publish(quiz);
  await stage.answers([
    ...['ann', 'ben', 'late'].map((pid) => plays(pid, '2026-11-20')),
    ...['ben', 'ann', 'late'].flatMap((pid) => [plays(pid, '2026-11-21'), plays(pid, '2026-11-21', 5)]),
    ...['late', 'ann'].map((pid) => plays(pid, '2026-11-22')),
  ]);
}

test('whoever meets a participation prize has it at once, in the order of answers, while stock lasts', async () => {
  await threeDays();
  const { projector, settlement, points } = build();
  await projector.catchUp('q');
  const given = [
    'twice ben 2026-11-21 4',
    'twice ann 2026-11-21 6',
    'row late 2026-11-22 10',
    'row ann 2026-11-22 11',
  ];
  expect(await have()).toEqual(given);
  expect(await points.balance('ben')).toBe(3 * 10 + 50);

  turnTo('2026-11-24 10:00:00');
  await settlement.settle({ campaign: 'q', by: 'ann', withHeld: true });
  expect(await have()).toEqual(given);
});

test('a kill anywhere between gives the same prizes, each once', async () => {
  await threeDays();
  for (const point of ['take-pending', 'take-ticket-held', 'take-certain', 'projector-participation-given']) {
    planCrash(point, 1, () => {
      throw new Error(`killed at ${point}`);
    });
    await build()
      .projector.catchUp('q')
      .catch(() => {});
    noCrash();
    await theirLeaseIsOver();
    await build().prizes.awards.sweep({ lostMs: 0, undoneMs: 0 });
  }
  const { projector, prizes, points } = build();
  await projector.catchUp('q');
  await prizes.awards.sweep({ lostMs: 0, undoneMs: 0 });
  expect((await have()).map((one) => one.split(' ').slice(0, 2).join(' ')).toSorted()).toEqual([
    'row ann',
    'row late',
    'twice ann',
    'twice ben',
  ]);
  expect(await points.audit()).toEqual([]);
});

test.each(['take-pending', 'take-ticket-held'])(
  'killed at %s, and taken up before any sweeper came: it goes to the same people all the same',
  async (point) => {
    await threeDays();
    planCrash(point, 1, () => {
      throw new Error(`killed at ${point}`);
    });
    await expect(build().projector.catchUp('q')).rejects.toThrow('killed');
    await theirLeaseIsOver();
    const { projector, prizes } = build();
    await projector.catchUp('q');
    await prizes.awards.sweep({ lostMs: 0, undoneMs: 0 });
    expect((await have()).slice(0, 2)).toEqual(['twice ben 2026-11-21 4', 'twice ann 2026-11-21 6']);
    expect(await have()).toHaveLength(4);
  },
);

test('stock that comes later goes, in settlement, to who found none', async () => {
  await threeDays();
  const { projector } = build();
  await projector.catchUp('q');
  await projector.close();
  await stage
    .db()
    .collection<{ _id: string }>('campaigns')
    .updateOne({ _id: 'q' }, { $set: { 'prizes.0.quantity': 3 } });
  const [twice] = quiz.prizes;
  if (!twice) throw new Error('no prize');
  await createTickets({ db: stage.db() }).stock('q', { ...twice, quantity: 3 });
  turnTo('2026-11-24 10:00:00');
  await build().settlement.settle({ campaign: 'q', by: 'ann', withHeld: true });
  expect(await have()).toContain('twice late 2026-11-21 8');
});

test('a round begins with the first of its answers; 搶答 is none', () => {
  const at = new Date();
  const of = (pid: string, floor: number, more: object = {}) => ({
    entry: anEntry(pid, `t${floor}`, { on: '2026-11-21', ...more }),
    floor,
    seq: 1,
    at,
  });
  const answers = [of('a', 7), of('b', 8, { flash: true }), of('c', 9), of('a', 10), of('b', 11)];
  const row = (pid: string, answered: number) => ({ pid, on: '2026-11-21', answered });
  const scores = ['a', 'b', 'c'].map((pid) => ({ pid, played: ['2026-11-21'] }));
  expect(begun(answers, { scores, rounds: [row('b', 1), row('a', 2), row('c', 4)] })).toEqual([
    { pid: 'a', on: '2026-11-21', floor: 7, played: ['2026-11-21'] },
    { pid: 'b', on: '2026-11-21', floor: 11, played: ['2026-11-21'] },
  ]);
});

test.each([
  [{ rounds: 2 }, ['2026-11-20', '2026-11-23'], true],
  [{ rounds: 3 }, ['2026-11-20', '2026-11-23'], false],
  [{ daysInRow: 2 }, ['2026-11-20', '2026-11-22'], false],
  [{ daysInRow: 2 }, ['2026-11-30', '2026-12-01', '2026-12-05'], true],
  [{ daysInRow: 2, rounds: 3 }, ['2026-11-30', '2026-12-01'], false],
])('%j after %j: %s', (way, days, met) => {
  expect(hasJoined({ kind: 'participation', ...way }, days)).toBe(met);
});
