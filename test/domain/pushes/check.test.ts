import { problemsOfSms } from '../../../src/domain/phones/sms';
import { findingsOf, problemOfSize, silentFor, silentRemark } from '../../../src/domain/pushes/check';
import { type Definition, definition, type RouteName } from '../../../src/domain/pushes/push';
import { customerRoute } from '../../../src/domain/pushes/routes/customer';
import { mailRoute } from '../../../src/domain/pushes/routes/mail';
import { massRoute } from '../../../src/domain/pushes/routes/mass';
import { noticeRoute, templateRoute } from '../../../src/domain/pushes/routes/notices';
import type { AnyRoute } from '../../../src/domain/pushes/routes/route';
import { smsRoute } from '../../../src/domain/pushes/routes/sms';

const unasked = () => Promise.reject(new Error('nothing is sent here'));
const all: AnyRoute[] = [
  customerRoute({ messages: { send: unasked }, mediaId: unasked }),
  massRoute({ mass: { sendTo: unasked, preview: unasked }, mediaId: unasked }),
  templateRoute({ templates: { send: unasked } }),
  noticeRoute({ notices: { send: unasked } }),
  smsRoute({ phones: { sendPush: unasked }, problemsOf: problemsOfSms }),
  mailRoute({ mails: { forPush: unasked, writePush: unasked as never, sendPush: unasked } }),
];
const routes: ReadonlyMap<RouteName, AnyRoute> = new Map(all.map((route) => [route.name, route]));

const pushOf = (more: Partial<Record<keyof Definition, unknown>> = {}): Definition =>
  definition.parse({
    id: 'sea',
    name: '去海邊',
    class: 'marketing',
    audience: { to: '30 天內來過' },
    routes: ['customer'],
    content: { customer: { kind: 'text', text: '{名字|朋友}，去海邊嗎？' } },
    ...more,
  });
const told = (
  push: Definition,
  {
    account = { type: 'service', verified: true } as const,
    only = routes,
  }: { account?: object; only?: typeof routes } = {},
) =>
  findingsOf(push, { routes: only, account: account as never, names: ['名字', '城市'] }).map(
    ({ place, message }) => `${place}：${message}`,
  );

test('a sound push has no findings', () => {
  expect(told(pushOf())).toEqual([]);
});

test('template messages and notices carry no marketing, and it is said what to do', () => {
  const notice = { templateId: 't', fields: { thing1: '海邊' } };
  const push = (kind: string) =>
    pushOf({ class: kind, routes: ['template', 'notice'], content: { template: notice, notice } });
  expect(told(push('service'))).toEqual([]);
  expect(told(push('marketing'))).toEqual([
    expect.stringContaining('路線：模板消息只能發通知、結果、提醒，不能發營銷內容'),
    expect.stringContaining('路線：訂閱通知只能發'),
  ]);
});

test('what the account may not do, and what is not connected, is told by its route', () => {
  expect(told(pushOf(), { account: { type: 'subscription', verified: false } })).toEqual([
    expect.stringContaining('客服消息要已認證的賬號，本號是未認證的訂閱號'),
  ]);
  expect(told(pushOf(), { only: new Map() })).toContainEqual(expect.stringContaining('現在不能用'));
});

test('every route has its words, every word its route', () => {
  expect(
    told(
      pushOf({
        routes: ['customer', 'mass', 'customer'],
        content: { customer: { kind: 'text', text: '好' }, sms: { text: '好' } },
      }),
    ),
  ).toEqual([
    '內容：寫了走群發，卻沒有寫它的內容',
    '路線：同一條路寫了兩次',
    '內容：寫了短信的內容，路線裡卻沒有它',
  ]);
});

test('variables stand only where words are each person’s, and only those that there are', () => {
  const text = '{生肖}，去海邊嗎？';
  expect(told(pushOf({ content: { customer: { kind: 'text', text } } }))).toEqual([
    '客服消息：沒有「{生肖}」這個變量；有的是：名字、城市',
  ]);
  const mass = { routes: ['mass'], content: { mass: { kind: 'text', text: '{名字|朋友}好' } } };
  expect(told(pushOf(mass))).toEqual(['群發：「{名字}」：群發對每個人說的一樣，不能有變量']);
  const variants = [{ name: 'B', share: 50, content: { customer: { kind: 'text', text } } }];
  expect(told(pushOf({ variants }))).toEqual([expect.stringContaining('「B」客服消息：沒有「{生肖}」')]);
});

test('a variable in an address is refused: it would lead nobody anywhere', () => {
  const text = '[看看](https://a.example.com/?p={城市|0})';
  expect(told(pushOf({ content: { customer: { kind: 'text', text } } }))).toEqual([
    expect.stringMatching(/^客服消息：「https.*網址裡不能有變量/),
  ]);
});

