import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { loadHandlers } from '../../../src/bot/discover';
import { createCampaigns } from '../../../src/domain/campaigns/campaigns';
import { campaignEnd, campaignStart } from '../../../src/domain/campaigns/campaigns.jobs';
import { campaignRemind } from '../../../src/domain/campaigns/reminders.jobs';
import { createOutbox } from '../../../src/domain/outbox/outbox';
import { createTickets } from '../../../src/domain/prizes/tickets';
import { asContent, type QuizContent } from '../../../src/domain/quiz/definition';
import { createQuizKind } from '../../../src/domain/quiz/kind';
import { takenIn } from '../../../src/domain/quiz/play/taken-by';
import { bringQuiz } from '../../../src/domain/quiz/workbook/bring';
import { startSampleQuiz } from '../../../src/domain/quiz/workbook/sample';
import { createTimers } from '../../../src/domain/timers/timers';
import { beijingDay } from '../../../src/kit/beijing';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { root } from '../../../src/kit/root';
import { fold } from '../../../src/kit/text';
import { createRender } from '../../../src/render/render';
import type { Services } from '../../../src/services';
import { tellProblem } from '../../../src/sheets/problems';
import { testDatabase } from '../../support/database';
import { beijing, content, prize, question } from '../quiz/workbook/content';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

let now = 0;
const clock = { now: () => now, day: (at = now) => beijingDay(at) };
const nobody = () => undefined;
const fans = new Set(['lin', 'wang']);
const kinds = { quiz: createQuizKind(createRender()) };
const at = (moment: string) => {
  now = beijing(moment);
};

/** One process: what it holds is its own. */
function process() {
  const timers = createTimers({ db, clock, outbox: createOutbox({ db, clock }) });
  const tickets = createTickets({ db });
  const strangers = async (pids: string[]) => pids.filter((pid) => !fans.has(pid));
  const campaigns = createCampaigns({ db, clock, timers, tickets, strangers, kinds });
  return { campaigns, timers, tickets };
}
let one: ReturnType<typeof process>;

afterEach(noCrash);
beforeEach(async () => {
  await database.clear();
  at('2026-11-22 10:00');
  one = process();
});

/** What is due by now is done, as the worker would. */
async function tick(): Promise<void> {
  await one.timers.fireDue();
  const due = await db.collection('outbox').find({ state: 'pending' }).toArray();
  for (const { _id, effect } of due) {
    const { job, data } = effect as { job: string; data: { campaign: string; at: number } };
    const services = { campaigns: one.campaigns, timers: one.timers } as unknown as Services;
    await (job === 'campaign-start' ? campaignStart : campaignEnd).run(services, data);
    await db.collection('outbox').deleteOne({ _id });
  }
}

async function publish(more: Partial<QuizContent> = {}): Promise<QuizContent> {
  const quiz = content(more);
  await one.campaigns.save({ content: asContent(quiz), by: 'Lin' });
  const { findings, passed } = await one.campaigns.check({ id: quiz.id, by: 'Lin', takenBy: nobody });
  if (!passed) throw new Error(JSON.stringify(findings));
  await one.campaigns.start({ id: quiz.id, by: 'Lin', takenBy: nobody });
  return quiz;
}
const id = 'autumn';
const state = async () => (await one.campaigns.find(id))?.state;

test('a quiz runs by its times, without anybody’s hand after it was published', async () => {
  await publish();
  expect(await state()).toBe('scheduled');
  expect(one.campaigns.running()).toEqual([]);
  expect(one.campaigns.upcoming().map((quiz) => quiz.id)).toEqual([id]);

  at('2026-12-01 08:59');
  await tick();
  expect(await state()).toBe('scheduled');
  at('2026-12-01 09:00');
  await tick();
  expect(await state()).toBe('running');
  expect(one.campaigns.running()).toMatchObject([{ id, version: 1, title: '秋天一戰到底' }]);

  at('2026-12-07 21:00');
  await tick();
  expect(await state()).toBe('running');
  expect(one.campaigns.running()).toHaveLength(1);
  now += 1_000;
  expect(one.campaigns.running()).toEqual([]);
  await tick();
  expect(await state()).toBe('ended');
});

