import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { root } from '../../src/kit/root';
import { aQuestion, aQuiz } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
const file = {
  name: 'survey.json',
  bytes: readFileSync(join(root, 'src/simulator/sample/survey.json')),
};
const unasked = () => undefined;
let talk: Talk;
type Fan = ReturnType<Talk['fan']>;

beforeAll(async () => {
  talk = await createTalk(database);
  expect(await talk.services.surveys.bring(file, 'lin')).toHaveProperty('row');
  await talk.services.surveys.start('travel', unasked);
  const { tickets, draws, campaigns } = talk.services;
  const questions = Array.from({ length: 3 }, (_, i) => aQuestion(`t${i}`));
  const content = aQuiz({ title: '秋日一戰', keywords: ['開戰'], perDay: 3, questions, prizes: [] });
  await stageRehearsal({ db: await database.connect(), tickets, draws, content });
  await campaigns.load();
});
afterAll(() => database.drop());
beforeEach(() => talk.turnClockTo('2026-11-22T10:00'));

async function says(fan: Fan, ...texts: string[]): Promise<string> {
  let told = '';
  for (const text of texts) told = await fan.says(text);
  return told;
}

const pidOf = async (fan: Fan): Promise<string> => (await fan.row()).pid;
const kept = async (fan: Fan) => talk.services.surveys.answersOf('travel', await pidOf(fan));
const attributes = async (fan: Fan) =>
  Object.fromEntries(
    (await talk.services.attributes.of(await pidOf(fan))).map(({ name, value }) => [name, value]),
  );

test('her answers are asked for one at a time, kept with her consent, told to segments, and paid once', async () => {
  const lin = talk.fan();
  const opened = await lin.says('旅行偏好');
  expect(opened).toContain('花一分鐘說說');
  expect(opened).toContain('推薦合適的路線和優惠');
  expect(opened).toContain('1. 同意\n2. 不同意');
  expect(await lin.says('同意')).toContain('怎麼稱呼你合適');
  expect(await lin.says('1')).toContain('你的生日');
  expect(await lin.says('1990年5月3日')).toContain('常住在哪個城市');
  expect(await lin.says('杭州')).toContain('想怎麼玩');
  expect(await lin.says('1、3')).toContain('推薦給朋友');
  expect(await lin.says('11')).toContain('0 到 10');
  const done = await lin.says('9');
  expect(done).toContain('記下了');
  expect(done).toContain('送你 20 分');

  expect(await kept(lin)).toMatchObject({
    survey: 'travel',
    answers: { gender: '女士', birthday: '1990-05-03', home: '杭州', wishes: ['海邊', '爬山'], nps: 9 },
    consent: { version: '2026-11', purpose: '推薦合適的路線和優惠' },
  });
  expect(await attributes(lin)).toEqual({ 性別: '女士', 生日: '1990-05-03', 常住城市: '杭州' });
  const [fact] = await talk.services.attributes.of(await pidOf(lin));
  expect(fact).toMatchObject({ source: 'survey:travel', consent: expect.stringContaining('只用來推薦') });
  expect(await talk.services.points.balance(await pidOf(lin))).toBe(20);
  const [facts] = (await talk.services.surveys.audience.facts([{ pid: await pidOf(lin), fan: '' }])).values();
  expect(facts?.tokens).toEqual([
    'survey:travel',
    'mark:旅行願望=海邊',
    'mark:旅行願望=爬山',
    'mark:推薦意願=9',
  ]);
});

test('a question whose condition does not hold is not asked', async () => {
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意', '跳過', '跳過', '西安');
  expect(await lin.says('6')).toContain('孩子幾歲');
  expect(await lin.says('5')).toContain('推薦給朋友');
  expect(await lin.says('3')).toContain('哪裡讓你不滿意');
  expect(await lin.says('回得太慢')).toContain('記下了');
  expect((await kept(lin))?.answers).toEqual({
    ...{ home: '西安', wishes: ['帶孩子'], kids: 5 },
    ...{ nps: 3, why: '回得太慢' },
  });
});

test('who does not agree is asked nothing, and nothing is kept', async () => {
  const lin = talk.fan();
  expect(await says(lin, '旅行偏好', '不同意')).toContain('什麼都沒有記下');
  expect(await kept(lin)).toBeNull();
  expect((await lin.row()).talk.form).toBeUndefined();
  expect(await talk.services.points.balance(await pidOf(lin))).toBe(0);
});

