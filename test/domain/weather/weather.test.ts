import { createWeather, type WeatherOptions } from '../../../src/domain/weather/weather';
import { AppError } from '../../../src/errors';
import { createClock } from '../../../src/kit/clock';
import { createLog } from '../../../src/kit/log';
import refusedPlace from '../../fixtures/outside/open-meteo-error.json';
import forecast from '../../fixtures/outside/open-meteo-forecast.json';
import days from '../../fixtures/outside/qweather-7d.json';
import bodyError from '../../fixtures/outside/qweather-body-error.json';
import now from '../../fixtures/outside/qweather-now.json';
import problem from '../../fixtures/outside/qweather-problem.json';
import { createHandClock, createLoopback, json } from '../../support/loopback';

const hangzhou = { name: '杭州', point: { lng: 120.1551, lat: 30.2741 } };
const minuteMs = 60_000;

let service: Awaited<ReturnType<typeof createLoopback>>;
let lines: { level: number; msg: string }[];
beforeEach(async () => {
  lines = [];
  service = await createLoopback(({ path }, response) => {
    if (path === '/v1/forecast') return json(response, forecast);
    if (path === '/v7/weather/now') return json(response, now);
    if (path === '/v7/weather/7d') return json(response, days);
    return json(response, {}, 404);
  });
});
afterEach(() => service.close());

function weatherOf(provider: WeatherOptions['provider'], machine = createHandClock()) {
  return createWeather({
    provider,
    openMeteoUrl: service.url,
    qweatherUrl: service.url,
    qweatherKey: 'qw-secret',
    clock: {
      now: machine.now,
      day: () => new Date(machine.now() + 8 * 3_600_000).toISOString().slice(0, 10),
    },
    log: createLog({
      level: 'warn',
      name: 'test',
      to: { write: (line) => void lines.push(JSON.parse(line)) },
    }),
    now: machine.now,
  });
}

async function problemOf(call: Promise<unknown>): Promise<AppError> {
  const err = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(err instanceof AppError)) throw new Error(`expected an AppError, got ${String(err)}`);
  return err;
}

test.each([
  [undefined, undefined, 'https://api.open-meteo.com', null],
  ['k1', undefined, 'https://customer-api.open-meteo.com', 'k1'],
  ['k1', 'https://weather.example.com', 'https://weather.example.com', 'k1'],
])('with the key %s and the address %s Open-Meteo is asked at %s', async (key, url, host, apikey) => {
  const asked: URL[] = [];
  const weather = createWeather({
    provider: 'open-meteo',
    openMeteoUrl: url,
    openMeteoKey: key,
    clock: createClock(),
    log: createLog({ level: 'silent', name: 'test' }),
    fetch: async (address) => {
      asked.push(new URL(address instanceof Request ? address.url : address));
      return Response.json(forecast);
    },
  });
  await weather.at(hangzhou);
  expect([asked[0]?.origin, asked[0]?.searchParams.get('apikey')]).toEqual([host, apikey]);
});

test('an answer of Open-Meteo becomes now, today and three days in Traditional words', async () => {
  expect(await weatherOf('open-meteo').at(hangzhou)).toEqual({
    place: '杭州',
    now: { text: '小雨', temp: 13, feels: 12, humidity: 71, wind: '東北風 3 級' },
    days: [
      { on: '2026-11-22', label: '今天', text: '中雨', low: 10, high: 15, rain: 12.3 },
      { on: '2026-11-23', label: '明天', text: '陰', low: 8, high: 15, rain: 0 },
      { on: '2026-11-24', label: '週二', text: '多雲', low: 0, high: 18, rain: 0 },
      { on: '2026-11-25', label: '週三', text: '晴', low: 7, high: 19 },
    ],
    hint: '偏冷，毛衣配夾克或厚風衣。帶把傘。',
    at: Date.parse('2026-11-22T06:15:00Z'),
    source: 'Open-Meteo',
    sample: false,
    stale: false,
    asked: { days: [], beyond: false, past: false, byTheHour: false },
  });
});

test('Open-Meteo is asked in WGS-84, rounded, and in Beijing time', async () => {
  await weatherOf('open-meteo').at(hangzhou);
  const query = service.asked[0]?.query ?? {};
  expect(query).toMatchObject({ timezone: 'Asia/Shanghai', forecast_days: '5' });
  // 120.16, 30.27 in GCJ-02
  expect(Number(query['longitude'])).toBeCloseTo(120.155, 3);
  expect(Number(query['latitude'])).toBeCloseTo(30.272, 3);
});

test('an answer of QWeather becomes the same shape, its strings numbers', async () => {
  expect(await weatherOf('qweather').at(hangzhou)).toEqual({
    place: '杭州',
    now: { text: '小雨', temp: 13, feels: 11, humidity: 72, wind: '東北風 3 級' },
    days: [
      { on: '2026-11-22', label: '今天', text: '中雨轉陰', low: 9, high: 15, rain: 11.8 },
      { on: '2026-11-23', label: '明天', text: '陰', low: 8, high: 15, rain: 0 },
      { on: '2026-11-24', label: '週二', text: '晴', low: 6, high: 18 },
      { on: '2026-11-25', label: '週三', text: '多雲轉薄霧', low: 7, high: 19, rain: 0 },
    ],
    hint: '偏冷，毛衣配夾克或厚風衣。帶把傘。',
    at: Date.parse('2026-11-22T06:12:00Z'),
    source: '和風天氣 QWeather',
    sample: false,
    stale: false,
    asked: { days: [], beyond: false, past: false, byTheHour: false },
  });
});

