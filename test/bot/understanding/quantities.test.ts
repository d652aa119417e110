import * as fc from 'fast-check';
import { createDictionary } from '../../../src/bot/understanding/dictionary';
import { findQuantities } from '../../../src/bot/understanding/quantities';
import { readText } from '../../../src/bot/understanding/read';
import type { Wish } from '../../../src/bot/understanding/things';

/** A Sunday. */
const today = '2026-11-22';
const none = {
  names: createDictionary(new Map<string, never>()),
  words: createDictionary(new Map<string, never>()),
  today,
};

const wishIn = (text: string): Wish =>
  Object.assign(
    {},
    ...readText(text, none).pieces.flatMap((one) => (one.kind === 'thing' ? [one.wish] : [])),
  );

const upTo = (max: number): Wish => ({ yuan: { max } });
const from = (min: number): Wish => ({ yuan: { min } });
const range = (min: number, max: number): Wish => ({ yuan: { min, max } });
const stars = (min?: number, max?: number): Wish => ({
  stars: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
});

test.each<[string, Wish]>([
  ['500以下', upTo(500)],
  ['500元以下的', upTo(500)],
  ['５００以內', upTo(500)],
  ['五百以內', upTo(500)],
  ['五百块以内', upTo(500)],
  ['三百五以下', upTo(350)],
  ['一千二以下', upTo(1200)],
  ['兩千以下', upTo(2000)],
  ['一千零五十以下', upTo(1050)],
  ['1.5k以下', upTo(1500)],
  ['不超過600', upTo(600)],
  ['預算800', upTo(800)],
  ['預算大概八百左右', range(640, 960)],
  ['<500', upTo(500)],
  ['500', upTo(500)],
  ['300-500', range(300, 500)],
  ['300~500元', range(300, 500)],
  ['300到500之間', range(300, 500)],
  ['500－300', range(300, 500)],
  ['三百到五百', range(300, 500)],
  ['800以上', from(800)],
  ['800+', from(800)],
  ['>=800', from(800)],
  ['至少八百', from(800)],
  ['500左右', range(400, 600)],
  ['四星', stars(4, 4)],
  ['4星級', stars(4, 4)],
  ['五星级酒店', stars(5, 5)],
  ['四星以上', stars(4)],
  ['四星以上 800以下', { ...stars(4), ...upTo(800) }],
  ['三到四星', stars(3, 4)],
  ['五星 300-500', { ...stars(5, 5), ...range(300, 500) }],
  ['500以下五星', { ...upTo(500), ...stars(5, 5) }],
  ['500 4星', { ...upTo(500), ...stars(4, 4) }],
  ['便宜的', { order: 'cheapest' }],
  ['經濟型', { ...stars(undefined, 3), order: 'cheapest' }],
  ['豪華', stars(5)],
  ['奢华酒店', stars(5)],
  ['住3晚', {}],
  [
    '12月1號晚上8點以後',
    { days: { on: '2026-12-01', until: '2026-12-01' }, time: { from: '20:00', to: '24:00' } },
  ],
  ['下午三點半左右', { time: { from: '14:30', to: '16:30' } }],
  ['早上8點到10點', { time: { from: '08:00', to: '10:00' } }],
  ['最早的高鐵', { order: 'earliest', kind: '高鐵' }],
  ['坐绿皮车', { kind: '普速' }],
  ['G字頭', { kind: '高鐵' }],
  ['第3頁', { page: 3 }],
  ['', {}],
])('「%s」 is understood', (text, expected) => {
  expect(wishIn(text)).toEqual(expected);
});

test.each<[string, string, string?]>([
  ['今天', today],
  ['今日', today],
  ['明天', '2026-11-23'],
  ['明日', '2026-11-23'],
  ['明晚', '2026-11-23'],
  ['後天', '2026-11-24'],
  ['后天', '2026-11-24'],
  ['大後天', '2026-11-25'],
  ['週日', today],
  ['星期天', today],
  ['週五', '2026-11-27'],
  ['周五', '2026-11-27'],
  ['禮拜五', '2026-11-27'],
  ['下週一', '2026-11-23'],
  ['下星期五', '2026-11-27'],
  ['下下周五', '2026-12-04'],
  ['週末', today],
  ['下週末', '2026-11-28', '2026-11-29'],
  ['下週', '2026-11-23', '2026-11-29'],
  ['下個月', '2026-12-01', '2026-12-31'],
  ['明後兩天', '2026-11-23', '2026-11-24'],
  ['這幾天', today, '2026-11-24'],
  ['12月1日', '2026-12-01'],
  ['十二月一號', '2026-12-01'],
  ['１２月１日', '2026-12-01'],
  ['12/1', '2026-12-01'],
  ['12-01', '2026-12-01'],
  ['1月5日', '2027-01-05'],
  ['11月21日', '2027-11-21'],
  ['25號', '2026-11-25'],
  ['3號', '2026-12-03'],
  ['2026-12-05', '2026-12-05'],
  ['2026年12月5日', '2026-12-05'],
  ['2月29日', '2028-02-29'],
  ['元旦', '2027-01-01'],
  ['國慶', '2027-10-01', '2027-10-07'],
  ['聖誕節', '2026-12-25'],
  ['除夕', '2027-02-05'],
  ['春節', '2027-02-06', '2027-02-12'],
  ['清明', '2027-04-05'],
  ['端午節', '2027-06-09'],
  ['中秋', '2027-09-15'],
])('「%s」 said on 2026-11-22 is %s', (text, on, until = on) => {
  expect(wishIn(text).days).toEqual({ on, until: until < on ? on : until });
});

test('there is no 30th of February, and no 25th hour', () => {
  expect(wishIn('2月30日').days).toBeUndefined();
  expect(wishIn('25點').time).toBeUndefined();
});

test('no words break it: bounds are whole yuan in order, days real ones', () => {
  const words = fc.constantFrom(
    ...['500', '五百', '以下', '以上', '-', '到', '四', '星', '便宜', '萬', '零', ' ', '<', '+', '🏨'],
    ...[
      '今天',
      '下',
      '週',
      '五',
      '12',
      '月',
      '31',
      '日',
      '號',
      '/',
      '2026',
      '大後天',
      '點',
      '半',
      '第',
      '頁',
    ],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 12 }), (parts) => {
      const { yuan = {}, stars: level = {}, days } = wishIn(parts.join(''));
      for (const bound of [yuan.min, yuan.max])
        expect(bound === undefined || (Number.isInteger(bound) && bound >= 0)).toBe(true);
      expect((level.min ?? 1) >= 1 && (level.max ?? 7) <= 7).toBe(true);
      if (days) expect(new Date(`${days.on}T00:00:00Z`).toISOString().slice(0, 10)).toBe(days.on);
    }),
    { numRuns: 1000 },
  );
});

test('quantities never overlap', () => {
  const spans = findQuantities('明天下午三点杭州到上海300到500四星最便宜的高铁第2页', today);
  const sorted = spans.toSorted((a, b) => a.from - b.from);
  for (const [i, one] of sorted.entries()) expect(one.from).toBeGreaterThanOrEqual(sorted[i - 1]?.to ?? 0);
});
