import type { AskedKind } from '../../domain/trains/trains';
import { findDays } from '../../kit/days';
import { numberWords, readNumber } from '../../kit/han-number';
import type { Range, Wish } from './things';

/** A piece of the folded text that means something. */
export type Span = { from: number; to: number; wish: Wish };

const star = '([1-7一二两三四五六七])';
const level = '(?:颗)?(?:星级|星|钻)';
const amount = `(${numberWords})(?:元|块钱|块|人民币|rmb|¥)?`;
const until = '(?:-|–|—|~|到|至)';

type Reader = { words: RegExp; read(...numbers: number[]): Wish | undefined };
const yuan = (range: Range): Wish => ({ yuan: range });
const stars = (range: Range): Wish => ({ stars: range });
const between = (a = 0, b = 0): Range => ({ min: Math.min(a, b), max: Math.max(a, b) });

const around = (about: number): Range => ({ min: Math.round(about * 0.8), max: Math.round(about * 1.2) });

/** The first that fits takes its words, so the longer forms come first. */
const amounts: Reader[] = [
  {
    words: new RegExp(`${star}(?:${level})?(?:${until}|或者?|和|跟|、|,|/)?${star}${level}`),
    read: (a, b) => stars(between(a, b)),
  },
  {
    words: new RegExp(`${star}${level}(?:酒店)?(?:及以上|或以上|以上|起步?|往上|朝上)`),
    read: (min = 0) => stars({ min }),
  },
  {
    words: new RegExp(`${star}${level}(?:酒店)?(?:及以下|或以下|以下|以内)`),
    read: (max = 0) => stars({ max }),
  },
  { words: new RegExp(`(?:至少|最少|起码)${star}${level}`), read: (min = 0) => stars({ min }) },
  { words: new RegExp(`${star}${level}`), read: (one = 0) => stars({ min: one, max: one }) },
  {
    words: new RegExp(`${amount}${until}${amount}(?:之间|左右|以内)?`),
    read: (a, b) => whenMoney(between(a, b)),
  },
  {
    words: new RegExp(
      `(?:(?:不要|别|不能|不可|不可以|不想|勿|不)(?:超过|超出|超|高于|多于|大于|贵过)|(?<![不别要能])(?:低于|低|少于|小于)|不到|最多|顶多|预算(?:大概|大约|在|只有|是)?)${amount}(?!左右|上下)(?:以下|以内|之内)?`,
    ),
    read: (max) => yuan({ max: max ?? 0 }),
  },
  {
    words: new RegExp(
      `(?:(?:不|别|不要|不能|不可)(?:低于|少于|小于|低)|高于|超过|超|大于|至少|最少|起码)${amount}(?:以上)?`,
    ),
    read: (min) => whenMoney({ min: min ?? 0 }),
  },
  {
    words: new RegExp(`${amount}(?:及以上|或以上|以上|起步|起|往上)`),
    read: (min) => yuan({ min: min ?? 0 }),
  },
  {
    words: new RegExp(`(?:预算(?:大概|大约|在|是)?|大概|大约|差不多)?${amount}(?:左右|上下)`),
    read: (about = 0) => whenMoney(around(about)),
  },
  { words: new RegExp(`(${numberWords})来(?:块钱|块|元)`), read: (about = 0) => whenMoney(around(about)) },
  {
    words: new RegExp(`(${numberWords})(?:多|几)(?:块钱|块|元)`),
    read: (min = 0) => whenMoney({ min, max: Math.round(min * 1.5) }),
  },
  {
    words: new RegExp(`${amount}(?:及以下|或以下|以下|以内|之内|以里|封顶|内)`),
    read: (max) => whenMoney({ max: max ?? 0 }),
  },
  // A small bare number (「住3晚」「六十大壽」) is no budget, nor is a year or a place in a list.
  {
    words: new RegExp(`(?<![a-z前第])(${numberWords})(?:元|块钱|块|人民币|rmb|¥)`),
    read: (max = 0) => whenMoney({ max }),
  },
  {
    words: new RegExp(`(?<![a-z前第])(${numberWords})(?![号年月日点:.分题名次人岁平米]|公里)`),
    read: (max = 0) => (max < leastBareYuan ? undefined : yuan({ max })),
  },
];

/** Less than any bed costs is no price. */
const leastYuan = 50;
const leastBareYuan = 80;
const whenMoney = (range: Range): Wish | undefined =>
  Math.max(range.min ?? 0, range.max ?? 0) >= leastYuan ? yuan(range) : undefined;

