import { z } from 'zod';
import { fold } from '../../../kit/text';
import * as cell from '../../../sheets/cells';
import { codeCell } from '../../../sheets/code-cell';
import type { Row } from '../../../sheets/grid';
import type { Problem } from '../../../sheets/problems';

/** One column (or, on the sheet 「活動」, one line) of the workbook. */
export type Field = {
  /** As the template writes it; the name of the field is accepted as well. */
  heading: string;
  cell: z.ZodType;
  /** What to write there, for the template and docs/quiz.md. */
  help: string;
};
export type Fields = Record<string, Field>;
export type Read<F extends Fields> = { [K in keyof F]: z.output<F[K]['cell']> };
/** The cells of a sheet, by the name of their field. */
export const columnsOf = <F extends Fields>(fields: F): { [K in keyof F]: F[K]['cell'] } =>
  Object.fromEntries(Object.entries(fields).map(([name, { cell: schema }]) => [name, schema])) as {
    [K in keyof F]: F[K]['cell'];
  };

const count = (from: number, to: number) => cell.whole({ from, to, advice: `請填 ${from} 到 ${to} 的整數` });

/** One of a few words, in either script, or the name the program gives it. */
function choice<Key extends string>(words: Record<Key, string>) {
  const known = new Map<string, Key>();
  for (const [key, word] of Object.entries<string>(words)) {
    known.set(fold(key), key as Key);
    known.set(fold(word), key as Key);
  }
  return cell.readable({
    read: (text) => known.get(fold(text)),
    wrong: '不認得',
    advice: `請填 ${Object.values(words).join('、')} 其中之一`,
  });
}

/** 「5/3|8/5」: a level of 5 questions passed with 3, then one of 8 passed with 5. In JSON a list of `{questions, pass}`. */
const levels = z
  .union(
    [
      z.array(z.object({ n: z.number().optional(), questions: z.number().int(), pass: z.number().int() })),
      cell.text(200, '請寫成 5/3|8/5（題數/過關題數）').transform((value) =>
        value
          .split(/[|｜,，、;；\p{Zl}\p{Zp}\n\r]+/u)
          .filter((level) => level.trim() !== '')
          .map((level) => {
            const [, questions, pass] = /^\s*(\d{1,3})\s*\/\s*(\d{1,3})\s*$/.exec(cell.narrow(level)) ?? [];
            return { questions: Number(questions), pass: Number(pass) };
          }),
      ),
    ],
    { error: '讀不懂，請寫成 5/3|8/5（題數/過關題數）' },
  )
  .refine((all) => all.length > 0 && all.length <= 50, { error: '請寫 1 到 50 關' })
  .refine((all) => all.every(({ questions, pass }) => questions >= 1 && questions <= 100 && pass >= 0), {
    error: '讀不懂，請寫成 5/3|8/5（題數/過關題數），每關 1 到 100 題',
  })
  .refine((all) => all.every(({ questions, pass }) => pass <= questions), {
    error: '過關題數不能多於這一關的題數',
  })
  .transform((all) => all.map(({ questions, pass }, i) => ({ n: i + 1, questions, pass })));

/** 「5:3:2」: five easy to three middling to two hard. In JSON `{1: 5, 2: 3, 3: 2}`. */
const mix = z
  .union(
    [
      z.record(z.enum(['1', '2', '3']), z.number().int().min(0).max(100)),
      cell
        .text(20, '請寫成 5:3:2')
        .transform(cell.narrow)
        .refine((value) => /^\d{1,3}:\d{1,3}:\d{1,3}$/.test(value))
        .transform((value) => {
          const [easy, middling, hard] = value.split(':').map(Number);
          return { 1: easy ?? 0, 2: middling ?? 0, 3: hard ?? 0 };
        }),
    ],
    { error: '讀不懂，請寫成 5:3:2（易:中:難）' },
  )
  .refine((shares) => Object.values(shares).some((share) => share > 0), { error: '至少一種難度要大於 0' });

/** Between numbers a space is a sign as well. */
function spaced(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const plain = cell.narrow(value).trim();
  // 「1,100|1,200」: thousands? Not guessed: no longer a number.
  const unclear = /\d,\d{3}(?!\d)/.test(plain) && /[|、;/\s]/.test(plain);
  return unclear ? plain.replaceAll(',', '.') : plain.replace(/\s+/g, '|');
}

const numbers = (advice: string) =>
  z
    .preprocess(spaced, cell.list(9, advice))
    .refine((values) => values.length > 0 && values.every((value) => /^[1-9]\d{0,8}$/.test(value)), {
      error: `裡有不是正整數的，${advice}`,
    })
    .transform((values) => [...new Set(values.map(Number))].toSorted((a, b) => a - b))
    .meta({ holds: 'number' });