test('「取消」 ends it and keeps nothing', async () => {
  const lin = talk.fan();
  expect(await says(lin, '旅行偏好', '同意', '女士', '取消')).toContain('不填了');
  expect(await says(lin, '旅行偏好')).toContain('同意');
  expect(await kept(lin)).toBeNull();
});

test('half-filled it is gone on with by its keyword: after another form, a day, never a month', async () => {
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意', '女士');
  expect(await lin.says('杭州天氣')).toContain('接著填');
  talk.turnClockTo('2026-11-23T10:00');
  expect(await lin.says('5月3日')).not.toContain('常住');
  const resumed = await lin.says('旅行問卷');
  expect(resumed).toContain('接著填「旅行偏好」');
  expect(resumed).toContain('你的生日');
  expect(await lin.says('5月3日')).toContain('常住在哪個城市');
  talk.turnClockTo('2027-01-20T10:00');
  expect(await lin.says('旅行偏好')).toContain('同意');
});

test('who goes over to a quiz answers the quiz, and goes on with the survey by its keyword', async () => {
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意');
  expect(await lin.says('開戰')).toContain('第 1 題');
  talk.turnClockTo('2026-11-22T10:01');
  expect(await lin.says('1')).toContain('第 2 題');
  expect(await lin.says('旅行偏好')).toContain('怎麼稱呼你合適');
  expect(await lin.says('1')).toContain('你的生日');
});

test('「問卷」 or the menu opens the one there is, asks which where there are several, and says so where there is none', async () => {
  const { surveys } = talk.services;
  const lin = talk.fan();
  expect(await lin.says('問卷')).toContain('花一分鐘說說');
  expect(await lin.says('取消')).toContain('不填了');
  const other = { ...JSON.parse(file.bytes.toString()), id: 'other', title: '另一份', keywords: ['另一份'] };
  await surveys.bring({ name: 'other.json', bytes: Buffer.from(JSON.stringify(other)) }, 'lin');
  await surveys.start('other', unasked);
  expect(await lin.clicks('SURVEY')).toContain('1. 另一份\n2. 旅行偏好');
  expect(await lin.says('2')).toContain('花一分鐘說說');
  await surveys.stop('other');
  await surveys.stop('travel');
  expect(await talk.fan().clicks('SURVEY')).toContain('沒有要填的問卷');
  await surveys.start('travel', unasked);
});

describe('begun otherwise', () => {
  const begun = {
    ...{ id: 'after', title: '玩得好嗎', keywords: ['玩得好嗎'], intro: '一題就好。', thanks: '謝謝！' },
    questions: [{ id: 'fun', kind: 'csat', text: '好玩嗎？' }],
    starts: { scenes: ['hotel-lobby', 'poster'], afterQuiz: 'q' },
  };
  const asFile = (json: object) => ({ name: 'after.json', bytes: Buffer.from(JSON.stringify(json)) });
  const invitation = '想請你填「玩得好嗎」：回覆「玩得好嗎」就開始。';
  beforeAll(async () => {
    expect(await talk.services.surveys.bring(asFile(begun), 'lin')).toHaveProperty('row');
    await talk.services.surveys.start('after', unasked);
  });
  afterAll(() => talk.services.surveys.stop('after'));

  test('a code with words of its own invites to it, until she has filled it in', async () => {
    const lin = talk.fan();
    const told = await lin.scans('hotel-lobby');
    expect(told).toMatch(/^歡迎入住！/);
    expect(told).toContain(invitation);
    expect(told).not.toContain('說個城市名');
    expect(await says(lin, '玩得好嗎', '5')).toContain('謝謝！');
    expect(await lin.scans('hotel-lobby')).not.toContain('玩得好嗎');
    expect(await talk.fan().scans('magazine-autumn')).not.toContain('玩得好嗎');
  });

  test('a code that is only for it opens it at once, for who follows by it too', async () => {
    const lin = talk.fan();
    expect(await lin.follows('poster')).toContain('好玩嗎？');
    expect(await lin.says('4')).toContain('謝謝！');
    const chen = talk.fan();
    expect(await chen.scans('poster')).toContain('好玩嗎？');
    expect((await chen.row()).channel).toEqual({ first: 'poster', last: 'poster' });
  });

  test('who has answered the last question of a day is invited, once', async () => {
    const lin = talk.fan();
    expect(await lin.says('開戰')).toContain('第 1 題');
    const told: string[] = [];
    for (const minute of ['01', '02', '03']) {
      talk.turnClockTo(`2026-11-22T10:${minute}`);
      told.push(await lin.says('1'));
    }
    expect(told.map((one) => one.includes(invitation))).toEqual([false, false, true]);
    expect(await lin.says('開戰')).not.toContain('玩得好嗎');
    const chen = talk.fan();
    talk.turnClockTo('2026-11-22T10:00');
    await says(chen, '玩得好嗎', '5', '開戰');
    for (const minute of ['01', '02', '03']) {
      talk.turnClockTo(`2026-11-22T10:${minute}`);
      expect(await chen.says('1')).not.toContain(invitation);
    }
  });

  test('no two surveys are begun by the same code or quiz, and the quiz must be one', async () => {
    const { surveys } = talk.services;
    const other = { ...begun, id: 'later', keywords: ['還好嗎'] };
    const brought = await surveys.bring(asFile(other), 'lin');
    expect('problems' in brought && brought.problems.map(({ column, message }) => [column, message])).toEqual(
      ['scenes', 'scenes', 'afterQuiz'].map((column) => [column, expect.stringContaining('問卷「after」')]),
    );
    await surveys.stop('after');
    expect(await surveys.bring(asFile(other), 'lin')).toHaveProperty('row');
    await surveys.start('after', unasked);
    const { message } = (await surveys.start('later', unasked).catch((error: unknown) => error)) as Error;
    expect(message).toContain('二維碼「poster」已經由問卷「after」');
    expect(message).toContain('答題活動「q」之後已經有問卷「after」');
    await surveys.bring(asFile({ ...other, starts: { afterQuiz: 'nope' } }), 'lin');
    await expect(surveys.start('later', unasked)).rejects.toThrow('沒有答題活動「nope」');
  });
});