const orders: [RegExp, Wish][] = [
  [/经济型|经济(?!舱)/, { stars: { max: 3 }, order: 'cheapest' }],
  [
    /最便宜|(?:票|房)?价(?:格|钱)?最低|最低价|平[啲嘅d]嘅?|抵[啲住]|平靓正?|最平(?![安台均价])|便宜一?点|便宜些|便宜|实惠|平价|划算|省钱|低价|性价比高?|穷游|别太贵|不要太贵|不太贵|不贵/,
    { order: 'cheapest' },
  ],
  [/舒适型|舒适/, { stars: { min: 3, max: 3 } }],
  [/高档型|高档|高端|高级/, { stars: { min: 4 } }],
  [/豪华型|豪华|奢华|奢侈/, { stars: { min: 5 } }],
  [/最贵|贵啲|贵一点|贵点|更贵/, { order: 'dearest' }],
  [/最好|好一点|好点|更好|高一档/, { order: 'best' }],
  [/离我(?:这|这里|这儿)?(?:最近|近)(?:一?点)?的?/, { order: 'nearest', near: 'me' }],
  [/最近的|近一点|近点|近啲|更近|离得近/, { order: 'nearest' }],
  [/最早|早一点|早点|早啲|首班|头班|第一班|第一趟|头一趟|头趟/, { order: 'earliest' }],
  [/最晚|最后一班|末班|最后一趟|末趟|尾班|晚一点|晚点|夜啲|夜[啲D]嘅?|最迟/, { order: 'latest' }],
  [/最快|快一点|快点|快啲|用时最短|最短/, { order: 'fastest' }],
];

const kinds: [RegExp, AskedKind][] = [
  [/普速|绿皮火?车?|老式火车/, '普速'],
  [/高铁|g字头|(?<![a-z])g车/, '高鐵'],
  [/动车|d字头/, '動車'],
  [/城际|c字头/, '城際'],
  [/直达特快|z字头/, '直達'],
  [/特快|t字头/, '特快'],
  [/普快|普客|慢车|普通列车/, '普快'],
  [/快速列车|k字头/, '快速'],
];

/** 「不坐高鐵」 is no wish for one. */
const wantedKinds = kinds.map(([words, kind]): [RegExp, AskedKind] => [
  new RegExp(`(?<!不坐|不要|别坐|不是|除了|不想坐)(?:${words.source})`),
  kind,
]);

/** Words of theirs that are often mistyped. */
export const spokenKinds: readonly string[] =
  '高铁 动车 城际 绿皮车 明天 后天 今天 周末 下周 便宜 豪华 国庆 春节 元旦 五星 四星 三星 上午 下午 晚上'.split(
    ' ',
  );

/** 「G7301」. */
const trainNumber = /(?<![a-z])[gdctzkys]\d{1,4}(?![\d元块])(?:次)?/;

const clock = '(\\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|时|:)(半|\\d{2}分?)?钟?';
const partOfDay = '(凌晨|早上|早晨|清晨|上午|中午|下午|傍晚|晚上|夜里|夜晚|晚间|早|晚)?';

const partsOfDay: [RegExp, string, string][] = [
  [/凌晨|半夜|后半夜/, '00:00', '06:00'],
  [
    /一大早|大清早|朝早|朝头早|早晨|早上|清晨|清早|早班|(?<= )早(?!点)|(?<!最)早(?=[的车出班高火动有]|$)/,
    '05:00',
    '10:00',
  ],
  [/上午|上昼/, '05:00', '12:00'],
  [/中午|晏昼/, '11:00', '14:00'],
  [/下午|午后|下昼/, '12:00', '18:00'],
  [/傍晚|黄昏/, '16:00', '19:30'],
  [
    /下班后|下班以后|下了班|晚饭后|晚上|夜里|夜晚|晚间|夜间|夜车|晚班|(?<= )晚(?![点饭餐])|(?<![最\d一二三四五六七八九十两几每])晚(?=[的车出班高火动有]|$)/,
    '18:00',
    '24:00',
  ],
];

const clockRange = new RegExp(`${partOfDay}${clock}${until}${partOfDay}${clock}`);
const clockLimit = new RegExp(`${partOfDay}${clock}(以后|之后|后|过后|以前|之前|前)`);
const clockAround = new RegExp(`${partOfDay}${clock}(左右|出发|的|到)?`);
const anyPart = new RegExp(partOfDay.slice(0, -1), 'g');

/** No list is longer, and the database counts no further than it can. */
const mostPages = 10_000;
const ordinals = /第([0-9]{1,30}|[一二三四五六七八九十]{1,3})页/;

/**
 * Days, clock times, prices, stars, orders, kinds of train and pages in a folded text. `taken` pieces are blanked with spaces
 * beforehand (names such as 「十三陵」 hold numbers); `today` a Beijing day.
 */
