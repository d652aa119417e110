import type { Connection } from 'mongoose';
import { createCampaigns } from '../../../src/domain/campaigns/campaigns';
import { createOutbox } from '../../../src/domain/outbox/outbox';
import type { Prize } from '../../../src/domain/prizes/prize';
import { createTickets, ticketIndexes } from '../../../src/domain/prizes/tickets';
import type { Ticket } from '../../../src/domain/prizes/tickets/rows';
import { asContent, type QuizContent } from '../../../src/domain/quiz/definition';
import { createQuizKind } from '../../../src/domain/quiz/kind';
import { type Brought, bringQuiz, tellCodes } from '../../../src/domain/quiz/workbook/bring';
import { createTimers } from '../../../src/domain/timers/timers';
import { beijingDay } from '../../../src/kit/beijing';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';
import { beijing, content, prize } from './workbook/content';

const database = testDatabase();
let db: Connection;
let one: ReturnType<typeof process>;
beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, ticketIndexes);
});
beforeEach(async () => {
  await database.clear();
  one = process();
});
afterEach(noCrash);
afterAll(() => database.drop());

const now = beijing('2026-12-01 10:00');
const clock = { now: () => now, day: (at = now) => beijingDay(at) };
const id = 'autumn';
const takenBy = () => undefined;

/** One process: what it holds is its own. */
function process() {
  const timers = createTimers({ db, clock, outbox: createOutbox({ db, clock }) });
  const tickets = createTickets({ db });
  const campaigns = createCampaigns({
    db,
    clock,
    timers,
    tickets,
    strangers: async () => [],
    kinds: { quiz: createQuizKind({ render: (template) => ({ kind: 'text', text: template }) }) },
  });
  return { tickets, campaigns };
}

const card = (more: Partial<Prize> = {}) =>
  prize('card', { kind: 'code', quantity: 2, way: { kind: 'participation', rounds: 1 }, ...more });
const coupon = { kind: 'coupon', usedAt: '門市', validUntil: '2027-01-31' } as unknown as Partial<Prize>;

function bring(codes: string[], more: Partial<Prize> = {}, quiz: Partial<QuizContent> = {}, by = 'Lin') {
  const { questions, prizes, ...rest } = content({ prizes: [card(more)], ...quiz });
  const times = { startsAt: '2026-12-01 09:00', endsAt: '2026-12-07 21:00' };
  const whole = { quiz: { ...rest, ...times }, questions, prizes, codes: { card: codes } };
  const file = { name: 'quiz.json', bytes: Buffer.from(JSON.stringify(whole)) };
  return bringQuiz({ ...one, takenBy, by, file }) as Promise<Brought>;
}
const told = async (brought: Promise<Brought>) => (await brought).codes.flatMap(tellCodes).join('\n');
const check = async () =>
  (await one.campaigns.check({ id, by: 'Lin', takenBy })).findings.map(({ reason }) => reason);
const start = () => one.campaigns.start({ id, by: 'Lin', takenBy });
const approve = (by = 'Chen') => process().campaigns.approve({ id, by, takenBy });
const stock = () => db.collection<Ticket>('tickets').find({ campaign: id }).toArray();
const codesInStock = async () => (await stock()).flatMap(({ code = [] }) => code).toSorted();

test('three codes for a quantity of two are told with both numbers, and two are given', async () => {
  expect(await told(bring(['A1', 'A2', 'A3']))).toContain('數量 2，有 3 個碼，只發得出 2 份');
  expect((await check()).join()).toContain('數量 2，導入了 3 個碼');
  expect(await start()).toBe('running');
  expect(await codesInStock()).toEqual(['A1', 'A2']);
});

test('too few are told with both numbers, and keep it from being published', async () => {
  expect(await told(bring(['A1']))).toContain('數量 2，有 1 個碼，還差 1 個');
  expect(await told(bring([]))).toContain('數量 2，有 0 個碼，還差 2 個');
  expect((await check()).join()).toContain('數量 2，只導入了 0 個碼');
});

test('the codes of a draft are those of its last file, and nothing of the others is left', async () => {
  await bring(['WRONG-1', 'WRONG-2', 'WRONG-3']);
  expect(await check()).not.toEqual([]);
  expect(await bring(['B1', 'B2'])).toMatchObject({ how: 'replaced', codes: [{ added: 2, have: 2 }] });
  expect(await stock()).toEqual([]);
  expect((await one.campaigns.row(id)).state).toBe('draft');
  expect(await check()).toEqual([]);
  await start();
  expect(await codesInStock()).toEqual(['B1', 'B2']);
});