test('a process whose clock is a moment behind the one that fired the timer still begins and ends it', async () => {
  await publish();
  at('2026-12-01 09:00');
  await one.timers.fireDue();
  now -= 200;
  await tick();
  expect(await state()).toBe('running');
  at('2026-12-07 21:00');
  now += 1;
  await one.timers.fireDue();
  now -= 200;
  await tick();
  expect(await state()).toBe('ended');
});

test('who asked to be told of the start is told when it has begun, not when only its time has come', async () => {
  const quiz = await publish();
  const told: string[] = [];
  const outbox = { add: async (cause: { id: string }) => void told.push(cause.id) };
  const subscribers = { byPid: async () => ({ fan: 'f' }) };
  const other = process(); // has not heard of the beginning yet
  await other.campaigns.load();
  const services = { ...other, outbox, subscribers, clock } as unknown as Services;
  const remind = () => campaignRemind.run(services, { campaign: id, pid: 'lin' });
  at('2026-12-01 09:00');
  await remind();
  expect(told).toEqual([]);
  const again = await db.collection('timers').findOne({ job: campaignRemind.name, state: 'armed' });
  expect(again).toMatchObject({ data: { campaign: id, pid: 'lin' } });
  await one.campaigns.begin(id, quiz.startsAt);
  await remind();
  expect(told).toEqual([`campaign-remind_${id}_lin`]);
});

describe('whatever order timers and processes come in, she is told of the start when it comes', () => {
  const told: string[] = [];
  const outbox = { add: async (cause: { id: string }) => void told.push(cause.id) };
  const subscribers = { byPid: async () => ({ fan: 'f' }) };
  const armed = (startsAt: number) =>
    one.timers.arm({
      id: `campaign-remind:${id}:lin:${startsAt}`,
      dueAt: new Date(startsAt),
      job: campaignRemind,
      data: { campaign: id, pid: 'lin' },
    });
  /** The reminders that are due now, as the worker carries them out. */
  async function remindTheDue(): Promise<void> {
    for (const cause of await one.timers.fireDue())
      if (cause.startsWith('campaign-remind'))
        await campaignRemind.run({ ...one, outbox, subscribers, clock } as unknown as Services, {
          campaign: id,
          pid: 'lin',
        });
  }
  beforeEach(() => {
    told.length = 0;
  });

  test('her timer fires a moment before that of the quiz', async () => {
    const quiz = await publish();
    await armed(quiz.startsAt);
    at('2026-12-01 09:00');
    await remindTheDue();
    expect(told).toEqual([]);
    await one.campaigns.begin(id, quiz.startsAt);
    await remindTheDue();
    expect(told).toEqual([`campaign-remind_${id}_lin`]);
  });

  test('the quiz begins by hand, before its time', async () => {
    const quiz = await publish();
    await armed(quiz.startsAt);
    at('2026-11-30 12:00');
    await one.campaigns.start({ id, by: 'Wang', takenBy: nobody, now: true });
    await remindTheDue();
    expect(told).toEqual([`campaign-remind_${id}_lin`]);
  });

  test('a kill comes between the beginning and what it brings about', async () => {
    const quiz = await publish();
    await armed(quiz.startsAt);
    at('2026-12-01 09:00');
    await remindTheDue();
    planCrash('campaign-changed', 1, () => {
      throw new Error('killed');
    });
    await expect(one.campaigns.begin(id, quiz.startsAt)).rejects.toThrow('killed');
    await one.campaigns.begin(id, quiz.startsAt);
    await remindTheDue();
    expect(told).toEqual([`campaign-remind_${id}_lin`]);
  });
});

test('one ticket for each promised item lies in stock before the first answer', async () => {
  await publish({ prizes: [prize('bag', { quantity: 7 })] });
  at('2026-12-01 09:00');
  await tick();
  expect((await one.tickets.counts(id)).get('bag')).toMatchObject({ free: 7 });
});

test('every process sees a change as soon as it looks, and what did not change stays the same object', async () => {
  await publish();
  await publish({ id: 'winter', keywords: ['冬天一戰到底'] });
  const other = process();
  await other.campaigns.load();
  const [autumn, winter] = [other.campaigns.get(id), other.campaigns.get('winter')];
  expect(autumn?.game).toMatchObject({ questions: { length: 80 } });
  at('2026-12-01 09:00');
  await one.campaigns.begin(id);
  await other.campaigns.load();
  expect(other.campaigns.get(id)).toMatchObject({ state: 'running' });
  expect(other.campaigns.get('winter')).toBe(winter);
});

