import {
  beijingDay,
  beijingIso,
  beijingMoment,
  beijingTime,
  daysBetween,
  momentAt,
  startOfBeijingDay,
} from '../../src/kit/beijing';

const newYear = Date.UTC(2026, 11, 31, 16);

test('a day begins at 16:00 UTC of the day before', () => {
  expect([beijingDay(newYear - 1), beijingTime(newYear - 1)]).toEqual(['2026-12-31', '23:59']);
  expect([beijingDay(newYear), beijingTime(newYear)]).toEqual(['2027-01-01', '00:00']);
  expect(startOfBeijingDay('2027-01-01')).toBe(newYear);
});

test('a moment is read as it is written', () => {
  expect(momentAt(beijingMoment(newYear))).toBe(newYear);
  expect(momentAt('2027-01-01T00:00:05')).toBe(newYear + 5_000);
  expect(beijingIso(newYear + 5_120)).toBe('2027-01-01T00:00:05.120+08:00');
  expect(Date.parse(beijingIso(newYear + 5_120))).toBe(newYear + 5_120);
});

test.each(['', 'tomorrow', '2027-01-01', '2027-13-01 00:00', '2027-01-01 25:00'])(
  '「%s」 is no moment',
  (text) => expect(momentAt(text)).toBeNaN(),
);

test('days are counted across months, years and 29 February', () => {
  expect(daysBetween('2026-12-31', '2027-01-01')).toBe(1);
  expect(daysBetween('2028-02-28', '2028-03-01')).toBe(2);
  expect(daysBetween('2027-01-01', '2026-12-31')).toBe(-1);
});
