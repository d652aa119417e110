import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { createReplies } from '../../../src/domain/replies/replies';
import { type Rule, repliesOf } from '../../../src/domain/replies/rule';
import { createClock } from '../../../src/kit/clock';
import { fold } from '../../../src/kit/text';
import { createVersions } from '../../../src/store/versions';
import { readAutoreply } from '../../../src/wechat/api/autoreply';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
beforeEach(() => database.clear());
afterAll(() => database.drop());

const clock = createClock();
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '../../fixtures/wechat', name), 'utf8'));
const oldRules = () => readAutoreply(fixture('autoreply.json'));
const oldMenu = () => readAutoreply(fixture('selfmenu.json'));
const rows = () => db.collection<Rule>('replyRules');
const versionNow = async () =>
  (await db.collection<{ _id: string; n: number }>('versions').findOne({ _id: 'replies' }))?.n ?? 0;

/** What the account says to a text, as the engine asks it. */
async function answers(text: string, at = clock.now()) {
  const replies = createReplies({ db, clock });
  await replies.load();
  const found = replies.compiled().find(fold(text), at);
  return found ? { rule: found.rule.name, replies: repliesOf(found.rule, 'm1') } : undefined;
}

test('old keyword rules land as rules that answer in any script and width, whole or inside a sentence', async () => {
  const replies = createReplies({ db, clock });
  const report = await replies.importRules(oldRules());
  expect(report.added).toEqual(['退改', '学生票', '招聘', '夜车', '天气']);
  expect(await answers('我想退款,可以嗎?')).toEqual({
    rule: '退改',
    replies: [
      { kind: 'text', text: '出发前 7 天以上全额退。' },
      { kind: 'image', mediaId: 'temporary-media-1' },
    ],
  });
  expect(await answers(' 改期！ ')).toMatchObject({ rule: '退改' });
  expect(await answers('我要改期')).toBeUndefined();
  expect(await answers('聽海')).toMatchObject({ rule: '夜车' });
});

test('what cannot come over as it was is told, rule by rule, with what to do', async () => {
  const { remarks } = await createReplies({ db, clock }).importRules(oldRules());
  const told = (name: string) => remarks.filter(({ rule }) => rule === name).map(({ what }) => what);
  expect(told('只有卡券')).toEqual([
    '卡券不能搬，請到規則裡換成文字或圖文。',
    '沒有可搬的回覆，整條沒有搬過來。',
  ]);
  expect(told('只有问号')[0]).toContain('只有標點或表情');
  expect(told('招聘')[0]).toContain('其餘 1 篇改成連結');
  expect(told('夜车').join('')).toMatch(/視頻改成了連結.*臨時素材，三天後失效/);
  expect(told('關注後的回覆')[0]).toContain('欢迎关注!');
  expect(told('默認回覆')).toEqual([]);
});

test('of several articles the first is shown and the others follow as links', async () => {
  await createReplies({ db, clock }).importRules(oldRules());
  expect((await answers('招聘'))?.replies).toEqual([
    {
      kind: 'news',
      articles: [
        {
          title: '找领队',
          description: '全职与季节性都有',
          picUrl: 'http://mmbiz.qpic.cn/cover/0',
          url: 'http://mp.weixin.qq.com/s?__biz=1&mid=2&idx=1&sn=3#rd',
        },
      ],
    },
    { kind: 'text', text: '<a href="http://mp.weixin.qq.com/s?__biz=1&mid=2&idx=2&sn=4#rd">领队的包</a>' },
  ]);
});

test('importing the same again changes nothing, not even the version', async () => {
  const replies = createReplies({ db, clock });
  const kept = { keepMedia: async (_kind: string, id: string) => `kept-${id}` };
  await replies.importRules(oldRules(), kept);
  const before = await rows().find().toArray();
  const version = await versionNow();
  const report = await replies.importRules(oldRules(), kept);
  expect(report).toMatchObject({ added: [], changed: [], edited: [] });
  expect(report.unchanged).toHaveLength(5);
  expect(await rows().find().toArray()).toEqual(before);
  expect(await versionNow()).toBe(version);
});