test('a keyword finds its quiz in either script: the one that is on, else the next, else the last', async () => {
  const times = (from: string, to: string) => ({ startsAt: beijing(from), endsAt: beijing(to) });
  await publish({ id: 'first', keywords: ['一戰到底'], ...times('2026-12-01 09:00', '2026-12-02 09:00') });
  await publish({ id: 'second', keywords: ['一戰到底'], ...times('2026-12-03 09:00', '2026-12-04 09:00') });
  const found = () => one.campaigns.byKeyword(fold('一战到底！'))?.id;
  expect(found()).toBe('first');
  at('2026-12-01 09:00');
  await tick();
  expect(found()).toBe('first');
  at('2026-12-02 10:00');
  await tick();
  expect(found()).toBe('second');
  at('2026-12-05 10:00');
  await tick();
  await tick();
  expect(found()).toBe('second');
  expect(one.campaigns.byKeyword(fold('天氣'))).toBeUndefined();
});

test('two quizzes never share a keyword at one time, though both are published at the same moment', async () => {
  const ids = ['a', 'b', 'c', 'd'];
  for (const one_ of ids) {
    const quiz = content({ id: one_, keywords: ['同一個詞', one_.repeat(5)] });
    await one.campaigns.save({ content: asContent(quiz), by: 'Lin' });
    await one.campaigns.check({ id: one_, by: 'Lin', takenBy: nobody });
  }
  const results = await Promise.allSettled(
    ids.map((quiz) => process().campaigns.start({ id: quiz, by: 'Lin', takenBy: nobody })),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const states = (await one.campaigns.list()).map((quiz) => quiz.state).toSorted();
  expect(states).toEqual(['checked', 'checked', 'checked', 'scheduled']);
  const loser = (await one.campaigns.list()).find((quiz) => quiz.state === 'checked')?._id as string;
  const { findings } = await one.campaigns.check({ id: loser, by: 'Lin', takenBy: nobody });
  expect(findings.map(({ reason }) => reason).join()).toContain(
    '「同一個詞」在同一段時間屬於活動「秋天一戰到底」',
  );
});

test('a word or a menu key that a handler answers, or that means something in a quiz, is refused', async () => {
  const takenBy = (what: string) => (['天氣', 'HELP'].includes(what) ? 'handlers/some.ts' : undefined);
  await one.campaigns.save({
    content: asContent(content({ keywords: ['天氣', '排行', 'a', '!'], menuKey: 'HELP' })),
    by: 'Lin',
  });
  const { findings, passed } = await one.campaigns.check({ id, by: 'Lin', takenBy });
  expect(passed).toBe(false);
  const taken = findings.filter(({ rule }) => rule === 'keyword-taken');
  expect(taken.map(({ reason }) => reason)).toEqual([
    '關鍵字「天氣」已由 handlers/some.ts 回答，請換一個',
    '「排行」在答題時另有用處，請換一個',
    '「a」在答題時另有用處，請換一個',
    '關鍵字「!」只有標點或空白，請換一個',
    '菜單鍵 HELP 已由 handlers/some.ts 回答，請換一個',
  ]);
  await expect(one.campaigns.start({ id, by: 'Lin', takenBy })).rejects.toThrow('公布只能在「已檢查」時做');
});

test('a checked quiz that is imported anew must be checked anew', async () => {
  await one.campaigns.save({ content: asContent(content()), by: 'Lin' });
  await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
  expect(await one.campaigns.save({ content: asContent(content()), by: 'Lin' })).toBe('same');
  expect(await state()).toBe('checked');
  expect(await one.campaigns.save({ content: asContent(content({ title: '新' })), by: 'Lin' })).toBe(
    'replaced',
  );
  expect(await state()).toBe('draft');
  await expect(one.campaigns.start({ id, by: 'Lin', takenBy: nobody })).rejects.toThrow('現在是「草稿」');
});

test('pausing and resuming is written down, and an end closes what was paused', async () => {
  await publish();
  at('2026-12-01 09:00');
  await tick();
  at('2026-12-01 10:00');
  await one.campaigns.pause({ id, by: 'Lin', reason: '題目有誤' });
  expect(one.campaigns.running()).toEqual([]);
  expect(one.campaigns.live()).toMatchObject([{ id, state: 'paused' }]);
  at('2026-12-01 11:00');
  await one.campaigns.resume({ id, by: 'Lin' });
  expect(one.campaigns.get(id)?.pauses).toEqual([
    { from: beijing('2026-12-01 10:00'), until: beijing('2026-12-01 11:00') },
  ]);
  at('2026-12-07 20:00');
  await one.campaigns.pause({ id, by: 'Lin', reason: '再看看' });
  at('2026-12-07 21:01');
  await tick();
  expect(await one.campaigns.find(id)).toMatchObject({
    state: 'ended',
    pauses: [{}, { from: beijing('2026-12-07 20:00'), until: beijing('2026-12-07 21:00') }],
  });
});

test.each([
  ['pause', () => one.campaigns.pause({ id, by: 'Chen', reason: 'x' })],
  ['resume', () => one.campaigns.resume({ id, by: 'Chen' })],
  ['end', () => one.campaigns.end({ id, by: 'Chen', reason: 'x' })],
  ['settle', () => one.campaigns.settle({ id, by: 'Chen' })],
  ['close', () => one.campaigns.close({ id, by: 'Chen' })],
  ['save', () => one.campaigns.save({ content: asContent(content({ title: '偷改' })), by: 'Chen' })],
  ['start', () => one.campaigns.start({ id, by: 'Chen', takenBy: nobody })],
])('%s is refused while a quiz is only scheduled, and nothing is written', async (_name, deed) => {
  await publish();
  const before = await one.campaigns.row(id);
  await expect(deed()).rejects.toMatchObject({ kind: 'Conflict' });
  expect(await one.campaigns.row(id)).toEqual(before);
});

test('settlement takes an ended quiz and closes it; again is nothing', async () => {
  await publish();
  at('2026-12-01 09:00');
  await tick();
  at('2026-12-08 09:00');
  await tick();
  for (const _ of [1, 2]) await one.campaigns.settle({ id, by: 'settlement' });
  expect(await state()).toBe('settling');
  for (const _ of [1, 2]) await one.campaigns.close({ id, by: 'settlement' });
  expect(await state()).toBe('settled');
  expect(one.campaigns.byKeyword(fold('秋天一戰到底'))?.id).toBe(id);
});

test('ending early or taking back needs a second person, and is kept', async () => {
  await publish();
  await expect(one.campaigns.withdraw({ id, by: 'Lin', reason: '寫錯' })).rejects.toThrow('請由另一位');
  await one.campaigns.withdraw({ id, by: 'Chen', reason: '寫錯' });
  expect(await state()).toBe('draft');
  expect(one.campaigns.get(id)).toBeUndefined();
  at('2026-12-01 09:00');
  await tick();
  expect(await state()).toBe('draft');

  await publish({ endsAt: beijing('2026-12-09 21:00') });
  expect(await state()).toBe('running');
  at('2026-12-02 12:00');
  await expect(one.campaigns.end({ id, by: 'Lin', reason: '獎品送完' })).rejects.toThrow('請由另一位');
  await one.campaigns.end({ id, by: 'Chen', reason: '獎品送完' });
  expect(await one.campaigns.find(id)).toMatchObject({ state: 'ended', endsAt: beijing('2026-12-02 12:00') });
  expect((await one.campaigns.history(id)).at(-1)).toMatchObject({
    approvedBy: 'Chen',
    changes: ['提前結束：獎品送完'],
  });
  expect(await db.collection('timers').countDocuments({ job: 'campaign-settle', state: 'armed' })).toBe(1);
});

test('the sample quiz runs after a first start, once, and never beside a quiz of one’s own', async () => {
  const name = 'quiz.json';
  const file = { name, bytes: readFileSync(join(root, 'src/simulator/sample', name)) };
  const bring = () => startSampleQuiz({ ...one, takenBy: takenIn(loadHandlers()), file });
  expect(await bring()).toEqual({ kind: 'started' });
  expect(one.campaigns.running()).toHaveLength(1);
  const before = await one.campaigns.list();
  expect(await bring()).toEqual({ kind: 'kept' });
  expect(await one.campaigns.list()).toEqual(before);

  await database.clear();
  await one.campaigns.save({ content: asContent(content()), by: 'Lin' });
  expect(await bring()).toEqual({ kind: 'kept' });
  expect(await one.campaigns.list()).toHaveLength(1);
});

test('a file of a published quiz becomes a proposal, and its codes go into stock', async () => {
  const codes = { card: ['C-1', 'C-2', 'C-3'] };
  const card = (quantity: number) => ({
    ...prize('card', { kind: 'code', quantity, way: { kind: 'participation', rounds: 3 } }),
  });
  const file = (quantity: number, title: string) => {
    const { startsAt: _from, endsAt: _to, ...rest } = content({ prizes: [card(quantity)], title });
    const quiz = {
      ...rest,
      startsAt: '2026-12-01 09:00',
      endsAt: '2026-12-07 21:00',
      questions: undefined,
      prizes: undefined,
    };
    const whole = { quiz, questions: rest.questions, prizes: rest.prizes, codes };
    return { name: 'quiz.json', bytes: Buffer.from(JSON.stringify(whole)) };
  };
  const bring = (quantity: number, title: string) =>
    bringQuiz({ ...one, takenBy: nobody, by: 'Lin', file: file(quantity, title) });
  expect(await bring(2, '一')).toMatchObject({ kind: 'saved', how: 'new', codes: [{ added: 3 }] });
  expect(await bring(2, '一')).toMatchObject({ kind: 'saved', how: 'same', codes: [{ added: 0 }] });
  await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
  await one.campaigns.start({ id, by: 'Lin', takenBy: nobody });
  expect(await bring(3, '二')).toMatchObject({
    kind: 'proposed',
    changes: [{ what: '標題' }, { what: '獎品「登機箱」' }],
  });
  await expect(bring(4, '三')).rejects.toThrow('只導入了 3 個碼');
  await expect(bring(1, '四')).rejects.toThrow('數量只能增加');
});

test('what lacks at the start time keeps a quiz from beginning', async () => {
  const { codes } = await one.tickets.addCodes({ campaign: id, prize: 'card' }, ['X-1']);
  await publish({
    prizes: [prize('card', { kind: 'code', quantity: 1, codes, way: { kind: 'participation', rounds: 3 } })],
  });
  await db.collection('codeLists').deleteMany({});
  at('2026-12-01 09:00');
  await expect(one.campaigns.begin(id)).rejects.toThrow('只導入了 0 個碼');
  expect(await state()).toBe('scheduled');
});

describe('the list of the staff', () => {
  const file = (staff: unknown) => {
    const { startsAt: _from, endsAt: _to, questions, prizes, ...rest } = content({});
    const quiz = { ...rest, startsAt: '2026-12-01 09:00', endsAt: '2026-12-07 21:00', staff };
    return { name: 'quiz.json', bytes: Buffer.from(JSON.stringify({ quiz, questions, prizes })) };
  };
  const bring = (staff: unknown) => bringQuiz({ ...one, takenBy: nobody, by: 'Lin', file: file(staff) });

  test('takes people we know, however they are separated', async () => {
    expect(await bring('lin，wang')).toMatchObject({ kind: 'saved' });
    expect(await one.campaigns.find(id)).toMatchObject({ staff: ['lin', 'wang'] });
  });

  test.each([
    ['lin，nobody', 'nobody'],
    ['lin。wang', 'lin。wang'],
    [['lin，wang'], 'lin，wang'],
    ['Lin', 'Lin'],
    ['lin和wang', 'lin和wang'],
  ])('refuses %j at the import, by name, and nothing is written', async (staff, name) => {
    const brought = await bring(staff);
    expect(brought).toMatchObject({ kind: 'refused', total: 1 });
    if (brought.kind === 'refused')
      expect(tellProblem(brought.problems[0]!)).toContain(`「${name}」不是任何粉絲`);
    expect(await one.campaigns.find(id)).toBeUndefined();
  });

  test('is looked at again at check and at start: somebody may have gone', async () => {
    await one.campaigns.save({ content: asContent(content({ staff: ['lin', 'nobody'] })), by: 'Lin' });
    const { findings, passed } = await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
    expect(passed).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ level: 'refuse', rule: 'staff-unknown' }));
    await one.campaigns.save({ content: asContent(content({ staff: ['lin', 'wang'] })), by: 'Lin' });
    expect((await one.campaigns.check({ id, by: 'Lin', takenBy: nobody })).passed).toBe(true);
    fans.delete('wang');
    await expect(one.campaigns.start({ id, by: 'Lin', takenBy: nobody })).rejects.toThrow(
      '「wang」不是任何粉絲',
    );
    fans.add('wang');
  });

  test('keeps no change from a published quiz because one of them has left since; a new one must be somebody', async () => {
    await publish({ staff: ['lin', 'wang'] });
    fans.delete('wang');
    expect(
      await one.campaigns.propose({
        content: asContent(content({ staff: ['lin', 'wang'], title: '新' })),
        by: 'Lin',
        takenBy: nobody,
      }),
    ).toEqual([{ what: '標題' }]);
    const more = one.campaigns.propose({
      content: asContent(content({ staff: ['lin', 'wang', 'nobody'] })),
      by: 'Lin',
      takenBy: nobody,
    });
    await expect(more).rejects.toThrow('「nobody」不是任何粉絲');
    fans.add('wang');
  });
});

