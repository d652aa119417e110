import { foldWithOffsets } from '../../kit/text';

export type HotelSort = 'stars' | 'cheapest' | 'dearest';

export type HotelFilter = {
  minYuan?: number;
  maxYuan?: number;
  /** Exactly so many. */
  stars?: number;
  minStars?: number;
  maxStars?: number;
};

/** `rest`: what was not understood, as she typed it, so that the bot can say so; empty when all was. */
export type HotelAsk = HotelFilter & { sort?: HotelSort; rest: string };

const han = '[零一二两三四五六七八九]*[十百千万][零一二两三四五六七八九十百千万]*';
const amount = `(\\d+(?:\\.\\d+)?[千万k]?|${han})(?:元|块钱|块|人民币|rmb|¥)?`;
const to = '(?:-|–|—|~|到|至)';

/** Each reads its words from the folded (Simplified) text; the first that fits takes them, so the longer forms come first. */
const readers: { words: RegExp; read: (...numbers: number[]) => Omit<HotelAsk, 'rest'> | undefined }[] = [
  {
    words: new RegExp(`([1-7一二两三四五六七])${to}([1-7一二两三四五六七])(?:颗)?星级?`),
    read: (a, b) => starsBetween(a, b),
  },
  {
    words: new RegExp(`([1-7一二两三四五六七])(?:颗)?星级?(?:及以上|或以上|以上|起)`),
    read: (minStars = 0) => ({ minStars }),
  },
  {
    words: new RegExp(`([1-7一二两三四五六七])(?:颗)?星级?(?:及以下|或以下|以下|以内)`),
    read: (maxStars = 0) => ({ maxStars }),
  },
  { words: new RegExp(`([1-7一二两三四五六七])(?:颗)?星级?`), read: (stars = 0) => ({ stars }) },
  {
    words: new RegExp(`${amount}${to}${amount}(?:之间|左右|以内)?`),
    read: (a = 0, b = 0) => ({ minYuan: Math.min(a, b), maxYuan: Math.max(a, b) }),
  },
  {
    words: new RegExp(`(?:不超过|不超|不高于|低于|少于|小于|最多|预算)${amount}(?:以下|以内|之内)?`),
    read: (maxYuan = 0) => ({ maxYuan }),
  },
  {
    words: new RegExp(`(?:不低于|不少于|高于|超过|大于|至少|最少)${amount}(?:以上)?`),
    read: (minYuan = 0) => ({ minYuan }),
  },
  { words: new RegExp(`${amount}(?:及以上|或以上|以上|起步|起|往上)`), read: (minYuan = 0) => ({ minYuan }) },
  {
    words: new RegExp(`${amount}(?:左右|上下)`),
    read: (yuan = 0) => ({ minYuan: Math.round(yuan * 0.8), maxYuan: Math.round(yuan * 1.2) }),
  },
  {
    words: new RegExp(`${amount}(?:及以下|或以下|以下|以内|之内|以里|封顶|内)`),
    read: (maxYuan = 0) => ({ maxYuan }),
  },
  // A small bare number (「住3晚」) is no budget.
  { words: new RegExp(amount), read: (maxYuan = 0) => (maxYuan >= 50 ? { maxYuan } : undefined) },
  { words: /最便宜|便宜|实惠|平价|划算|省钱|低价/, read: () => ({ sort: 'cheapest' }) },
  { words: /经济型|经济/, read: () => ({ maxStars: 3, sort: 'cheapest' }) },
  { words: /舒适型|舒适/, read: () => ({ stars: 3 }) },
  { words: /高档型|高档|高端|高级/, read: () => ({ minStars: 4 }) },
  { words: /豪华型|豪华|奢华|最好/, read: () => ({ minStars: 5 }) },
  { words: /最贵/, read: () => ({ sort: 'dearest' }) },
];

/** Words that say nothing more: 「的」「一晚」「酒店」. */
const fillers =
  /酒店|宾馆|旅馆|旅店|饭店|住宿|民宿|客栈|一晚|每晚|\/晚|一间|一家|有没有|有什么|价格|价位|预算|房间|推荐|我想|我要|想要|想住|帮我|请|找|要|订|住|的|吗|呢|元|块|[,,。、;!?]/g;

/**
 * Budget and stars from the words around 「酒店」, in either script: 「500以下」「300-500」「五百以內」「四星」「便宜」.
 * A bare amount is taken for the most she would pay.
 */
export function parseHotelAsk(text: string): HotelAsk {
  const raw = spellOut(text.slice(0, 200));
  const { text: folded, at } = foldWithOffsets(raw);
  let left = folded;
  const ask: HotelAsk = { rest: '' };
  for (const { words, read } of readers) {
    left = left.replace(words, (whole, ...groups: unknown[]) => {
      // The last string is the whole input, which `replace` hands over too.
      const numbers = groups
        .filter((group) => typeof group === 'string')
        .slice(0, -1)
        .map(toNumber);
      if (numbers.some((number) => number === undefined)) return whole;
      const found = read(...(numbers as number[]));
      if (!found || Object.keys(found).some((name) => name in ask && name !== 'sort')) return whole;
      Object.assign(ask, found);
      return blank(whole);
    });
  }
  left = left.replace(fillers, blank);
  ask.rest = [...left.matchAll(/[^ ]+/g)]
    .map((piece) => raw.slice(at[piece.index], at[piece.index + piece[0].length]).trim())
    .filter((piece) => piece !== '')
    .join(' ');
  return ask;
}

/** Folding drops signs at both ends: 「500+」 and 「<500」 are put in words first. */
const spellOut = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/(\d)\s*\+/g, '$1以上')
    .replace(/[<≤]\s*=?\s*(?=\d)/g, '不超过')
    .replace(/[>≥]\s*=?\s*(?=\d)/g, '不低于');

/** Folded text holds no spaces, so a space marks what has been read. */
const blank = (whole: string): string => ' '.repeat(whole.length);

function starsBetween(a = 0, b = 0) {
  return { minStars: Math.min(a, b), maxStars: Math.max(a, b) };
}

const digits = '零一二三四五六七八九';
const units: Record<string, number> = { 十: 10, 百: 100, 千: 1000, 万: 10_000 };

/** 「1.5k」, 「五百」, 「三百五」 (350), 「一千二」 (1200). Undefined when it is no number or beyond any hotel. */
function toNumber(text: string): number | undefined {
  const arabic = /^(\d+(?:\.\d+)?)([千万k]?)$/.exec(text);
  const value = arabic
    ? Number(arabic[1]) * (arabic[2] === '' ? 1 : arabic[2] === '万' ? 10_000 : 1000)
    : hanNumber(text.replaceAll('两', '二'));
  return value !== undefined && value <= 1_000_000 ? Math.round(value) : undefined;
}

function hanNumber(text: string): number | undefined {
  let total = 0;
  let digit: number | undefined;
  let unit = 1;
  for (const char of text) {
    const next = units[char];
    if (next === undefined) {
      if (digit !== undefined && digit !== 0) return undefined;
      digit = digits.indexOf(char);
      if (digit === 0) unit = 10;
    } else {
      total += (digit ?? (next === 10 ? 1 : 0)) * next;
      unit = next;
      digit = undefined;
    }
  }
  // 「三百五」: the last digit counts in the next lower unit; 「三百零五」 does not.
  return total + (digit ?? 0) * (unit >= 100 ? unit / 10 : 1);
}