test('a dry run reports the same and writes nothing', async () => {
  const replies = createReplies({ db, clock });
  const dry = await replies.importRules(oldRules(), {
    dryRun: true,
    keepMedia: () => Promise.reject(new Error('called')),
  });
  expect(dry.added).toHaveLength(5);
  expect(await rows().countDocuments()).toBe(0);
  expect(await versionNow()).toBe(0);
});

test('when keeping a picture fails half-way, no rule is written at all', async () => {
  const replies = createReplies({ db, clock });
  const keepMedia = async (_kind: string, id: string) => {
    if (id === 'temporary-media-2') throw new Error('network');
    return 'kept';
  };
  await expect(replies.importRules(oldRules(), { keepMedia })).rejects.toThrow('network');
  expect(await rows().countDocuments()).toBe(0);
});

test('pictures are kept for good on import; those imported without are replaced at the next import', async () => {
  const replies = createReplies({ db, clock });
  await replies.importRules(oldRules());
  const again = await replies.importRules(oldRules(), { keepMedia: async (_kind, id) => `kept-${id}` });
  expect(again.changed).toEqual(['退改', '夜车']);
  expect((await answers('退款'))?.replies[1]).toEqual({ kind: 'image', mediaId: 'kept-temporary-media-1' });
});

test('a rule that changed at WeChat is updated, unless an operator has edited it here', async () => {
  const replies = createReplies({ db, clock });
  await replies.importRules(oldRules());
  const [student] = (await replies.list()).filter((rule) => rule.name === '学生票');
  if (!student) throw new Error('not imported');
  await replies.save({ ...student, priority: 5, replies: [{ kind: 'text', text: '改過的' }] }, student._id);
  const changed = oldRules();
  for (const rule of changed.rules) if (rule.name !== '天气') rule.replies = [{ kind: 'text', text: '新' }];
  const report = await replies.importRules(changed);
  expect(report).toMatchObject({
    changed: ['退改', '招聘', '夜车'],
    edited: ['学生票'],
    unchanged: ['天气'],
  });
  expect((await answers('学生票'))?.replies).toEqual([{ kind: 'text', text: '改過的' }]);
  expect((await answers('招聘'))?.replies).toEqual([{ kind: 'text', text: '新' }]);
});

test('words that a code handler or another rule answers are reported as conflicts', async () => {
  const replies = createReplies({ db, clock });
  const takenBy = (text: string) => (fold(text) === fold('天氣') ? 'handlers/weather.ts' : undefined);
  await replies.save({
    name: '自己的',
    match: [{ kind: 'exact', words: ['聽海'] }],
    replies: [{ kind: 'text', text: '海' }],
    mode: 'all',
  });
  const { conflicts } = await replies.importRules(oldRules(), { takenBy });
  expect(conflicts).toEqual([
    { rule: '夜车', word: '听海', with: '規則「自己的」' },
    { rule: '天气', word: '天气', with: 'handlers/weather.ts' },
  ]);
});

test('menu items that the console answered by itself become rules for the same keys that a pulled menu clicks', async () => {
  const replies = createReplies({ db, clock });
  const old = oldMenu();
  const report = await replies.importRules(old);
  expect(report.added).toEqual(['菜單：去哪玩/怎么报名', '菜單：去哪玩/本月', '菜單：客服']);
  await replies.load();
  const [signUp] = old.clicks;
  expect(replies.compiled().click(signUp?.key ?? '', clock.now())?.rule.replies).toEqual([
    { kind: 'text', text: '回复线路名和日期' },
  ]);
  expect(replies.compiled().click('V2_ORDERS', clock.now())).toBeUndefined();
});