export function findQuantities(text: string, today: string): Span[] {
  const spans: Span[] = [];
  let left = text;
  const take = (from: number, to: number, wish: Wish) => {
    spans.push({ from, to, wish });
    left = left.slice(0, from) + ' '.repeat(to - from) + left.slice(to);
  };
  const takeFirst = (words: RegExp, read: (match: RegExpExecArray) => Wish | '' | undefined): boolean => {
    const match = words.exec(left);
    const wish = match && read(match);
    if (!match || !wish) return false;
    take(match.index, match.index + match[0].length, wish);
    return true;
  };

  takeFirst(ordinals, ([, page = '']) => ({
    page: Math.min(mostPages, Math.max(1, readNumber(page) ?? mostPages)),
  }));
  takeFirst(trainNumber, ([number = '']) => ({ number: number.toUpperCase() }));
  const days = findDays(left, today);
  if (days) take(days.from, days.to, { days: days.days });
  const known = new Set<string>();
  for (const [words, wish] of orders)
    takeFirst(words, () => {
      if (Object.keys(wish).some((name) => known.has(name))) return undefined;
      for (const name of Object.keys(wish)) known.add(name);
      return wish;
    });
  takeTimes(left, takeFirst);
  const named = wantedKinds.filter(([words]) => words.test(left));
  // 「動車高鐵都行」 is no condition.
  for (const [words, kind] of named) takeFirst(words, () => (named.length > 1 ? {} : { kind }));
  for (const { words, read } of amounts) {
    takeFirst(words, (match) => {
      const numbers = match.slice(1).map(readNumber);
      if (numbers.includes(undefined)) return undefined;
      const wish = read(...(numbers as number[]));
      const [name] = Object.keys(wish ?? {});
      if (name === undefined || known.has(name)) return undefined;
      known.add(name);
      return wish;
    });
  }
  return spans;
}

function takeTimes(
  text: string,
  takeFirst: (words: RegExp, read: (match: RegExpExecArray) => Wish | '' | undefined) => boolean,
): void {
  const found =
    takeFirst(clockRange, ([, part1, h1, m1, part2, h2, m2]) => {
      const [from, to] = [clockTime(part1, h1, m1), clockTime(part2 ?? part1, h2, m2)];
      return from && to ? { time: { from, to } } : undefined;
    }) ||
    takeFirst(clockLimit, ({ 1: part, 2: hour, 3: minutes, 4: how = '', input, index }) => {
      const at = clockTime(part ?? lastPart(input.slice(0, index)), hour, minutes);
      return at && { time: how.endsWith('后') ? { from: at, to: '24:00' } : { from: '00:00', to: at } };
    }) ||
    takeFirst(clockAround, ([whole, part, hour, minutes, how = '']) => {
      // 「貴一點」 is no time of day.
      if (hour === '一' && !part && !minutes && !how && !whole.endsWith('钟')) return undefined;
      const at = clockTime(part, hour, minutes);
      return at && { time: { from: shifted(at, -60), to: shifted(at, 60) } };
    });
  if (found) return;
  // Of several the last, and none that does not suit her: 「下午有車嗎，早上起不來」.
  const [last] = partsOfDay
    .flatMap(([words, from, to]) => {
      const match = words.exec(text);
      const behind = match && text.slice(match.index + match[0].length);
      return !match || tooBad.test(behind ?? '') ? [] : [{ words, from, to, at: match.index }];
    })
    .toSorted((a, b) => b.at - a.at);
  if (last) takeFirst(last.words, () => ({ time: { from: last.from, to: last.to } }));
}

const tooBad = /^.{0,3}(?:起不|不行|不想|不要|来不及|赶不)/;

/** 「下午三點才忙完，三點以後的車」: the afternoon goes on. */
const lastPart = (text: string): string | undefined => text.match(anyPart)?.at(-1);

/** 「下午三點半」 is 15:30; without a part of the day the hour stands as it is. */
function clockTime(
  part: string | undefined,
  hour: string | undefined,
  minutes: string | undefined,
): string | undefined {
  const read = readNumber(hour ?? '') ?? Number.NaN;
  const late =
    part !== undefined && /中午|下午|傍晚|晚|夜/.test(part) && read < 12 && !(part === '中午' && read > 9);
  const of24 = late ? read + 12 : read;
  const minute = minutes === '半' ? 30 : Number.parseInt(minutes ?? '0', 10);
  if (!(of24 >= 0 && of24 <= 24) || minute > 59) return undefined;
  return written(of24 * 60 + minute);
}

const written = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

function shifted(time: string, minutes: number): string {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return written(Math.min(24 * 60, Math.max(0, hour * 60 + minute + minutes)));
}