const digits = z
  .preprocess(spaced, cell.list(6, '請填數字，用 | 分隔，例如 66|88'))
  .refine((values) => values.length > 0 && values.every((value) => /^\d{1,6}$/.test(value)), {
    error: '裡有不是數字的，請填數字，用 | 分隔，例如 66|88',
  });

/** A question's page shows it over https, where a picture over http stays blank. */
const picture = cell
  .text(1000, '請填 https:// 開頭的圖片地址')
  .refine((value) => /^https:\/\//i.test(value) && URL.canParse(value), {
    error: '不是圖片地址，請填 https:// 開頭的完整網址',
  });

const yes = choice({ yes: '是', no: '否' }).transform((value) => value === 'yes');

export const quizFields = {
  id: { heading: '編號', cell: cell.id, help: '英文字母、數字與 - _ .，以後不能改。' },
  title: { heading: '標題', cell: cell.text(30, '請填標題'), help: '最多 30 個字。' },
  intro: { heading: '介紹', cell: cell.text(300, '請填介紹').optional(), help: '開場白，最多 300 個字。' },
  keywords: {
    heading: '關鍵字',
    cell: cell
      .list(20, '請填粉絲輸入的話，用 | 分隔')
      .refine((words) => words.length > 0, { error: '空著，請填粉絲輸入的話，用 | 分隔' }),
    help: '粉絲輸入什麼就開始，用 | 分隔。',
  },
  menuKey: {
    heading: '菜單鍵',
    cell: cell.id.optional(),
    help: '可空。菜單上哪個按鈕開始這個活動（按鈕的 key）。',
  },
  startsAt: { heading: '開始時間', cell: cell.moment(), help: '北京時間，例如 2026-12-01 09:00。' },
  endsAt: { heading: '結束時間', cell: cell.moment(), help: '北京時間；在這一刻（含）以前收到的答案都算。' },
  opensAt: {
    heading: '每日開放',
    cell: cell.timeOfDay.optional(),
    help: '每天幾點起可以開新題；空著是 00:00。',
  },
  closesAt: {
    heading: '每日關閉',
    cell: cell.timeOfDay.optional(),
    help: '每天幾點起不再開新題；空著是 24:00。',
  },
  perDay: { heading: '每日題數', cell: count(1, 100), help: '每人每天最多答幾題（搶答題不算）。' },
  pointsPerAnswer: { heading: '每題分數', cell: count(1, 10_000), help: '答對一題得幾分。' },
  firstBonus: {
    heading: '每日首答加分',
    cell: count(0, 10_000).optional(),
    help: '每天第一題答了就加幾分，不論對錯；空著是 0。',
  },
  levels: {
    heading: '關卡',
    cell: levels,
    help: '每關「題數/過關題數」，用 | 分隔：5/3|8/5 是第一關 5 題對 3 題過關，第二關 8 題對 5 題過關。',
  },
  timerSeconds: { heading: '每題限時', cell: count(5, 600).optional(), help: '秒；空著是不限時。' },
  mix: { heading: '難度比例', cell: mix.optional(), help: '易:中:難，例如 5:3:2；空著是題庫有什麼出什麼。' },
  rules: {
    heading: '規則',
    cell: cell.text(2000, '請填活動規則').optional(),
    help: '給粉絲看的完整規則；公布後只能在後面增補。',
  },
  organiser: {
    heading: '主辦單位',
    cell: cell.text(100, '請填主辦單位').optional(),
    help: '營業執照上的全稱。',
  },
  contact: {
    heading: '聯絡方式',
    cell: cell.text(100, '請填聯絡方式').optional(),
    help: '電話或郵箱，粉絲有疑問時找誰。',
  },
  forfeiture: {
    heading: '逾期處理',
    cell: cell.text(300, '請填逾期未領怎麼處理').optional(),
    help: '多久沒領算放棄，放棄的獎品怎麼辦。',
  },
  audience: { heading: '參加對象', cell: choice({ all: '全部' }).optional(), help: '目前只有「全部」。' },
  staff: {
    heading: '工作人員',
    cell: cell
      .list(64, '請填粉絲編號（pid），用 | 分隔')
      // As an export shows it: a `'` before what a spreadsheet would take for a formula. No pid has a space.
      .transform((pids) => [
        ...new Set(
          pids.flatMap((pid) => pid.replace(/\p{Cf}/gu, '').split(/\s+/)).map((pid) => pid.replace(/^'/, '')),
        ),
      ])
      .optional(),
    help: '可空。主辦與贊助商員工的粉絲編號（pid），用 | 分隔：可以玩，但沒有樓層，不上榜，不得獎。',
  },
} satisfies Fields;

export const questionFields = {
  id: { heading: '編號', cell: cell.id, help: '在這份題庫裡不重複，以後不能改。' },
  kind: {
    heading: '題型',
    cell: choice({ single: '單選', truefalse: '判斷', profile: '屬性' }).optional(),
    help: '單選、判斷、屬性（問她自己的事，怎麼答都得一次分）；空著是單選。',
  },
  text: { heading: '題目', cell: cell.text(200, '請填題目'), help: '最多 200 個字。' },
  ...(Object.fromEntries(
    [...'ABCDEF'].map((letter) => [
      `option${letter}`,
      {
        heading: `選項${letter}`,
        cell: cell.text(60, '請填選項').optional(),
        help: '單選與屬性填 2 到 6 個，從 A 起不留空；判斷可空著（對、錯）。最多 60 個字。',
      },
    ]),
  ) as Record<
    `option${'A' | 'B' | 'C' | 'D' | 'E' | 'F'}`,
    { heading: string; cell: z.ZodOptional<ReturnType<typeof cell.text>>; help: string }
  >),
  right: {
    heading: '答案',
    cell: z
      .union([z.number().int().min(0).max(5), cell.text(2, '請填 A 到 F')], {
        error: '不是答案，請填 A 到 F',
      })
      .optional(),
    help: '單選填 A 到 F；判斷填 對 或 錯；屬性空著。',
  },
  explanation: {
    heading: '解釋',
    cell: cell.text(300, '請填解釋').optional(),
    help: '答完給她看；最多 300 個字。',
  },
  brand: { heading: '品牌', cell: cell.text(40, '請填品牌').optional(), help: '可空。標籤。' },
  city: { heading: '城市', cell: cell.text(40, '請填城市').optional(), help: '可空。標籤。' },
  difficulty: {
    heading: '難度',
    cell: choice({ 1: '易', 2: '中', 3: '難' }).optional(),
    help: '易、中、難（或 1、2、3）；空著是中。',
  },
  sponsor: {
    heading: '贊助商',
    cell: cell.text(64, '請填贊助商的編號').optional(),
    help: '可空。贊助商表裡的編號或名稱。',
  },
  picture: {
    heading: '圖片',
    cell: picture.optional(),
    help: '可空。https:// 開頭的圖片地址；有圖的題目以圖文卡片發出，點開是圖和選項。',
  },
  attribute: {
    heading: '屬性名',
    cell: cell.text(40, '請填屬性名').optional(),
    help: '只有屬性題填：她的回答存成哪個屬性。',
  },
  retired: {
    heading: '停用',
    cell: yes.optional(),
    help: '可空。寫「是」就不再出這一題（公布後題目不能刪、不能改，只能停用）。',
  },
} satisfies Fields;

export const prizeFields = {
  id: { heading: '編號', cell: cell.id, help: '不重複，以後不能改。' },
  name: { heading: '名稱', cell: cell.text(60, '請填獎品名稱'), help: '粉絲看到的名稱，含規格。' },
  sponsor: {
    heading: '贊助商',
    cell: cell.text(64, '請填贊助商的編號').optional(),
    help: '可空。贊助商表裡的編號或名稱。',
  },
  kind: {
    heading: '類別',
    cell: choice({ goods: '實物', code: '兌換碼', coupon: '優惠券', points: '積分', money: '現金' }),
    help: '實物（填地址寄送）、兌換碼（先導入，立刻顯示）、優惠券（店員核銷）、積分、現金（要等支付功能）。',
  },
  priceYuan: {
    heading: '單價（元）',
    cell: cell.yuan('請填一份值多少元，最多兩位小數').optional(),
    help: '一份的市場價；抽獎與其他帶偶然性的獎品，一份不能超過 50000 元。',
  },
  priceFen: {
    heading: '單價（分）',
    cell: count(0, 99_999_999).optional(),
    help: '與「單價（元）」二選一。',
  },
  quantity: { heading: '數量', cell: count(0, 1_000_000).optional(), help: '一共幾份。' },
  way: {
    heading: '獲獎方式',
    cell: choice({ floor: '幸運樓層', first: '搶答', ranking: '排名', participation: '參與', draw: '抽獎' }),
    help: '幸運樓層、搶答、排名、參與、抽獎；下面的欄只填用得到的。',
  },
  floors: {
    heading: '樓層',
    cell: numbers('請填樓層，用 | 分隔').optional(),
    help: '幸運樓層：哪幾樓中獎，用 | 分隔。',
  },
  every: {
    heading: '每隔幾樓',
    cell: count(2, 1_000_000).optional(),
    help: '幸運樓層：100 就是第 100、200、300… 樓。',
  },
  endings: { heading: '樓層尾數', cell: digits.optional(), help: '幸運樓層：尾數，例如 66|88。' },
  question: {
    heading: '搶答題',
    cell: cell.id.optional(),
    help: '搶答：題目表裡的編號；這一題不會在平時出現。',
  },
  at: {
    heading: '搶答或開獎時間',
    cell: cell.moment().optional(),
    help: '搶答：什麼時候發題；抽獎：什麼時候開獎（要在活動結束之後）。',
  },
  board: {
    heading: '榜',
    cell: choice({ daily: '日榜', final: '總榜' }).optional(),
    help: '排名：日榜或總榜。',
  },
  from: { heading: '名次從', cell: count(1, 100_000).optional(), help: '排名：第幾名起。' },
  to: { heading: '名次到', cell: count(1, 100_000).optional(), help: '排名：到第幾名（含）；空著就是一名。' },
  rounds: {
    heading: '局數',
    cell: count(1, 10_000).optional(),
    help: '參與、抽獎：至少玩過幾局（一天一局）。',
  },
  daysInRow: { heading: '連續天數', cell: count(2, 365).optional(), help: '參與：連續玩幾天。' },
  days: { heading: '天數', cell: count(1, 365).optional(), help: '抽獎：至少玩過幾天。' },
  score: { heading: '最低積分', cell: count(1, 100_000_000).optional(), help: '抽獎：本活動至少得幾分。' },
  level: { heading: '最低關卡', cell: count(1, 50).optional(), help: '抽獎：至少通過第幾關。' },
  reserves: { heading: '候補', cell: count(0, 10_000).optional(), help: '抽獎：候補幾名；空著是 0。' },
  publicValue: {
    heading: '公開數',
    cell: cell.text(100, '請填用哪一個公開的數').optional(),
    help: '抽獎：開獎用哪個事先說好、那時還沒有人知道的數，例如「drand 第 5000000 輪」或「福彩雙色球第 2026140 期」。',
  },
  points: { heading: '點數', cell: count(1, 1_000_000).optional(), help: '積分類獎品：幾分。' },
  usedAt: {
    heading: '使用地點',
    cell: cell.text(200, '請填在哪裡用').optional(),
    help: '優惠券：在哪裡、怎麼用。',
  },
  validUntil: {
    heading: '有效期至',
    cell: cell.moment({ end: true }).optional(),
    help: '優惠券、兌換碼：用到哪一天（含）。',
  },
  claimDays: { heading: '領取天數', cell: count(0, 365).optional(), help: '中獎後幾天內要填好資料。' },
  conditions: {
    heading: '領取條件',
    cell: cell.text(200, '請填領取條件').optional(),
    help: '沒有就寫「無」。',
  },
  delivery: {
    heading: '發放方式',
    cell: cell.text(200, '請填怎麼發').optional(),
    help: '例如「填地址後 15 個工作日內寄出，郵費由主辦方付」。',
  },
  perDay: { heading: '每人每日上限', cell: count(1, 1000).optional(), help: '可空。一個人一天最多得幾份。' },
  perQuiz: {
    heading: '每人上限',
    cell: count(1, 1000).optional(),
    help: '可空。一個人在整個活動最多得幾份。',
  },
} satisfies Fields;

export const sponsorFields = {
  id: { heading: '編號', cell: cell.id, help: '不重複。' },
  name: { heading: '名稱', cell: cell.text(40, '請填贊助商名稱'), help: '粉絲看到的名稱。' },
  words: {
    heading: '贊助詞',
    cell: cell.text(100, '請填贊助詞').optional(),
    help: '可空。出現在它的題目與獎品旁。',
  },
  logo: { heading: '標誌', cell: picture.optional(), help: '可空。https:// 開頭的圖片地址。' },
} satisfies Fields;

export const codeFields = {
  prize: {
    heading: '獎品',
    cell: cell.text(64, '請填獎品表裡的編號或名稱').meta({ holds: 'word' }),
    help: '獎品表裡的編號或名稱。',
  },
  code: {
    heading: '兌換碼',
    cell: codeCell,
    help: '一行一個。',
  },
} satisfies Fields;

/** The sheets, by the name the program gives them. */
export const sheets = {
  quiz: { heading: '活動', fields: quizFields },
  questions: { heading: '題目', fields: questionFields },
  prizes: { heading: '獎品', fields: prizeFields },
  sponsors: { heading: '贊助商', fields: sponsorFields },
  codes: { heading: '兌換碼', fields: codeFields },
} as const;
export type SheetName = keyof typeof sheets;
export const sheetNames = Object.keys(sheets) as SheetName[];

/**
 * A file before its cells are read, by the names of the fields. `called`: what each sheet is called in it, for its author
 * to find it. `at`: on which line of the sheet 「活動」 each field stands.
 */
export type Raw = {
  lines: Record<SheetName, Row[]>;
  problems: Problem[];
  remarks: Problem[];
  called: Record<SheetName, string>;
  at: Record<string, number>;
  json: boolean;
};