test('a random reply is the same for the same message, and all of them come up', async () => {
  await createReplies({ db, clock }).importRules(oldRules());
  const [rule] = await rows().find({ name: '学生票' }).toArray();
  if (!rule) throw new Error('not imported');
  const said = (id: string) => repliesOf(rule, id);
  expect(said('24700000000000001')).toEqual(said('24700000000000001'));
  expect(said('24700000000000001')).toHaveLength(1);
  const texts = new Set(Array.from({ length: 60 }, (_, n) => JSON.stringify(said(String(n)))));
  expect(texts.size).toBe(3);
});

test('a rule speaks only inside its dates, by business time', async () => {
  const replies = createReplies({ db, clock });
  const from = new Date('2026-12-01T00:00:00+08:00');
  const until = new Date('2027-01-01T00:00:00+08:00');
  await replies.save({
    name: '聖誕',
    match: [{ kind: 'contains', words: ['聖誕'] }],
    replies: [{ kind: 'text', text: '聖誕市集' }],
    mode: 'all',
    validFrom: from,
    validUntil: until,
  });
  expect(await answers('聖誕去哪', from.getTime() - 1)).toBeUndefined();
  expect(await answers('圣诞去哪', from.getTime())).toMatchObject({ rule: '聖誕' });
  expect(await answers('聖誕去哪', until.getTime() - 1)).toMatchObject({ rule: '聖誕' });
  expect(await answers('聖誕去哪', until.getTime())).toBeUndefined();
});

test('among rules that match, priority decides, then the whole word, then the longer one', async () => {
  const replies = createReplies({ db, clock });
  const make = (name: string, kind: 'exact' | 'contains', word: string, priority = 0) =>
    replies.save({
      name,
      match: [{ kind, words: [word] }],
      replies: [{ kind: 'text', text: name }],
      mode: 'all',
      priority,
    });
  await make('短', 'contains', '門票');
  await make('長', 'contains', '兒童門票');
  await make('整句', 'exact', '兒童門票');
  expect(await answers('兒童門票')).toMatchObject({ rule: '整句' });
  expect(await answers('買兒童門票')).toMatchObject({ rule: '長' });
  expect(await answers('門票')).toMatchObject({ rule: '短' });
  await make('優先', 'contains', '票', 9);
  expect(await answers('兒童門票')).toMatchObject({ rule: '優先' });
});

test('rules switched off or removed say nothing', async () => {
  const replies = createReplies({ db, clock });
  const rule = {
    name: '票',
    match: [{ kind: 'exact' as const, words: ['票'] }],
    replies: [{ kind: 'text' as const, text: '票' }],
    mode: 'all' as const,
  };
  const id = await replies.save(rule);
  await replies.save({ ...rule, on: false }, id);
  expect(await answers('票')).toBeUndefined();
  await replies.save(rule, id);
  expect(await answers('票')).toMatchObject({ rule: '票' });
  await replies.remove(id);
  expect(await answers('票')).toBeUndefined();
});

test('every change reaches a process that watches the version', async () => {
  const editor = createReplies({ db, clock });
  const server = createReplies({ db, clock });
  const versions = createVersions({ db });
  await versions.watch('replies', () => server.load());
  await editor.importRules(oldRules());
  await versions.check();
  expect(server.compiled().find(fold('退款'), clock.now())?.rule.name).toBe('退改');
});

test.each([
  ['no word', { match: [] }, '至少要一個關鍵詞'],
  ['a word of punctuation', { match: [{ kind: 'contains' as const, words: ['?!'] }] }, '只有標點'],
  ['no reply', { replies: [] }, '至少要一則回覆'],
  ['an empty reply', { replies: [{ kind: 'text' as const, text: ' ' }] }, '要有文字'],
  ['dates the wrong way round', { validFrom: new Date(2), validUntil: new Date(1) }, '結束要晚於開始'],
])('a rule with %s is refused and told why', async (_name, wrong, reason) => {
  const right = {
    name: '票',
    match: [{ kind: 'exact' as const, words: ['票'] }],
    replies: [{ kind: 'text' as const, text: '票' }],
    mode: 'all' as const,
  };
  await expect(createReplies({ db, clock }).save({ ...right, ...wrong })).rejects.toThrow(reason);
  expect(await rows().countDocuments()).toBe(0);
});
