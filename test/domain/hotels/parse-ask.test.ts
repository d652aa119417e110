import * as fc from 'fast-check';
import { parseHotelAsk } from '../../../src/domain/hotels/parse-ask';

test.each([
  ['500以下', { maxYuan: 500 }],
  ['500元以下的', { maxYuan: 500 }],
  ['５００以內', { maxYuan: 500 }],
  ['五百以內', { maxYuan: 500 }],
  ['五百块以内', { maxYuan: 500 }],
  ['三百五以下', { maxYuan: 350 }],
  ['一千二以下', { maxYuan: 1200 }],
  ['兩千以下', { maxYuan: 2000 }],
  ['一千零五十以下', { maxYuan: 1050 }],
  ['1.5k以下', { maxYuan: 1500 }],
  ['不超過600', { maxYuan: 600 }],
  ['預算800', { maxYuan: 800 }],
  ['<500', { maxYuan: 500 }],
  ['500', { maxYuan: 500 }],
  ['300-500', { minYuan: 300, maxYuan: 500 }],
  ['300~500元', { minYuan: 300, maxYuan: 500 }],
  ['300到500之間', { minYuan: 300, maxYuan: 500 }],
  ['500－300', { minYuan: 300, maxYuan: 500 }],
  ['三百到五百', { minYuan: 300, maxYuan: 500 }],
  ['800以上', { minYuan: 800 }],
  ['800+', { minYuan: 800 }],
  ['至少八百', { minYuan: 800 }],
  ['500左右', { minYuan: 400, maxYuan: 600 }],
  ['四星', { stars: 4 }],
  ['4星級', { stars: 4 }],
  ['五星级酒店', { stars: 5 }],
  ['四星以上', { minStars: 4 }],
  ['四星以上 800以下', { minStars: 4, maxYuan: 800 }],
  ['三到四星', { minStars: 3, maxStars: 4 }],
  ['五星 300-500', { stars: 5, minYuan: 300, maxYuan: 500 }],
  ['500以下五星', { maxYuan: 500, stars: 5 }],
  ['便宜', { sort: 'cheapest' }],
  ['便宜的', { sort: 'cheapest' }],
  ['經濟型', { sort: 'cheapest', maxStars: 3 }],
  ['豪華', { minStars: 5 }],
  ['奢华酒店', { minStars: 5 }],
  ['推薦一家便宜的', { sort: 'cheapest' }],
  ['', {}],
])('「%s」 is understood', (text, expected) => {
  expect(parseHotelAsk(text)).toEqual({ rest: '', ...expected });
});

test.each([
  ['帶泳池', '帶泳池'],
  ['500以下帶泳池的', '帶泳池'],
  ['四星 靠近西湖', '靠近西湖'],
  ['住3晚', '3晚'],
])('of 「%s」 she is told that 「%s」 was not understood', (text, rest) => {
  expect(parseHotelAsk(text).rest).toBe(rest);
});

test('no words break it, and bounds are whole yuan in order', () => {
  const words = fc.constantFrom(
    '500',
    '五百',
    '以下',
    '以上',
    '-',
    '到',
    '四',
    '星',
    '便宜',
    '萬',
    '零',
    ' ',
    '<',
    '+',
    '泳池',
    '🏨',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 12 }), (parts) => {
      const { minYuan, maxYuan, stars } = parseHotelAsk(parts.join(''));
      for (const bound of [minYuan, maxYuan])
        expect(bound === undefined || (Number.isInteger(bound) && bound >= 0)).toBe(true);
      expect(stars === undefined || (stars >= 1 && stars <= 7)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
