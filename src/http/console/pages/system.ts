import { z } from 'zod';
import { beijingMoment } from '../../../kit/beijing';
import { createGate } from '../../../kit/gate';
import { capabilities, whyNot } from '../../../wechat/api/account-types';
import { may, page, part } from '../console';
import { span } from '../numbers';
import { type Cell, type Tone, table } from '../parts';

const nothing = z.object({});
/** It opens everything anew and asks WeChat: one at a time. */
const examining = createGate({ atOnce: 1, maxWaiting: 5 });
const marks: Record<'good' | 'note' | 'bad', [string, Tone]> = {
  bad: ['要處理', 'red'],
  note: ['供參考', 'blue'],
  good: ['正常', 'green'],
};
const order = ['bad', 'note', 'good'] as const;

export default [
  page(
    '/system',
    may('system.see'),
    { title: '賬號與設定', menu: { group: 'system', at: 50 }, template: 'system', asks: nothing },
    async ({ house }) => {
      const { account, simulated } = house;
      const token = await house.tokenLeftMs();
      return {
        kind: `${account.verified ? '已認證' : '未認證'}的${account.type === 'service' ? '服務號' : '訂閱號'}`,
        simulated,
        publicUrl: house.publicUrl,
        token:
          token === undefined ? '現在沒有；下一次調用微信時會去拿' : `還有 ${span(token)}，到期前自動換新`,
        abilities: table({
          caption: '這個賬號能做什麼',
          columns: [{ label: '功能' }, { label: '能不能' }, { label: '為什麼' }],
          rows: capabilities(account).map(({ feature, says, allowed }): Cell[] => [
            says,
            { text: allowed ? '能' : '不能', tone: allowed ? 'green' : 'grey' },
            whyNot(account, feature) ?? '',
          ]),
          empty: { title: '', text: '' },
        }),
        settings: table({
          caption: '設定',
          columns: [{ label: '設定' }, { label: '現在' }, { label: '名字' }],
          rows: house.settings.map(({ name, what, value }): Cell[] => [
            what,
            { text: value, own: true },
            { text: name, own: true },
          ]),
          empty: { title: '', text: '' },
        }),
      };
    },
  ),
  page(
    '/system/doctor',
    may('system.see'),
    { title: '檢查', menu: { group: 'system', at: 51 }, template: 'system-doctor', asks: nothing },
    () => ({}),
  ),
  part(
    '/system/doctor/now',
    may('system.see'),
    { template: 'system-findings', asks: nothing },
    async ({ house, now }) => {
      const found = await examining(() => house.doctor());
      return {
        at: now,
        bad: found.filter(({ state }) => state === 'bad').length,
        table: table({
          caption: '檢查的結果，要處理的在前',
          columns: [{ label: '怎麼樣' }, { label: '是什麼' }, { label: '怎麼辦' }],
          rows: order.flatMap((state) =>
            found
              .filter((one) => one.state === state)
              .map(({ what, todo = '' }): Cell[] => [
                { text: marks[state][0], tone: marks[state][1] },
                what,
                todo,
              ]),
          ),
          empty: { title: '', text: '' },
        }),
      };
    },
  ),
  part(
    '/system/schema',
    may('system.see'),
    { template: 'system-schema', asks: nothing },
    async ({ house }) => {
      const { migrations, missing } = await house.schema();
      return {
        missing,
        table: table({
          caption: '數據庫的遷移',
          columns: [{ label: '第幾次', number: true }, { label: '什麼時候做的' }],
          rows: migrations.map(({ n, doneAt }): Cell[] => [
            n,
            doneAt === undefined ? { text: '還沒做', tone: 'red' } : beijingMoment(doneAt),
          ]),
          empty: { title: '沒有遷移', text: '' },
        }),
      };
    },
  ),
];
