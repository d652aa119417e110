import { XMLValidator } from 'fast-xml-parser';
import type { Response } from 'supertest';
import { contentOf } from '../../../src/domain/campaigns/campaign-row';
import { verify } from '../../../src/domain/draws/draw-proof';
import { laidFlat } from '../../../src/domain/quiz/definition';
import { linesOf } from '../../../src/domain/quiz/workbook/quiz-lines';
import { writeQuiz } from '../../../src/domain/quiz/workbook/workbook-template';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town, type TownFan } from '../../support/town';

let town: Town;
let desk: TestConsole;
type Desk = Awaited<ReturnType<TestConsole['as']>>;
let mei: Desk;
let boss: Desk;
let analyst: Desk;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  boss = await desk.as('approver');
  analyst = await desk.as('analyst');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const question = (n: number, text: string) => ({
  [`questions.${n}.kind`]: 'single',
  [`questions.${n}.text`]: text,
  [`questions.${n}.optionA`]: '杭州',
  [`questions.${n}.optionB`]: '蘇州',
  [`questions.${n}.right`]: 'A',
});
const prize = (n: number, cells: Record<string, string>) =>
  Object.fromEntries(
    Object.entries({
      kind: 'goods',
      priceYuan: '99',
      quantity: '1',
      claimDays: '15',
      conditions: '無',
      delivery: '填地址後寄出',
      ...cells,
    }).map(([name, value]) => [`prizes.${n}.${name}`, value]),
  );

const settings = {
  id: 'lake',
  title: '西湖一戰',
  keywords: '西湖開戰',
  startsAt: '2026-11-24T09:00',
  endsAt: '2026-11-26T22:00',
  perDay: '3',
  pointsPerAnswer: '10',
  levels: '3/1',
};
const prizes = {
  ...prize(0, { name: '登機箱', way: 'floor', floors: '2', sponsor: '半日茶鋪' }),
  ...prize(1, {
    name: '客棧兩晚',
    way: 'draw',
    rounds: '1',
    reserves: '1',
    at: '2026-11-27T20:00',
    publicValue: 'drand 第 5000000 輪',
  }),
  // What was typed before another way was chosen counts for nothing.
  'prizes.0.every': '',
  'prizes.0.board': 'daily',
  'sponsors.0.name': '半日茶鋪',
};
const questions = {
  ...question(0, '西湖在哪裡？'),
  ...question(1, '斷橋在哪裡？'),
  ...question(3, '靈隱寺在哪裡？'),
};
const terms = {
  rules: '一、每天三題，答對一題 10 分。二、姓名電話地址僅用於寄送獎品；不滿十四歲請由監護人代為參加。',
  organiser: '某某旅行社有限公司',
  contact: '400-000-0000',
  forfeiture: '十五天內沒有領取視為放棄，獎品退回庫存。',
};

async function answersRightly(fan: TownFan): Promise<string> {
  const her = await town.services.subscribers.load(town.services.subscribers.fanOf(fan.openid));
  const hers = town.services.quiz.hers({ plays: {}, playing: undefined, ...her?.talk });
  const open = hers?.play.open;
  const asked = hers?.quiz.questions.find((one) => one.id === open?.q);
  const place = asked?.right === undefined ? 0 : (open?.order.indexOf(asked.right) ?? 0);
  town.clock.setOffset(town.clock.offset() + 5_000);
  return fan.says('ABCDEF'.charAt(place));
}

const text = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