test('answers are changed by the keyword, and not paid again', async () => {
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意', '女士', '跳過', '西安', '1', '8');
  const filled = await lin.says('旅行偏好');
  expect(filled).toContain('2026年11月22日');
  expect(await lin.says('1')).toContain('同意');
  const done = await says(lin, '同意', '先生', '跳過', '成都', '美食', '10');
  expect(done).toContain('記下了');
  expect(done).not.toContain('送你');
  expect((await kept(lin))?.answers).toMatchObject({ gender: '先生', home: '成都', wishes: ['美食'] });
  expect(await attributes(lin)).toMatchObject({ 性別: '先生', 常住城市: '成都' });
  expect(await talk.services.points.balance(await pidOf(lin))).toBe(20);
});

test('what she types is bounded, and no word of hers becomes a key', async () => {
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意', '女士', '跳過');
  expect(await lin.says('很'.repeat(21))).toContain('最多 20 個字');
  await says(lin, '__proto__ 村');
  expect(await says(lin, '1', '2', '$where.x constructor')).toContain('記下了');
  expect(Object.keys((await kept(lin))?.answers ?? {})).toEqual(['gender', 'home', 'wishes', 'nps', 'why']);
});

test('when it is stopped or another version is brought, an open one is over', async () => {
  const { surveys } = talk.services;
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意');
  await surveys.stop('travel');
  expect(await lin.says('1')).not.toContain('生日');
  expect(await lin.says('旅行偏好')).not.toContain('花一分鐘');
  await surveys.bring(file, 'lin');
  await surveys.start('travel', unasked);
  expect(await lin.says('1')).not.toContain('生日');
  expect(await lin.says('旅行偏好')).toContain('花一分鐘');
});

test('in Simplified she is asked and answers in Simplified, and the same is kept', async () => {
  const lin = talk.fan();
  expect(await lin.says('旅行问卷')).toContain('花一分钟');
  expect(await says(lin, '同意', '女士', '跳过', '广州', '海边 带孩子', '3', '9')).toContain('记下了');
  expect((await kept(lin))?.answers).toMatchObject({ gender: '女士', wishes: ['海邊', '帶孩子'] });
});

test('she is erased with her answers', async () => {
  const lin = talk.fan();
  await says(lin, '旅行偏好', '同意', '女士', '跳過', '西安', '1', '8');
  const { pid, _id: fan } = await lin.row();
  await talk.services.upkeep.erase({ fan, pid, upTo: new Date('2026-11-22T10:00+08:00') });
  expect(await talk.services.surveys.answersOf('travel', pid)).toBeNull();
  expect(await talk.services.attributes.of(pid)).toEqual([]);
});