test('options that point at others, and explanations that name a letter, are refused at check', async () => {
  const options = ['青海', '甘肅', '以上皆是'];
  const quiz = content({ questions: [question('q2', { options, explanation: '所以選 B。' })] });
  await one.campaigns.save({ content: asContent(quiz), by: 'Lin' });
  const { findings } = await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
  const where = '題目 q2';
  expect(findings.filter(({ rule }) => rule === 'options-shuffled')).toMatchObject([
    { level: 'refuse', where, reason: expect.stringContaining('「以上皆是」') },
    { level: 'refuse', where, reason: expect.stringContaining('「所以選 B。」') },
  ]);
});

test.each(['開戰。答題', '開戰 答題', '開戰&答題', '開戰·答題', '一、二'])(
  'the keyword 「%s」 is asked about: one word or two?',
  async (word) => {
    await one.campaigns.save({ content: asContent(content({ keywords: [word] })), by: 'Lin' });
    const { findings, passed } = await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
    expect(findings).toContainEqual(expect.objectContaining({ level: 'warn', rule: 'keyword-sign' }));
    expect(passed).toBe(true);
  },
);

test('「一戰到底！」 is one word', async () => {
  await one.campaigns.save({ content: asContent(content({ keywords: ['「一戰到底！」'] })), by: 'Lin' });
  const { findings } = await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
  expect(findings.map(({ rule }) => rule)).not.toContain('keyword-sign');
});

