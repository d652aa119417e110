import { readFileSync } from 'node:fs';
import { createWeather } from '../../../src/domain/weather/weather';
import { createClock } from '../../../src/kit/clock';
import { createLog } from '../../../src/kit/log';

const log = createLog({ level: 'silent', name: 'test' });
const hangzhou = { name: '杭州', point: { lng: 120.155, lat: 30.274 } };

function weatherOn(day: string, time = '14:23') {
  const at = Date.parse(`${day}T${time}:00+08:00`);
  return createWeather({ provider: 'sample', clock: { now: () => at, day: () => day }, log });
}

test('the stand-in says that it is one', async () => {
  expect(await weatherOn('2026-11-22').at(hangzhou)).toMatchObject({
    sample: true,
    source: '示例天氣',
    stale: false,
    asked: { days: [], beyond: false, past: false, byTheHour: false },
    place: '杭州',
  });
});

test('the same place on the same day has the same weather, and each day its own', async () => {
  const [once, again, later] = await Promise.all([
    weatherOn('2026-11-22').at(hangzhou),
    weatherOn('2026-11-22').at(hangzhou),
    weatherOn('2026-11-23').at(hangzhou),
  ]);
  expect(again).toEqual(once);
  // What was said of tomorrow comes true.
  expect({ ...later.days[0], label: '' }).toEqual({ ...once.days[1], label: '' });
  expect(new Set(once.days.map(({ low, high, text }) => `${low} ${high} ${text}`)).size).toBeGreaterThan(1);
});

test('it follows the clock that the simulator turns', async () => {
  const clock = createClock();
  const weather = createWeather({ provider: 'sample', clock, log });
  clock.setOffset(40 * 86_400_000);
  expect((await weather.at(hangzhou)).days[0]).toMatchObject({ on: clock.day(), label: '今天' });
});

test('it is believable in every sample city and month', async () => {
  const cities = readFileSync('src/facts/cities.csv', 'utf8').trim().split('\n').slice(1);
  expect(cities.length).toBeGreaterThan(0);
  for (const row of cities) {
    const cells = row.split(',');
    const place = { name: cells[1] ?? '', point: { lng: Number(cells.at(-3)), lat: Number(cells.at(-2)) } };
    for (let month = 1; month <= 12; month++) {
      const { now, days } = await weatherOn(`2027-${String(month).padStart(2, '0')}-15`).at(place);
      expect(days.map(({ label }) => label).slice(0, 2)).toEqual(['今天', '明天']);
      for (const day of days) {
        expect(day.low).toBeLessThan(day.high);
        expect(day.low).toBeGreaterThan(-35);
        expect(day.high).toBeLessThan(42);
        // Rain words with rain, snow only when it freezes.
        expect([place.name, day, /雨|雪/.test(day.text)]).toEqual([place.name, day, (day.rain ?? 0) > 0]);
        expect([place.name, day, /^[小中]雪/.test(day.text) && day.low >= 0]).toEqual([
          place.name,
          day,
          false,
        ]);
      }
      const today = days[0] ?? { low: 0, high: 0 };
      expect(now.temp).toBeGreaterThanOrEqual(today.low);
      expect(now.temp).toBeLessThanOrEqual(today.high);
      expect(now.humidity).toBeLessThanOrEqual(100);
    }
  }
});

test.each([
  ['哈爾濱', 126.634, 45.77, '2027-01-15', -30, -5],
  ['廣州', 113.264, 23.129, '2027-07-15', 22, 38],
  ['昆明', 102.712, 25.041, '2027-07-15', 12, 29],
  ['三亞', 109.508, 18.248, '2027-01-15', 12, 30],
  ['新加坡', 103.852, 1.29, '2027-12-15', 20, 36],
])('%s has the season it is known for', async (name, lng, lat, on, from, to) => {
  const { days } = await weatherOn(on).at({ name, point: { lng, lat } });
  for (const { low, high } of days) {
    expect(low).toBeGreaterThanOrEqual(from);
    expect(high).toBeLessThanOrEqual(to);
  }
});