test('a link without https and a brace that is not closed are told, by any route', () => {
  const text = '[短](travel.example.com/b)，去{城市|杭州';
  const content = { customer: { kind: 'text', text }, mass: { kind: 'text', text } };
  expect(told(pushOf({ routes: ['customer', 'mass'], content }))).toEqual([
    expect.stringMatching(/^客服消息：「\[短\].*不會變成連結/),
    expect.stringMatching(/^客服消息：「{城市\|杭州」：大括號/),
    expect.stringMatching(/^群發：「\[短\]/),
    expect.stringMatching(/^群發：「{城市/),
  ]);
});

test('shares of versions stay within all, and versions have names of their own', () => {
  const one = { name: 'B', share: 60, content: { customer: { kind: 'text', text: '好' } } };
  expect(told(pushOf({ variants: [one, one] }))).toEqual([
    'A/B：各版加起來是 120%，不能超過 100%',
    'A/B：兩版叫同一個名字',
  ]);
});

test('versions of all shares need no words for the rest; else it is said whose words are missing', () => {
  const one = (
    name: string,
    share: number,
    content: object = { customer: { kind: 'text', text: '好' } },
  ) => ({
    name,
    share,
    content,
  });
  const of = (...variants: object[]) => told(pushOf({ content: {}, variants }));
  expect(of(one('甲', 50), one('乙', 50))).toEqual([]);
  expect(of(one('甲', 50), one('乙', 30))).toEqual([
    expect.stringMatching(/^內容：寫了走客服消息，卻沒有寫其餘 20% 的人看什麼：.*正好 100%/),
  ]);
  expect(of(one('甲', 50), one('乙', 50, {}))).toEqual([
    expect.stringContaining('卻沒有寫「乙」的內容：每一版各寫一行'),
  ]);
  expect(of(one('甲', 50, {}), one('乙', 50, {}))).toEqual(['內容：寫了走客服消息，卻沒有寫它的內容']);
  expect(told(pushOf({ variants: [one('甲', 50, { sms: { text: '好' } })] }))).toEqual([
    '內容：「甲」寫了短信的內容，路線裡卻沒有它',
  ]);
});

const article = (draft: string) => ({ mass: { kind: 'article', draftMediaId: draft } });
const byMass = (own: object, ...others: { name: string; share: number; content: object }[]) =>
  pushOf({
    routes: ['customer', 'mass'],
    content: { customer: { kind: 'text', text: '好' }, ...own },
    variants: others,
  });

test('every version that somebody gets has a draft of its own: the first that goes out uses it up', () => {
  const once = [expect.stringMatching(/^A\/B：幾版的群發用了同一篇草稿.*每一版.*各用一篇草稿/)];
  expect(told(byMass(article('d1')))).toEqual([]);
  expect(told(byMass(article('d1'), { name: 'B', share: 50, content: article('d2') }))).toEqual([]);
  expect(told(byMass(article('d1'), { name: 'B', share: 50, content: article('d1') }))).toEqual(once);
  // A version that says nothing else by mass message takes the push's own.
  const words = { customer: { kind: 'text', text: '去嗎？' } };
  expect(told(byMass(article('d1'), { name: 'B', share: 50, content: words }))).toEqual(once);
  // Nobody gets the push's own.
  expect(told(byMass(article('d1'), { name: 'B', share: 100, content: article('d1') }))).toEqual([]);
});

test('a draft goes to no more people than one call takes, and it is said what to do', () => {
  const push = byMass(article('d1'));
  expect(problemOfSize(push, 10_000)).toBeUndefined();
  expect(problemOfSize(push, 10_001)).toEqual({
    place: '群發',
    message: expect.stringMatching(/最多 10,000 人，這裡有 10,001 人。把對象分成幾份.*各用一篇草稿/),
  });
  expect(problemOfSize(byMass({ mass: { kind: 'text', text: '好' } }), 50_000)).toBeUndefined();
  expect(problemOfSize(pushOf(), 50_000)).toBeUndefined();
});

test('a text is as long as WeChat takes it with its links as they will be', () => {
  const link = '[看](https://a.co/x)';
  const of = (text: string) =>
    told(
      pushOf({
        routes: ['customer', 'mass'],
        content: { customer: { kind: 'text', text }, mass: { kind: 'text', text } },
      }),
    );
  expect(of('海'.repeat(600))).toEqual([]);
  expect(of('海'.repeat(500) + link.repeat(2))).toEqual([]);
  const long = /：太長：微信一條最多收約 682 個漢字，一個連結要佔 55 個.*還要少約 \d+ 個字$/;
  expect(of('海'.repeat(600 - 3 * link.length) + link.repeat(3))).toEqual([
    expect.stringMatching(long),
    expect.stringMatching(long),
  ]);
});

const silent = { leaf: 'silent', days: 30 };
const region = { leaf: 'region', regions: ['浙江'] };
test('a rule is silent where all whom it means are', () => {
  expect(silentFor(silent)).toBe(30);
  expect(silentFor({ all: [region, silent] })).toBe(30);
  expect(silentFor({ any: [silent, { leaf: 'silent', days: 60 }] })).toBe(30);
  expect(silentFor({ any: [silent, region] })).toBeUndefined();
  expect(silentFor({ none: [silent] })).toBeUndefined();
});

test('who plans to reach the silent by customer message is told which routes can', () => {
  expect(silentRemark(pushOf(), silent)).toMatch(
    /沉默超過 30 天的人，客服消息一個也到不了.*群發.*短信、郵件/,
  );
  expect(silentRemark(pushOf({ class: 'service' }), silent)).toContain('模板消息');
  expect(silentRemark(pushOf({ routes: ['mass'] }), silent)).toBeUndefined();
  expect(silentRemark(pushOf(), region)).toBeUndefined();
});