describe('while it runs', () => {
  const publish = async (codes: string[], more: Partial<Prize> = {}) => {
    await bring(codes, more);
    await check();
    await start();
  };

  test('codes are stock: they wait for a second person and go no further than the quantity', async () => {
    await publish([], coupon);
    expect(await stock()).toHaveLength(2);
    expect(await bring(['B1', 'B2'], coupon)).toMatchObject({
      kind: 'proposed',
      changes: [{ what: '獎品「登機箱」的兌換碼由 0 個改為 2 個' }],
    });
    expect(await codesInStock()).toEqual([]);
    for (const same of ['Lin', ' lin（登入 root）', 'ＬＩＮ'])
      await expect(approve(same)).rejects.toThrow('請由另一位批准');
    await approve();
    expect(await codesInStock()).toEqual(['B1', 'B2']);
    expect(await stock()).toHaveLength(2);
  });

  test('a refused or rejected change leaves no code and no ticket behind', async () => {
    await publish(['A1', 'A2']);
    await expect(bring(['A3'], { quantity: 1 })).rejects.toThrow('數量只能增加');
    await bring(['A3', 'A4'], { quantity: 4 });
    await one.campaigns.reject({ id, by: 'Chen', reason: '沒有預算' });
    expect(await codesInStock()).toEqual(['A1', 'A2']);
    expect(await stock()).toHaveLength(2);
  });

  test('a file without codes, or with those that are known, changes none', async () => {
    await publish(['A1', 'A2']);
    expect(await bring([])).toMatchObject({ kind: 'proposed', changes: [] });
    expect(await bring(['A2', 'A1'])).toMatchObject({ kind: 'proposed', changes: [] });
  });

  test('a wrong code is taken out by two people, and never comes back', async () => {
    await publish(['A1', 'WRONG']);
    const takeOut = (by: string) =>
      one.campaigns.takeOut({ id, prize: 'card', codes: ['WRONG'], by, takenBy });
    expect(await takeOut('Lin')).toEqual([{ what: '獎品「登機箱」的兌換碼由 2 個改為 1 個' }]);
    expect(await codesInStock()).toEqual(['A1', 'WRONG']);
    await expect(approve('Lin')).rejects.toThrow('請由另一位批准');
    await approve();
    expect(await codesInStock()).toEqual(['A1']);
    expect((await check()).join()).toContain('數量 2，只導入了 1 個碼');
    expect(await told(bring(['A1', 'WRONG', 'A2']))).toContain('這些碼取出過，沒有再放進去：WRONG');
    await approve();
    expect(await codesInStock()).toEqual(['A1', 'A2']);
    expect(await stock()).toHaveLength(2);
  });

  test('after the end only its codes may change, still by two people', async () => {
    await publish(['A1', 'A2']);
    await one.campaigns.end({ id, by: 'Chen', reason: '提前' });
    const brought = await bring(['A1', 'A2', 'A3'], { quantity: 9 }, { title: '新標題' });
    expect(brought).toMatchObject({
      kind: 'refilled',
      changes: [{ what: '獎品「登機箱」的兌換碼由 2 個改為 3 個' }],
    });
    await approve();
    expect(await one.campaigns.row(id)).toMatchObject({ title: '秋天一戰到底', state: 'ended' });
    expect(await stock()).toHaveLength(2);
    await expect(
      one.campaigns.propose({ content: asContent(content()), by: 'Lin', takenBy }),
    ).rejects.toThrow('只能補上或取出兌換碼');
  });
});

/** A file is brought, started, changed and approved; whoever was killed begins again. */
async function wholeStory(): Promise<void> {
  const state = (await one.campaigns.find(id))?.state;
  if (!state || state === 'draft' || state === 'checked') {
    await bring(['WRONG']);
    await bring(['A1', 'A2', 'A3']);
    await check();
  }
  if (state === 'scheduled') await one.campaigns.begin(id);
  else if (state !== 'running') await start();
  await one.campaigns.upkeep.sweep();
  if ((await one.campaigns.row(id)).version === 1) {
    await bring(['A4'], { quantity: 4 });
    await approve();
  }
}
const points = [
  'codes-listed',
  'quiz-codes-kept',
  'campaign-timers-armed',
  'campaign-stocking',
  'tickets-made',
  'campaign-stocked',
];

test.each([...points, 'campaign-draws-committed', 'campaign-changed'])(
  'killed at every pass of %s there are never more tickets than promised, and at last as many',
  async (point) => {
    for (let pass = 1, killed = true; killed; pass++) {
      await database.clear();
      killed = false;
      planCrash(point, pass, () => {
        killed = true;
        throw new Error('killed');
      });
      await wholeStory().catch((error: Error) => expect(error.message).toBe('killed'));
      noCrash();
      const { prizes, state } = (await one.campaigns.find(id)) ?? { prizes: [card()], state: 'draft' };
      expect((await stock()).length).toBeLessThanOrEqual(prizes[0]?.quantity ?? 0);
      if (state === 'draft' || state === 'checked') expect(await stock()).toEqual([]);
      one = process();
      await wholeStory();
      await one.campaigns.upkeep.sweep();
      expect([await codesInStock(), (await one.campaigns.row(id)).version]).toEqual([
        ['A1', 'A2', 'A3', 'A4'],
        2,
      ]);
    }
  },
);

test('what begins cannot be withdrawn, and a start that fails leaves no tickets', async () => {
  await bring(['A1', 'A2']);
  await check();
  planCrash('campaign-stocking', 1, () => {
    throw new Error('killed');
  });
  await expect(start()).rejects.toThrow('killed');
  await expect(one.campaigns.withdraw({ id, by: 'Chen', reason: '寫錯' })).rejects.toThrow('正在開賽');
  await one.campaigns.begin(id);
  expect(await codesInStock()).toEqual(['A1', 'A2']);
});

test('two imports at once, of a draft and of a quiz that runs, add up to no more than the quantity', async () => {
  await Promise.allSettled([bring(['A1', 'A2']), bring(['B1', 'B2', 'B3']), bring(['C1', 'C2'])]);
  await check();
  await start();
  expect(await stock()).toHaveLength(2);
  await Promise.allSettled([bring(['D1'], { quantity: 3 }), bring(['E1', 'E2'], { quantity: 4 })]);
  await Promise.allSettled([approve(), approve('Wang'), approve('Zhao')]);
  const { quantity = 0 } = (await one.campaigns.find(id))?.prizes[0] ?? {};
  expect(quantity).toBeGreaterThan(2);
  expect(await stock()).toHaveLength(quantity);
});