test.each<[string, Partial<QuizContent>]>([
  [
    '題目 q1',
    {
      questions: [
        question('q1', {
          options: [...'甲乙丙丁戊己'].map((one) => one.repeat(60)),
          explanation: '解'.repeat(200),
        }),
      ],
    },
  ],
  [
    '題目 q1',
    {
      questions: [
        question('q1', { explanation: '解'.repeat(300) }),
        question('q2', { text: '題'.repeat(200), options: ['甲'.repeat(60), '乙'.repeat(60)] }),
      ],
    },
  ],
  [
    '題目 q1',
    {
      intro: '介'.repeat(300),
      questions: [
        question('q1', {
          text: '題'.repeat(200),
          options: ['甲'.repeat(60), '乙'.repeat(60), '丙'.repeat(60)],
        }),
      ],
    },
  ],
  [
    '抽獎的獎品名稱與公開數',
    {
      prizes: Array.from({ length: 5 }, (_, i) =>
        prize(`d${i}`, {
          name: '獎'.repeat(50),
          quantity: 1,
          way: {
            kind: 'draw',
            reserves: 0,
            condition: {},
            publicValue: '數'.repeat(90),
            at: beijing('2026-12-08 20:00'),
          },
        }),
      ),
    },
  ],
])('%s: what no reply can hold is refused at check', async (where, more) => {
  await one.campaigns.save({
    content: asContent(content({ perDay: 1, endsAt: beijing('2026-12-01 21:00'), ...more })),
    by: 'Lin',
  });
  const { findings } = await one.campaigns.check({ id, by: 'Lin', takenBy: nobody });
  expect(findings).toContainEqual(expect.objectContaining({ level: 'refuse', rule: 'reply-length', where }));
});

