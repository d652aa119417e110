import { nextSteps, tellContents } from '../../scripts/push/tell';
import type { Content, PushRow } from '../../src/domain/pushes/push';
import { momentAt } from '../../src/kit/beijing';

const now = momentAt('2026-11-30 10:00');
const row: PushRow = {
  _id: 'weekend',
  name: '周末',
  class: 'marketing',
  version: 1,
  audience: { to: '30 天內來過', except: [] },
  routes: ['customer'],
  content: {},
  at: '現在',
  quiet: { from: '22:00', to: '08:00' },
  cap: { most: 3, days: 7 },
  late: 'ask',
  variants: [],
  state: 'paused',
  by: '小王',
  changedAt: new Date(now),
  links: [],
  log: [],
};
const paused = { by: '系統', why: '62 條都被拒收', at: new Date(now) };

test('of one that paused itself it is said why, and what is left to do when everybody was tried', () => {
  expect(nextSteps({ ...row, paused }, now, { waiting: 0 })).toEqual([
    '暫停的原因：62 條都被拒收',
    expect.stringMatching(/^都試過了，沒有人等著發。.*missed weekend.*again weekend 新編號$/),
  ]);
  expect(nextSteps({ ...row, paused }, now, { waiting: 3 })[1]).toContain('接著發：');
});

test('a moment far away is told as a day', () => {
  const far = { ...row, state: 'scheduled' as const, dueAt: new Date(momentAt('2027-10-01 09:00')) };
  expect(nextSteps(far, now)[0]).toMatch(/^2027-10-01 09:00 發，還有 305 天；看著：/);
  const soon = { ...far, dueAt: new Date(momentAt('2026-11-30 10:12')) };
  expect(nextSteps(soon, now)[0]).toMatch(/^2026-11-30 10:12 發，還有 12 分鐘；/);
});

test('fields are called as in the workbook, and a route that all read alike has no versions', () => {
  const items = [
    { id: 'a', text: '想去' },
    { id: 'b', text: '不去' },
  ];
  const content: Content = {
    customer: { kind: 'menu', head: '去嗎', items },
    template: { templateId: 't1', fields: { thing1: '杭州' }, url: 'https://travel.example.com' },
  };
  const other: Content = { customer: { kind: 'text', text: '走' } };
  expect(tellContents({ content, variants: [{ name: '乙', share: 30, content: other }] })).toEqual([
    '其餘 70%　客服消息（選單）：',
    '  標題：去嗎',
    '  選項：a=想去｜b=不去',
    '模板消息：',
    '  模板：t1',
    '  模板欄位：thing1＝杭州',
    '  網址：https://travel.example.com',
    '「乙」30%　客服消息（文字）：走',
  ]);
});
