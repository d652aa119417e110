import { dueAfter } from '../../../../src/domain/pushes/sequences/due';
import { beijingMoment, momentAt } from '../../../../src/kit/beijing';

const quiet = { from: '22:00', to: '08:00' };

test.each([
  ['at once', '2026-11-23 10:00', { after: '0' }, '2026-11-23 10:00'],
  ['a day later', '2026-11-23 10:00', { after: '24h' }, '2026-11-24 10:00'],
  ['at nine of the same day', '2026-11-23 00:00', { after: '0', at: '09:00' }, '2026-11-23 09:00'],
  ['at nine, which has passed', '2026-11-23 10:00', { after: '0', at: '09:00' }, '2026-11-24 09:00'],
  [
    'three days later at nine, as people say it',
    '2026-11-23 10:00',
    { after: '3d', at: '09:00' },
    '2026-11-26 09:00',
  ],
  [
    'the first nine o’clock after a whole day',
    '2026-11-23 10:00',
    { after: '24h', at: '09:00' },
    '2026-11-25 09:00',
  ],
  ['out of the night before midnight', '2026-11-23 20:00', { after: '3h' }, '2026-11-24 08:00'],
  ['out of the night after midnight', '2026-11-23 20:00', { after: '5h' }, '2026-11-24 08:00'],
  ['over the end of a year', '2026-12-31 10:00', { after: '1d' }, '2027-01-01 10:00'],
])('a step is due %s', (_, from, step, due) => {
  expect(beijingMoment(dueAfter(momentAt(from), { quiet, ...step }))).toBe(due);
});

test('who came in within one minute goes together', () => {
  const at = momentAt('2026-11-23T10:00:07');
  expect(dueAfter(at, { quiet, after: '30m' })).toBe(momentAt('2026-11-23 10:31'));
});