describe('once it is published', () => {
  const amended = (more: Partial<QuizContent>) => content({ prizes: [prize('bag')], ...more });
  const propose = (more: Partial<QuizContent>) =>
    one.campaigns.propose({ content: asContent(amended(more)), by: 'Lin', takenBy: nobody });

  test('a change in the players’ favour waits for a second person, then holds everywhere and is kept', async () => {
    await publish();
    const more = { endsAt: beijing('2026-12-10 21:00'), prizes: [prize('bag', { quantity: 5 })] };
    expect((await propose(more)).map(({ what }) => what)).toEqual(['結束時間', '獎品「登機箱」']);
    expect(one.campaigns.get(id)).toMatchObject({ version: 1, endsAt: beijing('2026-12-07 21:00') });
    await expect(one.campaigns.approve({ id, by: 'Lin', takenBy: nobody })).rejects.toThrow('請由另一位批准');
    await one.campaigns.approve({ id, by: 'Chen', takenBy: nobody });
    expect(one.campaigns.get(id)).toMatchObject({ version: 2, prizes: [{ quantity: 5 }] });
    expect(await one.campaigns.history(id)).toMatchObject([
      { version: 1, by: 'Lin', content: { prizes: [{ quantity: 2 }] } },
      { version: 2, by: 'Lin', approvedBy: 'Chen', changes: ['結束時間', '獎品「登機箱」'] },
    ]);
    at('2026-12-01 09:00');
    await tick();
    at('2026-12-08 09:00');
    await tick();
    expect(await state()).toBe('running');
    at('2026-12-10 21:01');
    await tick();
    expect(await state()).toBe('ended');
  });

  test('what takes an option away leaves nothing of it behind', async () => {
    await publish({ timerSeconds: 20 });
    await one.campaigns.propose({ content: asContent(content()), by: 'Lin', takenBy: nobody });
    await one.campaigns.approve({ id, by: 'Chen', takenBy: nobody });
    expect(one.campaigns.get(id)).not.toHaveProperty('timerSeconds');
  });

  test('a proposal can be turned down', async () => {
    await publish();
    await propose({ title: '新標題' });
    await one.campaigns.reject({ id, by: 'Chen', reason: '不好聽' });
    await expect(one.campaigns.approve({ id, by: 'Chen', takenBy: nobody })).rejects.toThrow(
      '沒有等待批准的修改',
    );
  });

  test.each<[string, Partial<QuizContent>]>([
    ['結束時間', { endsAt: beijing('2026-12-06 21:00') }],
    ['開始時間', { startsAt: beijing('2026-12-02 09:00') }],
    ['每日開放時間', { opensAt: '09:00' }],
    ['每日關閉時間', { closesAt: '21:00' }],
    ['每日題數', { perDay: 9 }],
    ['每題分數', { pointsPerAnswer: 9 }],
    ['規則', { rules: '一、換了。' }],
    ['逾期處理', { forfeiture: '三天內沒有領取視為放棄。' }],
    ['主辦單位', { organiser: '別人' }],
    ['關鍵字', { keywords: ['換了'] }],
    [
      '關卡',
      {
        levels: [
          { n: 1, questions: 5, pass: 4 },
          { n: 2, questions: 5, pass: 4 },
        ],
      },
    ],
    ['每題限時', { timerSeconds: 30 }],
    ['題目 q80', { questions: content().questions.slice(0, 79) }],
    ['題目 q1', { questions: [question('q1', { right: 1 }), ...content().questions.slice(1)] }],
    ['獎品「登機箱」', { prizes: [] }],
    ['數量只能增加', { prizes: [prize('bag', { quantity: 1 })] }],
    ['價值只能增加', { prizes: [prize('bag', { priceFen: 29_899 })] }],
    ['領取天數只能增加', { prizes: [prize('bag', { claimDays: 14 })] }],
    ['名稱公布後不能改', { prizes: [prize('bag', { name: '小袋子' })] }],
    ['領取條件公布後不能改', { prizes: [prize('bag', { conditions: '須消費' })] }],
    ['樓層不能拿掉', { prizes: [prize('bag', { way: { kind: 'floor', floors: [88] } })] }],
    ['數量至少也要多 1 個', { prizes: [prize('bag', { way: { kind: 'floor', floors: [88, 99, 188] } })] }],
    [
      '獲獎方式公布後不能改',
      { prizes: [prize('bag', { way: { kind: 'ranking', board: 'final', from: 1, to: 2 } })] },
    ],
  ])('%s to the players’ cost is refused', async (what, more) => {
    await publish();
    const before = await one.campaigns.row(id);
    await expect(propose(more)).rejects.toMatchObject({
      code: 'campaign.against-players',
      message: expect.stringContaining(what),
    });
    expect(await one.campaigns.row(id)).toEqual(before);
  });

  test.each<[string, Partial<QuizContent>]>([
    ['more questions a day', { perDay: 12 }],
    ['words added to the rules', { rules: `${content().rules}三、增補。` }],
    [
      'an easier level',
      {
        levels: [
          { n: 1, questions: 5, pass: 2 },
          { n: 2, questions: 5, pass: 4 },
        ],
      },
    ],
    ['another question', { questions: [...content().questions, question('new')] }],
    [
      'a question taken out of use',
      { questions: [question('q1', { retired: true }), ...content().questions.slice(1)] },
    ],
    [
      'a better explanation',
      { questions: [question('q1', { explanation: '在杭州' }), ...content().questions.slice(1)] },
    ],
    ['another prize', { prizes: [prize('bag'), prize('cup', { way: { kind: 'floor', floors: [50, 60] } })] }],
    [
      'another floor with an item for it',
      { prizes: [prize('bag', { quantity: 3, way: { kind: 'floor', floors: [88, 99, 188] } })] },
    ],
  ])('%s is allowed', async (_what, more) => {
    await publish();
    expect(await propose(more)).not.toHaveLength(0);
  });

  test('after the start a 搶答題 must be a new one: somebody knows the others', async () => {
    const flash = (asked: string) =>
      prize('flash', {
        quantity: 1,
        way: { kind: 'first', question: asked, at: beijing('2026-12-03 12:00') },
      });
    await publish();
    at('2026-12-01 09:00');
    await tick();
    await expect(propose({ prizes: [prize('bag'), flash('q1')] })).rejects.toThrow('搶答請另加一題新的');
    const questions = [...content().questions, question('new')];
    expect(await propose({ questions, prizes: [prize('bag'), flash('new')] })).toHaveLength(2);
  });

  test('after the start a draw’s entry condition and the points of an answer stand, since others paid for them', async () => {
    const draw = (rounds: number) =>
      prize('stay', {
        way: {
          kind: 'draw',
          reserves: 1,
          condition: { rounds },
          publicValue: 'drand 第 5000000 輪',
          at: beijing('2026-12-08 20:00'),
        },
      });
    const board = prize('top', { way: { kind: 'ranking', board: 'final', from: 1, to: 2 } });
    await publish({ prizes: [draw(3), board] });
    at('2026-12-01 09:00');
    await tick();
    await expect(propose({ prizes: [draw(1), board] })).rejects.toThrow('攤薄');
    await expect(propose({ prizes: [draw(3), board], pointsPerAnswer: 20 })).rejects.toThrow(
      '對先答的人不公平',
    );
  });

  test('a proposal made before the start is weighed again when it is approved after it', async () => {
    await publish();
    await propose({ startsAt: beijing('2026-11-30 09:00') });
    at('2026-12-01 09:00');
    await tick();
    await expect(one.campaigns.approve({ id, by: 'Chen', takenBy: nobody })).rejects.toThrow('已經開賽');
  });

  test('of two changes approved at once one holds', async () => {
    await publish();
    await propose({ title: '新標題' });
    const results = await Promise.allSettled(
      ['Chen', 'Wang', 'Zhao'].map((by) => process().campaigns.approve({ id, by, takenBy: nobody })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await one.campaigns.history(id)).toHaveLength(2);
  });
});