describe('writing', () => {
  test('an empty list shows the first step, and who only looks is not offered it', async () => {
    expect(await mei.reads('/quiz')).toContain('href="/quiz/new"');
    const seen = await analyst.reads('/quiz');
    expect(seen).toContain('還沒有答題活動');
    expect(seen).not.toContain('data-act="/quiz/sample"');
    expect((await analyst.get('/quiz/new')).status).toBe(403);
    expect((await analyst.post('/quiz/sample')).status).toBe(403);
  });

  test('what is wrong is told at its field, in the row where it stands, and nothing is kept', async () => {
    const wrong = {
      ...settings,
      ...prizes,
      ...questions,
      levels: '三關',
      title: '',
      'questions.1.right': 'F',
      'prizes.0.floors': '',
    };
    const answer = await mei.does('/quiz/new', wrong);
    expect(answer.fields).toMatchObject({
      title: expect.stringContaining('空著'),
      levels: expect.stringContaining('5/3'),
      'questions.1.right': expect.stringContaining('不是這一題的選項'),
      'prizes.0.floors': expect.stringContaining('至少填一個'),
    });
    expect(await town.services.campaigns.present('lake')).toBeUndefined();
  });

  test('a draft is kept with rows that were left empty left out, and ids of our own', async () => {
    const blank = {
      'questions.2.kind': 'single',
      'questions.2.difficulty': '2',
      'prizes.7.kind': 'goods',
      'prizes.7.way': 'floor',
    };
    const made = await mei.does('/quiz/new', { ...settings, ...prizes, ...questions, ...blank });
    expect(made).toMatchObject({ to: '/quiz/lake' });
    const content = laidFlat(contentOf(await town.services.campaigns.row('lake')));
    expect(content.questions.map(({ id, text: asked }) => [id, asked])).toEqual([
      ['q1', '西湖在哪裡？'],
      ['q2', '斷橋在哪裡？'],
      ['q3', '靈隱寺在哪裡？'],
    ]);
    expect(content.prizes.map(({ id, way, sponsor }) => [id, way.kind, sponsor])).toEqual([
      ['p1', 'floor', 's1'],
      ['p2', 'draw', undefined],
    ]);
    expect(await mei.does('/quiz/new', { ...settings, ...questions })).toMatchObject({
      fields: { id: expect.stringContaining('已經有了') },
    });
  });

  test('the check says what to change, each with the way there', async () => {
    expect((await mei.does('/quiz/lake/check')).said).toContain('還不能公布');
    const html = await mei.reads('/quiz/lake');
    expect(html).toContain('主辦');
    expect(html).toContain('href="/quiz/lake/edit');
    expect(html).not.toContain('data-act="/quiz/lake/start"');
    expect(await mei.does('/quiz/lake/start')).toMatchObject({
      refused: expect.stringContaining('只能在「已檢查」時做'),
    });
  });

  test('the settings are changed on their own page; who wrote meanwhile is not written over', async () => {
    const html = await mei.reads('/quiz/lake/edit');
    expect(html).toContain('value="2026-11-24T09:00"');
    expect(html).toContain('value="西湖一戰"');
    const base = /name="base" value="(\d+)"/.exec(html)?.[1] ?? '';
    const kept = { 'prizes.0.id': 'p1', 'prizes.1.id': 'p2', 'sponsors.0.id': 's1' };
    expect(
      await mei.does('/quiz/lake/edit', { ...settings, ...prizes, ...kept, ...terms, base }),
    ).toMatchObject({
      said: expect.stringContaining('草稿'),
    });
    expect(laidFlat(contentOf(await town.services.campaigns.row('lake'))).questions).toHaveLength(3);
    expect(await mei.does('/quiz/lake/edit', { ...settings, ...terms, base })).toMatchObject({
      refused: expect.stringContaining('剛剛被別人改過'),
    });
    expect((await mei.does('/quiz/lake/check')).said).toContain('檢查通過');
  });

  test('a quiz as lines, as a workbook and back is the same quiz', async () => {
    const content = laidFlat(contentOf(await town.services.campaigns.row('lake')));
    const { questions: asked } = linesOf(content);
    expect(asked[0]).toMatchObject({ id: 'q1', right: 'A', optionB: '蘇州' });
    const book = await mei.get('/quiz/lake/workbook.xlsx').buffer(true).parse(bytesOf);
    const again = await mei.sends('/quiz/upload', {}, [
      { field: 'file', name: 'lake.xlsx', bytes: book.body as Buffer },
    ]);
    expect(again.said).toContain('內容沒有變');
  });

  test('a workbook with wrong cells is refused with sheet, line and column', async () => {
    const content = laidFlat(contentOf(await town.services.campaigns.row('lake')));
    const bytes = await writeQuiz({
      ...content,
      id: 'bad',
      questions: content.questions.map((one) => ({ ...one, right: 5 })),
    });
    const answer = await mei.sends('/quiz/upload', {}, [{ field: 'file', name: 'bad.xlsx', bytes }]);
    expect(answer.refused).toContain('第 2 行 答案 欄「F」');
    expect(await town.services.campaigns.present('bad')).toBeUndefined();
  });

  test('questions are picked from another quiz, and the sample is a draft that passes', async () => {
    const { to = '' } = await mei.does('/quiz/sample');
    const quiz = /^\/quiz\/([^/]+)\/edit$/.exec(to)?.[1] ?? '';
    expect((await mei.does(`/quiz/${quiz}/check`)).said).toContain('檢查通過');
    expect(await mei.reads(`/quiz/${quiz}/bank?of=lake`)).toContain('靈隱寺在哪裡？');
    expect((await mei.does(`/quiz/${quiz}/bank`, { of: 'lake', pick: ['q3'] })).said).toContain('加了 1 題');
    const all = laidFlat(contentOf(await town.services.campaigns.row(quiz))).questions;
    expect(all.at(-1)?.text).toBe('靈隱寺在哪裡？');
    const html = await mei.reads(`/quiz/${quiz}/questions`);
    expect(html).toContain('麗江古城');
  });
});

