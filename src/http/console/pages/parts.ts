import { z } from 'zod';
import { AppError } from '../../../errors';
import { barsOf, drawChart, linesOver } from '../chart';
import { act, done, may, page, picture, type Visit } from '../console';
import { cursor, line, maybe, whole } from '../form';
import { confirm, form, table, tiles } from '../parts';

/** Only beside a simulator: it is for who builds pages. */
function requireSimulated({ house }: Visit): void {
  if (!house.simulated) throw new AppError('NotFound', 'console.no-page', '這一頁只在模擬環境裡有。');
}

const cities = ['杭州', '西安', '成都', '廈門', '哈爾濱'];

export default [
  page(
    '/console/parts',
    may('home.see'),
    {
      title: '頁面的零件',
      template: 'parts',
      asks: z.object({ city: maybe(z.string()), sort: maybe(z.string()), cursor }),
    },
    (visit, asked) => {
      requireSimulated(visit);
      return {
        tiles: tiles([
          { label: '今天的回答', value: 12_843, href: '#table', note: '昨天 11,902' },
          { label: '能發到', value: '86%' },
        ]),
        table: table({
          caption: '樣例',
          path: '/console/parts',
          asked,
          filters: [
            {
              kind: 'select',
              name: 'city',
              label: '城市',
              value: asked.city,
              options: cities.map((value) => ({ value, label: value })),
            },
          ],
          columns: [
            { label: '名字' },
            { label: '城市', sort: 'city' },
            { label: '積分', number: true, sort: 'points' },
            { label: '狀態' },
          ],
          rows: cities
            .filter((city) => !asked.city || city === asked.city)
            .map((city, n) => [
              { text: `旅友${n}`, href: '#table', own: true, note: '<b>別人寫的字</b>' },
              city,
              n * 1_205,
              { text: n % 2 ? '已核銷' : '待審批', tone: n % 2 ? 'green' : 'yellow' },
            ]),
          next: asked.cursor ? undefined : 'abc',
          total: 1_204,
          empty: { title: '還沒有', text: '第一步是什麼。' },
        }),
        form: form({
          to: '/console/parts/try',
          submit: '試試看',
          draft: 'parts',
          fields: [
            { name: 'name', label: '名字', kind: 'text', required: true, help: '一行字' },
            { name: 'n', label: '人數', kind: 'number', value: 3 },
            { name: 'text', label: '幾行字', kind: 'lines' },
            { name: 'day', label: '日子', kind: 'day' },
            { name: 'at', label: '時間', kind: 'moment' },
            {
              name: 'city',
              label: '城市',
              kind: 'select',
              options: cities.map((value) => ({ value, label: value })),
            },
            {
              name: 'how',
              label: '怎麼發',
              kind: 'radio',
              value: 'a',
              options: [
                { value: 'a', label: '現在' },
                { value: 'b', label: '明早' },
              ],
            },
            {
              name: 'which',
              label: '哪幾個',
              kind: 'ticks',
              value: ['杭州'],
              options: cities.map((value) => ({ value, label: value })),
            },
            { name: 'sure', label: '我看過了', kind: 'tick' },
            { name: 'file', label: '文件', kind: 'file', accept: '.xlsx,.csv' },
          ],
        }),
        confirm: confirm({
          id: 'stop',
          to: '/console/parts/try',
          label: '停止',
          title: '停止這場活動？',
          text: '停了以後沒有人能再答題；發出的獎不收回。',
          reason: '原因',
          submit: '停止',
          fields: [{ name: 'name', label: '', kind: 'hidden', value: '停止' }],
        }),
        phone: [
          { hers: true, text: '杭州天氣' },
          { hers: false, text: '杭州今天 18°C，多雲。\n出門帶件外套。' },
        ],
      };
    },
  ),
  act(
    '/console/parts/try',
    may('home.see'),
    { what: '試零件', asks: z.object({ name: line(20), n: maybe(whole(1, 9)) }) },
    async (visit, { name }) => {
      requireSimulated(visit);
      return done(`收到「${name}」。`);
    },
  ),
  picture(
    '/console/parts/chart',
    may('home.see'),
    { asks: z.object({ kind: z.enum(['lines', 'bars']) }) },
    async (_visit, { kind }) =>
      drawChart(
        kind === 'bars'
          ? barsOf(cities, [{ name: '人數', values: [820, 640, 900, 410, 230] }])
          : linesOver(
              ['週一', '週二', '週三', '週四', '週五'],
              [
                { name: '回答', values: [120, 180, 260, 240, 320] },
                { name: '新關注', values: [12, 22, 31, 18, 40] },
              ],
            ),
      ),
  ),
];
