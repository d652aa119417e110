import { createFanLimit } from '../../src/bot/fan-limit';

let at = 0;
const limit = () => createFanLimit({ now: () => at });
const verdicts = (one: ReturnType<typeof limit>, openid: string, count: number) => {
  const counts = { ok: 0, quiet: 0, drop: 0 };
  for (let i = 0; i < count; i++) counts[one.verdict(openid)]++;
  return counts;
};

test('a fan may say twenty things at once; three hundred more are kept without effect, then none', () => {
  expect(verdicts(limit(), 'a', 500)).toEqual({ ok: 20, quiet: 300, drop: 180 });
});

test('two a second go on, and one a second is kept beyond', () => {
  const one = limit();
  verdicts(one, 'a', 400);
  at += 5_000;
  expect(verdicts(one, 'a', 100)).toEqual({ ok: 10, quiet: 5, drop: 85 });
});

test('silence fills it up again, and never beyond its size', () => {
  const one = limit();
  verdicts(one, 'a', 400);
  at += 3_600_000;
  expect(verdicts(one, 'a', 400)).toEqual({ ok: 20, quiet: 300, drop: 80 });
});

test('one fan’s flood is nobody else’s matter', () => {
  const one = limit();
  verdicts(one, 'a', 500);
  expect(verdicts(one, 'b', 5)).toEqual({ ok: 5, quiet: 0, drop: 0 });
});

test('who floods over a clean-up of the memory stays limited', () => {
  const one = limit();
  verdicts(one, 'a', 400);
  at += 1;
  for (let i = 0; i < 50_001; i++) one.verdict(`other ${i}`);
  expect(one.verdict('a')).toBe('drop');
});

test('a clock that goes back takes nothing away', () => {
  const one = limit();
  verdicts(one, 'a', 10);
  at -= 600_000;
  expect(verdicts(one, 'a', 10)).toEqual({ ok: 10, quiet: 0, drop: 0 });
});