describe('playing', () => {
  test('it is rehearsed as a fan would play it, and nothing of it stays', async () => {
    expect(await mei.does('/quiz/lake/rehearse/begin')).toMatchObject({
      said: expect.stringContaining('排練開始'),
    });
    const say = async (words: string) => (await mei.post('/quiz/lake/rehearse/said', { text: words })).text;
    expect(text(await say('西湖開戰'))).toContain('第 1 題');
    expect(text(await say('+1樓'))).toContain('1 個路人各答了一題');
    expect(text(await say('A'))).toContain('第 2 樓');
    expect(await mei.reads('/quiz/lake/rehearse')).toContain('西湖開戰');
    await mei.does('/quiz/lake/rehearse/end');
    expect(text(await say('A'))).toContain('重新開始');
    expect((await town.services.quizzes.pace.head('lake')).answers).toBe(0);
    const { to = '' } = await mei.does('/quiz/lake/odds', { players: '50' });
    await desk.worked();
    expect(text(await mei.reads(to))).toContain('抽獎：');
    expect(text((await mei.get('/quiz/lake/walk')).text)).toContain('3 題都在平台的長度以內');
  });

  test('it begins at her word, and fans play it; the live board says what is true', async () => {
    expect((await boss.post('/quiz/lake/start')).status).toBe(403);
    expect((await mei.does('/quiz/lake/start')).said).toContain('2026-11-24 09:00 自己開賽');
    expect(await mei.does('/quiz/lake/start', { now: 'on' })).toMatchObject({
      refused: expect.stringContaining('立刻開賽'),
    });
    expect((await boss.does('/quiz/lake/begin')).said).toContain('開賽了');
    await town.notice();
    const lin = await town.follower('林');
    const wu = await town.follower('吳');
    for (const fan of [lin, wu]) expect(await fan.says('西湖開戰')).toContain('第 1 題');
    await answersRightly(lin);
    expect(await answersRightly(wu)).toContain('幸運樓層');
    await answersRightly(lin);
    await town.settled();
    await town.services.projector.catchUp('lake');

    const live = text((await analyst.get('/quiz/lake/live/now')).text);
    expect(live).toMatch(/答案（現在到第幾樓） 3/);
    expect(live).toMatch(/今天的答案 3/);
    expect(live).toMatch(/這一分鐘 3/);
    expect(live).toMatch(/玩家 2/);
    expect(live).toContain('登機箱');
    expect(live).toContain('幸運樓層，第 2 樓');
    expect(live).toMatch(/名次.*旅友[0-9A-F]{4}/);
    const chart = await analyst.get('/quiz/lake/pace.svg').buffer(true).parse(bytesOf);
    expect(XMLValidator.validate(String(chart.body))).toBe(true);
    const players = await analyst.reads('/quiz/lake/players');
    expect(text(players)).toMatch(/1 旅友[0-9A-F]{4} 20 2 2/);
    expect(text(await analyst.reads('/quiz/lake/players?day=2026-11-23'))).toMatch(/1 旅友/);
    expect(text(await analyst.reads('/quiz/lake/answers'))).toMatch(/3 旅友[0-9A-F]{4}/);
    expect(text((await analyst.get('/quiz/lake/groups')).text)).toContain('得到「登機箱」 1');
    expect(text(await analyst.reads('/quiz'))).toMatch(/進行中 .* 2 3/);
  });

  test('a change of what is published waits for another, and only what is to the good of all can be proposed', async () => {
    const kept = { 'prizes.0.id': 'p1', 'prizes.1.id': 'p2', 'sponsors.0.id': 's1' };
    const { startsAt } = linesOf(laidFlat(contentOf(await town.services.campaigns.row('lake')))).quiz;
    const now = { ...settings, ...prizes, ...kept, ...terms, startsAt: startsAt ?? '' };
    expect(await mei.does('/quiz/lake/edit', { ...now, perDay: '2' })).toMatchObject({
      refused: expect.stringContaining('公布後只能增加'),
    });
    expect((await mei.does('/quiz/lake/edit', { ...now, perDay: '4' })).said).toContain('1 處修改');
    expect(await boss.reads('/quiz/lake')).toContain('每日題數');
    expect((await mei.post('/quiz/lake/approve')).status).toBe(403);
    expect((await boss.does('/quiz/lake/approve')).said).toContain('1 處修改生效了');
    expect(text(await mei.reads('/quiz/lake/log'))).toMatch(/第 2 版 .*每日題數/);
    expect(text(await mei.reads('/quiz/lake/versions/1'))).toContain('3 題，答對一題 10 分');
  });

  test('paused, nobody is asked; resumed, they go on', async () => {
    expect(await mei.does('/quiz/lake/pause', { reason: '' })).toMatchObject({
      fields: { reason: '不能空著' },
    });
    expect((await mei.does('/quiz/lake/pause', { reason: '題目要核對' })).said).toContain('暫停了');
    await town.notice();
    expect(await (await town.fan('吳')).says('繼續')).toContain('暫停');
    expect((await mei.does('/quiz/lake/resume')).said).toContain('恢復了');
    await town.notice();
  });

  test('points and groups are exported by a task, and kept in the log', async () => {
    const officer = await desk.as('officer');
    expect((await mei.post('/quiz/lake/points')).status).toBe(403);
    const { to = '' } = await officer.does('/quiz/lake/points', {});
    await desk.worked();
    expect(text(await officer.reads(to))).toContain('2 人，個人資料已遮住');
    await officer.does('/quiz/lake/groups/export', { group: 'won' });
    await desk.worked();
    expect(text(await mei.reads('/quiz/lake/log'))).toMatch(/分群 1 活動 lake、分群 won/);
    const analystToo = await analyst.does('/quiz/lake/points', { full: 'on' });
    expect(analystToo.refused).toContain('不能導出完整');
  });
});

