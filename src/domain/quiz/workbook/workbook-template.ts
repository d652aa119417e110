import { beijingDay, dayMs } from '../../../kit/beijing';
import { type BlankSheet, writeBook } from '../../../sheets/write-book';
import type { QuizContent } from '../definition';
import { type Line, type Lines, linesOf } from './quiz-lines';
import { type Field, type SheetName, sheetNames, sheets } from './workbook-fields';

/** A row by the names of its fields; a number stays a number, all else is text. */
type Cells = Record<string, string | number>;

/**
 * A workbook to fill in, with a small campaign in it that itself can be imported and published: a way of each kind, a question of
 * each kind. `now`: business ms; the campaign begins the day after and lasts a week.
 */
export const writeTemplate = (now: number): Promise<Buffer> => writeRows(sampleRows(now));

/** A quiz as the workbook that it could have come from, without its codes. */
export const writeQuiz = (content: QuizContent): Promise<Buffer> => {
  const { quiz, ...lists } = linesOf(content);
  return writeRows({ quiz: [quiz], ...lists, codes: [] });
};

/** The small campaign of the template as lines, with its codes: a draft that somebody begins with. */
export function sampleLines(now: number): { lines: Lines; codes: { prize: string; code: string }[] } {
  const { quiz, questions, prizes, sponsors, codes } = sampleRows(now);
  const typed = (rows: Cells[]): Line[] =>
    rows.map((cells) =>
      Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, String(cell)])),
    );
  return {
    lines: {
      quiz: typed(quiz)[0] ?? {},
      questions: typed(questions),
      prizes: typed(prizes),
      sponsors: typed(sponsors),
    },
    codes: codes.map(({ prize, code }) => ({ prize: String(prize), code: String(code) })),
  };
}

function writeRows(rows: Record<SheetName, Cells[]>): Promise<Buffer> {
  const filled = sheetNames.map((name) =>
    name === 'quiz' ? upright(rows.quiz[0] ?? {}) : lying(name, rows[name]),
  );
  return writeBook([...filled, explanations]);
}

const shown = (name: SheetName): [string, Field][] =>
  Object.entries<Field>(sheets[name].fields).filter(([field]) => field !== 'priceFen');

/** 「活動」: a line for each field, with its explanation beside it. */
const upright = (cells: Cells): BlankSheet => ({
  name: 'quiz',
  columns: [
    { title: '欄位', width: 16 },
    { title: '內容', width: 70, wrapped: true },
    { title: '說明', width: 80, faint: true },
  ],
  rows: shown('quiz').map(([field, { heading, help }]) => [heading, cells[field], help]),
});

const lying = (name: Exclude<SheetName, 'quiz'>, rows: Cells[]): BlankSheet => ({
  name,
  columns: shown(name).map(([field, { heading }]) => {
    const choices = lists[`${name}.${field}`];
    return { title: heading, width: widths[field] ?? 14, ...(choices ? { choices } : {}) };
  }),
  rows: rows.map((cells) => shown(name).map(([field]) => cells[field])),
});

const widths: Record<string, number> = {
  text: 44,
  explanation: 44,
  name: 24,
  conditions: 30,
  delivery: 40,
  usedAt: 30,
};
const lists: Record<string, string[]> = {
  'questions.kind': ['單選', '判斷', '屬性'],
  'questions.difficulty': ['易', '中', '難'],
  'questions.retired': ['是', '否'],
  'prizes.kind': ['實物', '兌換碼', '優惠券', '積分', '現金'],
  'prizes.way': ['幸運樓層', '搶答', '排名', '參與', '抽獎'],
  'prizes.board': ['日榜', '總榜'],
};

/** Which the import does not read. */
const explanations: BlankSheet = {
  name: '說明',
  columns: [
    { title: '表', width: 12 },
    { title: '欄', width: 18 },
    { title: '英文名', width: 18 },
    { title: '說明', width: 100 },
  ],
  rows: sheetNames.flatMap((name) =>
    shown(name).map(([field, { heading, help }]) => [
      `${name} ${sheets[name].heading}`,
      heading,
      field,
      help,
    ]),
  ),
};

