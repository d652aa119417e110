import { Lunar } from 'lunar-typescript';
import { findDays } from '../../src/kit/days';

const today = '2026-11-25'; // a Wednesday

test.each([
  ['明天到礼拜天', '2026-11-26', '2026-11-29'],
  ['明天后天', '2026-11-26', '2026-11-27'],
  ['明天和后天', '2026-11-26', '2026-11-27'],
  ['12月1号到3号', '2026-12-01', '2026-12-03'],
  ['11.28-12.1', '2026-11-28', '2026-12-01'],
  ['周六日', '2026-11-28', '2026-11-29'],
  ['下个月五号', '2026-12-05', '2026-12-05'],
  ['月底', '2026-11-30', '2026-11-30'],
  ['一周后', '2026-12-02', '2026-12-02'],
  ['冬至', '2026-12-22', '2026-12-22'],
  ['听日', '2026-11-26', '2026-11-26'],
])('%s', (text, on, until) => expect(findDays(text, today)?.days).toEqual({ on, until }));

test('「周六天氣」 is Saturday alone', () => {
  expect(findDays('周六天气', today)?.days).toEqual({ on: '2026-11-28', until: '2026-11-28' });
});

test.each(['大雪山', '4.5星', '小雪花'])('%s holds no day', (text) =>
  expect(findDays(text, today)).toBeUndefined(),
);

test('a text full of days asks the calendar no oftener than one with two', () => {
  const asked = jest.spyOn(Lunar, 'fromYmd');
  for (const words of ['冬至和', '端午到', '春节、']) findDays(words.repeat(80), '2031-03-01');
  expect(asked.mock.calls.length).toBeLessThanOrEqual(12);
  asked.mockRestore();
});
