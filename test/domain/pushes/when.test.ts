import { endOf, tellSpan } from '../../../src/domain/pushes/tell-plan';
import { afterQuiet, readWhen } from '../../../src/domain/pushes/when';
import { beijingMoment, dayMs, hourMs, momentAt } from '../../../src/kit/beijing';

const now = momentAt('2026-11-24 10:00'); // a Tuesday

test.each([
  ['現在', undefined],
  ['马上', undefined],
  ['2026-12-01 09:00', '2026-12-01 09:00'],
  ['明天 9:30', '2026-11-25 09:30'],
  ['周五 20：15', '2026-11-27 20:15'],
  ['元旦 08:00', '2027-01-01 08:00'],
  ['今天 23:00', '2026-11-24 23:00'],
  ['下週一 09:00', '2026-11-30 09:00'],
  ['明天9点', '2026-11-25 09:00'],
  ['12/1 早上九點', '2026-12-01 09:00'],
  ['12月1號下午3點半', '2026-12-01 15:30'],
  ['今晚8點', '2026-11-24 20:00'],
  ['明天 下午 3:30', '2026-11-25 15:30'],
  ['明早八點', '2026-11-25 08:00'],
  ['明天中午12點', '2026-11-25 12:00'],
  ['周五晚上十一點', '2026-11-27 23:00'],
])('「%s」', (text, told) => {
  const when = readWhen(text, now);
  expect('at' in when && when.at !== undefined ? beijingMoment(when.at) : undefined).toBe(told);
  expect(when).not.toHaveProperty('problem');
});

test.each([
  ['2026-11-24 09:00', '2026-11-24 09:00 已經過去了；請寫以後的時間，或「現在」'],
  ['今天 9:00', '「今天 9:00」是 2026-11-24 09:00，已經過去了；'],
  ['下個節日 09:00', '節日有：元旦、春節'],
  ['有空的時候', '看不懂「有空的時候」'],
  ['明天', '看不懂'],
  ['明天 25:00', '看不懂'],
])('「%s」 is no time: %s', (text, told) => {
  expect(readWhen(text, now)).toEqual({ problem: expect.stringContaining(told) });
});

test('a holiday of a year whose calendar is not out is taken with a warning', () => {
  expect(readWhen('國慶節 09:00', now)).toEqual({
    at: momentAt('2027-10-01 09:00'),
    warning: expect.stringContaining('2027 年的放假安排還沒有公布'),
  });
  expect(readWhen('2027-10-01 09:00', now)).not.toHaveProperty('warning');
});

test.each([...'元旦、春節、元宵、清明、五一、端午、七夕、中秋、國慶節、重陽、聖誕'.split('、')])(
  'the feast %s',
  (feast) => {
    expect(readWhen(`${feast} 09:00`, now)).toHaveProperty('at', expect.any(Number));
  },
);

test('quiet hours are waited out, also over midnight', () => {
  const night = { from: '22:00', to: '08:00' };
  const after = (time: string, quiet = night) => beijingMoment(afterQuiet(quiet, momentAt(time)));
  expect(after('2026-11-24 21:59')).toBe('2026-11-24 21:59');
  expect(after('2026-11-24 22:00')).toBe('2026-11-25 08:00');
  expect(after('2026-11-25 07:59')).toBe('2026-11-25 08:00');
  expect(after('2026-11-24 12:30', { from: '12:00', to: '14:00' })).toBe('2026-11-24 14:00');
  expect(after('2026-11-24 23:00', { from: '00:00', to: '00:00' })).toBe('2026-11-24 23:00');
});

test('a push that does not end before the quiet hours ends after them', () => {
  const quiet = { from: '22:00', to: '08:00' };
  const at = momentAt('2026-11-24 21:00');
  const end = (hours: number, days = 1) =>
    beijingMoment(endOf({ quiet }, { at, days, sendingMs: hours * hourMs }));
  expect(end(0.5)).toBe('2026-11-24 21:30');
  expect(end(2)).toBe('2026-11-25 09:00');
  expect(end(16)).toBe('2026-11-26 09:00');
  expect(end(0.5, 3)).toBe(beijingMoment(at + hourMs / 2 + 2 * dayMs));
  expect([tellSpan(5_000), tellSpan(12 * 60_000), tellSpan(3 * hourMs)]).toEqual([
    '5 秒',
    '12 分鐘',
    '3.0 小時',
  ]);
});