function sampleRows(now: number): Record<SheetName, Cells[]> {
  const day = (n: number) => beijingDay(now + n * dayMs);
  const prize = { claimDays: 15, conditions: '無', perDay: 1, perQuiz: 1 };
  const posted = '填地址後十五個工作日內包郵寄到中國內地';
  return {
    quiz: [
      {
        id: `sample-${day(1)}`,
        title: '與小藝一戰到底',
        intro: '每天一題，答對 10 分，闖關、搶樓、上榜都有獎。',
        keywords: '範例一戰到底|範例開戰',
        startsAt: `${day(1)} 09:00`,
        endsAt: `${day(7)} 22:00`,
        opensAt: '08:00',
        closesAt: '22:00',
        perDay: 1,
        pointsPerAnswer: 10,
        firstBonus: 5,
        levels: '3/2|4/3',
        timerSeconds: 60,
        mix: '5:3:2',
        rules: [
          `一、${day(1)} 9:00 至 ${day(7)} 22:00，每天 8:00 到 22:00 可答，每天最多 1 題；答對一題 10 分，每天第一題另加 5 分。`,
          '二、每個首次有效作答佔一層樓，答對答錯都算；太快、重複、過時的不算。幸運樓層每人每天限得一份，超限順延下一層。',
          '三、排行同分時，先達到的在前。樓層、搶答、同分只看答題序號。',
          '四、姓名電話地址僅用於寄送獎品，寄出後九十天刪除；不滿十四歲請由監護人代為參加。',
        ].join('\n'),
        organiser: '某某旅行社有限公司',
        contact: '400-000-0000（工作日 9:00 至 18:00）',
        forfeiture:
          '中獎後十五天內沒有領取，或資料有誤、補正後仍送不到的，視為放棄，獎品退回庫存；抽獎由候補依次遞補。',
      },
    ],
    questions: [
      {
        id: 'q001',
        kind: '單選',
        text: '「上有天堂，下有蘇杭」的「杭」是哪座城市？',
        optionA: '杭州',
        optionB: '餘杭',
        optionC: '航州',
        right: 'A',
        explanation: '杭州與蘇州並稱。',
        city: '杭州',
        difficulty: '易',
      },
      {
        id: 'q002',
        kind: '單選',
        text: '敦煌莫高窟在哪個省？',
        optionA: '青海',
        optionB: '甘肅',
        optionC: '寧夏',
        optionD: '陝西',
        right: 'B',
        explanation: '莫高窟在甘肅省敦煌市東南。',
        city: '敦煌',
        difficulty: '易',
        sponsor: 'yunjiao',
      },
      {
        id: 'q003',
        kind: '判斷',
        text: '黃果樹瀑布在貴州省。',
        right: '對',
        explanation: '它在貴州省安順市。',
        difficulty: '易',
      },
      {
        id: 'q004',
        kind: '判斷',
        text: '鼓浪嶼屬於泉州市。',
        right: '錯',
        explanation: '鼓浪嶼屬於廈門市思明區。',
        difficulty: '中',
      },
      {
        id: 'q005',
        kind: '單選',
        text: '「五嶽」裡的中嶽是哪一座山？',
        optionA: '泰山',
        optionB: '華山',
        optionC: '恆山',
        optionD: '嵩山',
        right: 'D',
        explanation: '中嶽嵩山在河南省登封市。',
        difficulty: '中',
      },
      {
        id: 'q006',
        kind: '單選',
        text: '青藏鐵路的起點是哪座城市？',
        optionA: '西寧',
        optionB: '蘭州',
        optionC: '格爾木',
        optionD: '拉薩',
        right: 'A',
        explanation: '青藏鐵路從西寧到拉薩。',
        difficulty: '難',
      },
      {
        id: 'q007',
        kind: '單選',
        text: '土樓是哪個省最有名的民居？',
        optionA: '浙江',
        optionB: '福建',
        optionC: '雲南',
        right: 'B',
        explanation: '福建土樓在 2008 年列入世界遺產名錄。',
        difficulty: '易',
      },
      {
        id: 'home',
        kind: '屬性',
        text: '你住在哪一帶？',
        optionA: '華北',
        optionB: '華東',
        optionC: '華南',
        optionD: '其他',
        attribute: 'home',
        explanation: '謝謝，答案只用來推薦離你近的行程。',
      },
      {
        id: 'flash-1',
        kind: '單選',
        text: '【搶答】麗江古城在哪個省？',
        optionA: '四川',
        optionB: '貴州',
        optionC: '雲南',
        right: 'C',
        explanation: '麗江古城在雲南省麗江市。',
        difficulty: '易',
      },
    ],
    prizes: [
      {
        ...prize,
        id: 'floor',
        name: '二十吋登機箱',
        sponsor: 'yunjiao',
        kind: '實物',
        priceYuan: '299',
        quantity: 3,
        way: '幸運樓層',
        floors: '88|188|666',
        delivery: posted,
      },
      {
        ...prize,
        id: 'floor-66',
        name: '六六大順積分',
        kind: '積分',
        points: 66,
        priceYuan: '0.66',
        quantity: 100,
        way: '幸運樓層',
        endings: '66',
        delivery: '自動入帳',
      },
      {
        ...prize,
        id: 'first',
        name: '旅行頸枕',
        sponsor: 'yunjiao',
        kind: '實物',
        priceYuan: '129',
        quantity: 1,
        way: '搶答',
        question: 'flash-1',
        at: `${day(3)} 20:00`,
        delivery: posted,
      },
      {
        ...prize,
        id: 'daily',
        name: '下午茶雙人券',
        sponsor: 'banri',
        kind: '優惠券',
        priceYuan: '88',
        quantity: 21,
        way: '排名',
        board: '日榜',
        from: 1,
        to: 3,
        usedAt: '半日茶鋪各門市，出示券碼由店員核銷',
        validUntil: day(90),
        delivery: '中獎後在對話裡發券碼',
      },
      {
        ...prize,
        id: 'final',
        name: '雙肩旅行背包',
        sponsor: 'yunjiao',
        kind: '實物',
        priceYuan: '199',
        quantity: 10,
        way: '排名',
        board: '總榜',
        from: 1,
        to: 10,
        delivery: posted,
      },
      {
        ...prize,
        id: 'three',
        name: '電子明信片',
        kind: '兌換碼',
        priceYuan: '6',
        quantity: 3,
        way: '參與',
        rounds: 3,
        delivery: '兌換碼在對話裡直接顯示，發完為止',
      },
      {
        ...prize,
        id: 'draw',
        name: '客棧兩晚雙人券',
        sponsor: 'banri',
        kind: '優惠券',
        priceYuan: '598',
        quantity: 2,
        way: '抽獎',
        rounds: 2,
        reserves: 2,
        at: `${day(8)} 20:00`,
        publicValue: 'drand 主網 活動結束後首個整點的輪次',
        usedAt: '半日客棧，至少提前三天預約',
        validUntil: day(180),
        delivery: '中獎後在對話裡發券碼',
      },
    ],
    sponsors: [
      { id: 'banri', name: '半日茶鋪', words: '走累了，坐半日。' },
      { id: 'yunjiao', name: '雲腳行李箱', words: '陪你到雲的腳下。' },
    ],
    codes: [
      { prize: 'three', code: 'CARD-0001-AAAA' },
      { prize: 'three', code: 'CARD-0002-BBBB' },
      { prize: 'three', code: 'CARD-0003-CCCC' },
    ],
  };
}