describe('after it', () => {
  test('it ends before its time by another than its author, settles, and who is held waits for a decision', async () => {
    const pid = /\/quiz\/lake\/players\/([^"]+)"/.exec(await mei.reads('/quiz/lake/players'))?.[1] ?? '';
    expect((await mei.does(`/quiz/lake/players/${pid}/hold`, { reason: '看起來像程序' })).said).toContain(
      '留置了',
    );
    expect(await mei.reads(`/quiz/lake/players/${pid}`)).toContain('看起來像程序');
    const both = await desk.as('marketer', 'approver');
    expect((await mei.post('/quiz/lake/end', { reason: '天氣' })).status).toBe(403);
    expect((await both.does('/quiz/lake/end', { reason: '颱風要來' })).said).toContain('結束了');
    const { to = '' } = await mei.does('/quiz/lake/settle');
    await desk.worked();
    expect(text(await mei.reads(to))).toContain('1 人被留置');
    const waits = (await boss.get('/quiz/lake/waits')).text;
    expect(text(waits)).toContain('1 人被留置');
    expect(waits).toContain('href="/quiz/lake/settle?state=held"');
    expect(text(await boss.reads('/quiz/lake/settle?state=held'))).toContain('看起來像程序');
    expect((await mei.post(`/quiz/lake/players/${pid}/release`, { reason: '看過' })).status).toBe(403);
    const decided = await boss.does(`/quiz/lake/players/${pid}/release`, { reason: '看過答題間隔，是人' });
    expect(decided.said).toContain('結算接著走');
    await desk.worked();
    expect(text(await boss.reads(decided.to ?? ''))).toContain('等 1 個抽獎的公開數');
  });

  test('two people enter the public value, the draw is drawn, and its proof comes out the same', async () => {
    const value = 'a'.repeat(64);
    expect(await mei.does('/quiz/lake/draws/p2/value', { value })).toMatchObject({
      refused: expect.stringContaining('才會公布'),
    });
    await town.turn({ days: 5 });
    expect(await mei.does('/quiz/lake/draws/p2/value', { value: '123' })).toMatchObject({
      refused: expect.stringContaining('64'),
    });
    expect((await mei.does('/quiz/lake/draws/p2/value', { value })).said).toContain('記下了');
    expect(await boss.reads('/quiz/lake/draws/p2')).toContain('data-act="/quiz/lake/draws/p2/value-second"');
    expect((await boss.does('/quiz/lake/draws/p2/value-second', { value })).said).toContain('開獎了');
    expect(text(await boss.reads('/quiz/lake/draws/p2'))).toMatch(/中獎 \S+ 旅友/);
    const proof = await analyst.get('/quiz/lake/draws/p2/proof.json').buffer(true).parse(bytesOf);
    expect(verify(JSON.parse(String(proof.body)) as Parameters<typeof verify>[0])).toEqual([]);
    expect(text(await mei.reads('/quiz/lake/settle'))).toContain('結案了');
    const { to = '' } = await mei.does('/quiz/lake/verify');
    await desk.worked();
    expect(text(await mei.reads(to))).toMatch(/0 處不同.*重算相同/);
  });

  test('the sponsor is told what it got', async () => {
    const report = text((await mei.get('/quiz/lake/sponsors/s1/report')).text);
    expect(report).toMatch(/登機箱 1 1/);
    expect(await mei.reads('/quiz/lake/sponsors/s1')).toContain('半日茶鋪');
  });
});

function bytesOf(answer: Response, done: (error: Error | null, body: Buffer) => void): void {
  const response = answer as unknown as NodeJS.ReadableStream;
  const pieces: Buffer[] = [];
  response.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)));
  response.on('end', () => done(null, Buffer.concat(pieces)));
}
