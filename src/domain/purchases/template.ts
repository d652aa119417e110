import { beijingDay, dayMs } from '../../kit/beijing';
import { writeBook } from '../../sheets/write-book';
import { heads } from './read-purchases';

const about: [string, string][] = [
  ['手機號', '必填。11 位的大陸手機號；只留下加了鑰匙的雜湊值，手機號本身不留'],
  ['訂單號', '有訂單時必填。英文字母、數字、- _ .；一張訂單只寫一行'],
  ['日期', '有訂單時必填。2026-11-21 這樣的日子'],
  ['金額（元）', '有訂單時必填。整單實付，最多兩位小數'],
  ['品名', '可以不填'],
  ['會員號', '可以不填；只留下雜湊值'],
  ['會員等級', '可以不填。同一個手機號有幾行時，以日期最近的一行為準；沒有訂單的一行算今天'],
  ['', '同一個檔案再導入一次，什麼都不會變。同一張訂單的內容不同時不會覆寫，會列在「衝突」裡等人決定'],
];

/** A workbook to fill in, with examples to write over. `now`: business ms. */
export const purchaseTemplate = (now: number): Promise<Buffer> =>
  writeBook([
    {
      name: '會員與購買',
      columns: Object.values(heads).map(([title]) => ({ title, width: 18 })),
      rows: [
        ['13800000001', 'A20260001', beijingDay(now - 40 * dayMs), '1280', '杭州三日', 'V0001', '金卡'],
        ['13800000001', 'A20260002', beijingDay(now - 3 * dayMs), '560.5', '蘇州園林一日', 'V0001', '金卡'],
        ['13800000002', undefined, undefined, undefined, undefined, 'V0002', '銀卡'],
      ],
    },
    {
      name: '說明',
      columns: [
        { title: '欄', width: 14 },
        { title: '怎麼填', width: 80, wrapped: true },
      ],
      rows: about,
    },
  ]);
