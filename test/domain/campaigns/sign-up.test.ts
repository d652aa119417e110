import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { type Campaigns, campaignIndexes, createCampaigns } from '../../../src/domain/campaigns/campaigns';
import { verify } from '../../../src/domain/draws/draw-proof';
import { createDraws, drawIndexes } from '../../../src/domain/draws/draws';
import { createOutbox } from '../../../src/domain/outbox/outbox';
import { createPoints } from '../../../src/domain/points/points';
import { createPrizes, prizeIndexes } from '../../../src/domain/prizes/prizes';
import { createTickets, ticketIndexes } from '../../../src/domain/prizes/tickets';
import { createSettlement } from '../../../src/domain/settlement/settlement';
import { createTimers } from '../../../src/domain/timers/timers';
import { createClock } from '../../../src/kit/clock';
import { createLog } from '../../../src/kit/log';
import { root } from '../../../src/kit/root';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';
import { createSignUps, signUpContent, signUpKind } from './sign-up';

const database = testDatabase();
const clock = createClock();
const turnTo = (moment: string) =>
  clock.setOffset(Date.parse(`${moment.replace(' ', 'T')}:00+08:00`) - Date.now());
let db: Connection;
let house: ReturnType<typeof build>;
beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, [...campaignIndexes, ...ticketIndexes, ...prizeIndexes, ...drawIndexes]);
  house = build();
});
beforeEach(async () => {
  await database.clear();
  turnTo('2026-11-30 12:00');
});
afterAll(() => database.drop());

/** Everything of the house that a campaign goes through, and not a line of a quiz. */
function build() {
  const timers = createTimers({ db, outbox: createOutbox({ db, clock }), clock });
  const outbox = createOutbox({ db, clock });
  const tickets = createTickets({ db });
  const points = createPoints({ db, clock });
  const draws = createDraws({ db, clock, dataKey: 'k' });
  const campaigns = createCampaigns({
    ...{ db, clock, timers, tickets, draws },
    strangers: async () => [],
    kinds: { 'sign-up': signUpKind },
  });
  const { awards } = createPrizes({
    ...{ db, clock, timers, tickets, outbox, points },
    log: createLog({ level: 'silent', name: 'sign-up' }),
    inbox: { carried: async () => 'no' },
    render: (template) => ({ kind: 'text', text: template }),
    fanByPid: async () => undefined,
    titleOf: () => '',
    namesOf: async () => new Map(),
  });
  const { signUp, played } = createSignUps({ db });
  const kinds = { 'sign-up': played };
  const settlement = createSettlement({ db, clock, campaigns, kinds, points, awards, draws });
  return { campaigns, awards, draws, signUp, settlement };
}

const id = 'lake';
const takenBy = () => undefined;

async function begin(campaigns: Campaigns): Promise<void> {
  await campaigns.save({ content: signUpContent(), by: 'ann' });
  expect(await campaigns.check({ id, by: 'ann', takenBy })).toMatchObject({ passed: true });
  expect(await campaigns.start({ id, by: 'ann', takenBy })).toBe('scheduled');
  turnTo('2026-12-01 09:00');
  await campaigns.begin(id);
}

test('a campaign of another kind goes from its draft to a draw that anybody can check', async () => {
  const { campaigns, awards, draws, signUp, settlement } = house;
  await begin(campaigns);
  expect(campaigns.running()).toMatchObject([{ id, kind: 'sign-up' }]);
  for (const pid of ['lin', 'wang', 'chen', 'wu']) expect(await signUp(id, pid, '2026-12-01')).toBe(true);

  turnTo('2026-12-07 21:01');
  const draw = draws.idOf(id, 'one');
  expect(await settlement.settle({ campaign: id, by: 'ann' })).toMatchObject({
    kind: 'draws',
    waiting: [{ draw, why: 'value' }],
  });
  expect(await signUp(id, 'late', '2026-12-07')).toBe(false);
  const winners = async (prize: string) => {
    const found: string[] = [];
    for await (const { pid } of awards.find({ campaign: id, prize })) found.push(pid);
    return found.toSorted();
  };
  expect(await winners('all')).toEqual(['chen', 'lin', 'wang']);

  turnTo('2026-12-08 15:00');
  expect(await draws.enter({ id: draw, value: '3456.78', by: 'ann' })).toBe('waits');
  expect(await draws.enter({ id: draw, value: '3456.78', by: 'ben' })).toBe('done');
  expect(await settlement.settle({ campaign: id, by: 'ann' })).toEqual({ kind: 'settled' });
  const proof = await draws.proof(draw);
  expect(verify(proof)).toEqual([]);
  expect(proof.entries).toHaveLength(4);
  expect(await winners('one')).toHaveLength(1);
  expect((await campaigns.find(id))?.state).toBe('settled');
});

test('its own part is amended by its own rules, and what stands against it is told with the rest', async () => {
  const { campaigns } = house;
  await campaigns.save({ content: signUpContent({ game: { question: '' } }), by: 'ann' });
  const { findings, passed } = await campaigns.check({ id, by: 'ann', takenBy });
  expect(passed).toBe(false);
  expect(findings).toMatchObject([{ rule: 'question', where: '報名問題' }]);
  await begin(campaigns);
  const changed = { content: signUpContent({ game: { question: '想和誰來？' } }), by: 'ann', takenBy };
  await expect(campaigns.propose(changed)).rejects.toThrow('報名問題：公布後不能改');
});

test('a kind that this program has not is refused by name', async () => {
  const { campaigns } = house;
  await campaigns.save({ content: signUpContent({ kind: 'lottery' }), by: 'ann' });
  await expect(campaigns.check({ id, by: 'ann', takenBy })).rejects.toThrow('lottery');
});

test.each([
  ...[
    'campaigns',
    'prizes',
    'draws',
    'settlement',
    'exports',
    'reports',
    'points',
    'names',
    'subscribers',
  ].map((domain) => `domain/${domain}`),
  'bot',
])('nothing in %s names the quiz', (folder) => {
  const path = join(root, 'src', folder);
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.\w+$/.test(name),
  );
  const naming = files.filter((file) => /quiz/i.test(`${file}\n${readFileSync(join(path, file), 'utf8')}`));
  expect(naming).toEqual([]);
});