test('QWeather is asked longitude first with two decimals, the key in a header only', async () => {
  await weatherOf('qweather').at(hangzhou);
  expect(service.asked).toHaveLength(2);
  for (const { query, headers } of service.asked) {
    expect(query['location']).toBe('120.16,30.27');
    expect(headers['x-qw-api-key']).toBe('qw-secret');
    expect(JSON.stringify(query)).not.toContain('qw-secret');
  }
});

test('within a quarter of an hour and a kilometre nobody is asked again, whatever the place is called', async () => {
  const machine = createHandClock();
  const weather = weatherOf('open-meteo', machine);
  await weather.at(hangzhou);
  machine.pass(14 * minuteMs);
  const near = await weather.at({ name: '武林', point: { lng: 120.1572, lat: 30.2732 } });
  expect(near.place).toBe('武林');
  expect(service.asked).toHaveLength(1);
  machine.pass(minuteMs);
  await weather.at(hangzhou);
  expect(service.asked).toHaveLength(2);
});

test('thirty fans asking at once are one question', async () => {
  const weather = weatherOf('open-meteo');
  await Promise.all(Array.from({ length: 30 }, () => weather.at(hangzhou)));
  expect(service.asked).toHaveLength(1);
});

test('when the service fails the last weather is served for three hours, and says so', async () => {
  const machine = createHandClock();
  const weather = weatherOf('open-meteo', machine);
  await weather.at(hangzhou);
  service.answers((_asked, response) => json(response, {}, 500));
  machine.pass(179 * minuteMs);
  expect(await weather.at(hangzhou)).toMatchObject({ stale: true, at: Date.parse('2026-11-22T06:15:00Z') });
  machine.pass(minuteMs);
  expect((await problemOf(weather.at(hangzhou))).code).toBe('weather.unavailable');
});

test('with nothing left the fan is told in a kind sentence, and the log knows why', async () => {
  service.answers((_asked, response) => response.writeHead(200).end('<html>'));
  const err = await problemOf(weatherOf('open-meteo').at(hangzhou));
  expect(err).toMatchObject({
    kind: 'Upstream',
    for: 'fan',
    message: '杭州的天氣這會兒查不到，請過幾分鐘再問我一次。',
  });
  expect(JSON.stringify(lines)).toContain('not JSON');
});

test('a weather kept over midnight begins with the new day', async () => {
  const machine = createHandClock(Date.parse('2026-11-22T15:55:00Z'));
  const weather = weatherOf('open-meteo', machine);
  expect((await weather.at(hangzhou)).days[0]).toMatchObject({ on: '2026-11-22', label: '今天' });
  machine.pass(10 * minuteMs);
  const { days: shown } = await weather.at(hangzhou);
  expect(shown.map(({ label }) => label)).toEqual(['今天', '明天', '週三', '週四']);
  expect(shown[0]?.on).toBe('2026-11-23');
});

test.each([
  ['a 400 with a reason', refusedPlace, 400],
  ['another shape', { current: { temperature_2m: 'warm' } }, 200],
])('Open-Meteo answering %s is a failure like any other', async (_what, body, status) => {
  service.answers((_asked, response) => json(response, body, status));
  expect((await problemOf(weatherOf('open-meteo').at(hangzhou))).code).toBe('weather.unavailable');
});

test.each([
  ['in the body of a 200', bodyError, 200, '402', 'quota'],
  ['as an HTTP problem', problem, 403, '403', 'may not use this'],
])(
  'QWeather refusing the account %s calls the operator and is left alone',
  async (_how, body, status, code, means) => {
    const machine = createHandClock();
    const weather = weatherOf('qweather', machine);
    service.answers((_asked, response) => json(response, body, status));
    await problemOf(weather.at(hangzhou));
    const told = lines.filter(({ level }) => level >= 50);
    expect(told[0]?.msg).toContain(code);
    expect(told[0]?.msg).toContain(means);
    expect(JSON.stringify(lines)).not.toContain('qw-secret');

    const asked = service.asked.length;
    machine.pass(9 * minuteMs);
    await problemOf(weather.at(hangzhou));
    expect(service.asked).toHaveLength(asked);
    machine.pass(minuteMs);
    await problemOf(weather.at(hangzhou));
    expect(service.asked.length).toBeGreaterThan(asked);
  },
);

test('QWeather without a key or a host refuses to start', () => {
  const { clock, log } = {
    clock: { now: Date.now, day: () => '2026-11-22' },
    log: createLog({ level: 'silent', name: 'test' }),
  };
  expect(() => createWeather({ provider: 'qweather', clock, log })).toThrow('API host and its key');
});
