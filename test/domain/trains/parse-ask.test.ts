import * as fc from 'fast-check';
import { parseTrainAsk } from '../../../src/domain/trains/parse-ask';

/** A Sunday. */
const today = '2026-11-22';

test.each([
  ['', today],
  ['今天', today],
  ['今日', today],
  ['明天', '2026-11-23'],
  ['明日', '2026-11-23'],
  ['後天', '2026-11-24'],
  ['后天', '2026-11-24'],
  ['大後天', '2026-11-25'],
  ['週日', today],
  ['星期天', today],
  ['週五', '2026-11-27'],
  ['周五', '2026-11-27'],
  ['星期五', '2026-11-27'],
  ['禮拜五', '2026-11-27'],
  ['下週一', '2026-11-23'],
  ['下星期五', '2026-11-27'],
  ['下下周五', '2026-12-04'],
  ['12月1日', '2026-12-01'],
  ['12月1號', '2026-12-01'],
  ['１２月１日', '2026-12-01'],
  ['12/1', '2026-12-01'],
  ['12-01', '2026-12-01'],
  ['1月5日', '2027-01-05'],
  ['11月21日', '2027-11-21'],
  ['25號', '2026-11-25'],
  ['3號', '2026-12-03'],
  ['31號', '2026-12-31'],
  ['2026-12-05', '2026-12-05'],
  ['2026年12月5日', '2026-12-05'],
  ['2月29日', '2028-02-29'],
])('「%s」 said on 2026-11-22 is %s', (text, on) => {
  expect(parseTrainAsk(text, today)).toEqual({ on, rest: '' });
});

test.each([
  ['高鐵', '高鐵'],
  ['高铁票', '高鐵'],
  ['動車', '動車'],
  ['坐绿皮车', '普快'],
  ['明天的高鐵', '高鐵'],
  ['G字頭', '高鐵'],
])('「%s」 asks for %s', (text, kind) => {
  expect(parseTrainAsk(text, today)).toMatchObject({ kind, rest: '' });
});

test('what is not understood is told', () => {
  expect(parseTrainAsk('明天 靠窗', today)).toEqual({ on: '2026-11-23', rest: '靠窗' });
  expect(parseTrainAsk('2月30日', today).rest).toBe('2月30日');
});

test('no words break it: a day is always a real one', () => {
  const words = fc.constantFrom(
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
    '-',
    '2026',
    '高鐵',
    '大後天',
    '🚄',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), (parts) => {
      const { on } = parseTrainAsk(parts.join(''), today);
      expect(new Date(`${on}T00:00:00Z`).toISOString().slice(0, 10)).toBe(on);
    }),
    { numRuns: 1000 },
  );
});
