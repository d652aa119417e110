import { createHash } from 'node:crypto';
import { beijingDay, dayMs, hourMs, startOfBeijingDay } from '../../kit/beijing';
import { type Clock } from '../../kit/clock';
import type { Point } from '../../kit/geo';
import type { Reading, WeatherSource } from './source';
import { windWords } from './words';

/**
 * Invented weather, for when there is neither key nor network: from the latitude and the season, with chance drawn from
 * place and day, so that the same question gets the same answer. It is never shown without saying that it is invented.
 */
export function createSampleWeather({ clock }: { clock: Clock }): WeatherSource {
  return {
    source: '示例天氣',
    async read(point) {
      const today = clock.day();
      // Ten-minute steps: asked twice in a row, it says the same.
      const at = Math.floor(clock.now() / (10 * 60_000)) * 10 * 60_000;
      const start = startOfBeijingDay(today);
      const first = dayAt(point, today);
      const days = [1, 2, 3].map((ahead) => dayAt(point, beijingDay(start + ahead * dayMs)));
      return { at, now: nowOf(point, first, (at - start) / hourMs), days: [first, ...days] };
    },
  };
}

type SampleDay = Reading['days'][number] & { rain: number };

function dayAt(point: Point, on: string): SampleDay {
  const draw = drawer(point, on);
  const climate = climateOf(point);
  // 1 in the middle of January, −1 in the middle of July.
  const winter = Math.cos((2 * Math.PI * (dayOfYear(on) - 15)) / 365);
  const mean = (climate.july + climate.january) / 2 - ((climate.july - climate.january) / 2) * winter;
  const wet = draw() < climate.rainInJuly + ((climate.rainInJanuary - climate.rainInJuly) * (winter + 1)) / 2;
  // The further its seasons lie apart, the more a place's days differ, and winter days the most.
  const spread = (2.5 + (climate.july - climate.january) / 9) * (winter > 0 ? 1 : 0.7);
  const middle = mean + (draw() - 0.5) * spread - (wet ? 1 : 0);
  const half = wet ? 2 + draw() * 1.5 : 3.5 + draw() * 2.5;
  const [low, high] = [Math.round(middle - half), Math.round(middle + half)];
  const most = middle < 2 ? 8 : winter < 0 ? 40 : 12;
  const amount = wet ? Math.round((0.5 + draw() ** 2 * most) * 10) / 10 : 0;
  return { on, text: wet ? wetText({ middle, amount, winter }) : dryText(draw()), low, high, rain: amount };
}

function nowOf(point: Point, day: SampleDay, hour: number): Reading['now'] {
  const draw = drawer(point, `${day.on} now`);
  // Warmest at three in the afternoon, coldest at three in the morning.
  const temp =
    (day.low + day.high) / 2 + ((day.high - day.low) / 2) * Math.cos((2 * Math.PI * (hour - 15)) / 24);
  const windLevel = 1 + Math.floor(draw() * 4);
  const humidity = Math.round(day.rain > 0 ? 75 + draw() * 20 : 40 + draw() * 25);
  const muggy = temp > 26 ? (humidity - 50) / 12 : 0;
  const chill = temp < 12 ? -windLevel * 0.8 : 0;
  return {
    text: day.text,
    temp,
    feels: temp + muggy + chill,
    humidity,
    wind: windWords(Math.floor(draw() * 360), windLevel),
    windLevel,
  };
}

/** Rough means of January and July, °C, and the chance of rain: warm and wet in the south, high and mild in the south-west. */
function climateOf({ lng, lat }: Point) {
  const from20 = Math.max(0, Math.abs(lat) - 20);
  const from32 = Math.max(0, Math.abs(lat) - 32);
  const from40 = Math.max(0, Math.abs(lat) - 40);
  const plateau = lng < 103.5 && lat > 24 && lat < 38.5;
  const wet = Math.max(0, Math.min(1, (40 - lat) / 15)) * (lng < 97 ? 0.3 : 1);
  return {
    january:
      19 -
      1.2 * from20 -
      1.1 * from40 +
      (Math.abs(lat) < 20 ? (20 - Math.abs(lat)) * 0.4 : 0) -
      (plateau ? 4 : 0),
    july: 29.5 - 0.35 * from32 - 0.1 * from40 - (plateau ? 8 : 0),
    rainInJanuary: 0.06 + 0.22 * wet,
    rainInJuly: 0.25 + 0.25 * wet,
  };
}

function wetText({ middle, amount, winter }: { middle: number; amount: number; winter: number }): string {
  if (middle < 0) return amount > 5 ? '中雪' : '小雪';
  if (middle < 2) return '雨夾雪';
  if (amount > 25) return '大雨';
  if (amount > 10) return winter < -0.3 ? '雷陣雨' : '中雨';
  return amount > 3 && winter < 0 ? '陣雨' : '小雨';
}

const dryText = (chance: number): string =>
  (['晴', '晴間多雲', '多雲', '陰'] as const)[Math.floor(chance * 4)] ?? '晴';

const dayOfYear = (on: string): number =>
  (Date.parse(`${on}T00:00:00Z`) - Date.parse(`${on.slice(0, 4)}-01-01T00:00:00Z`)) / dayMs + 1;

/** Numbers in [0, 1), always the same ones for the same place and words. */
function drawer(point: Point, words: string): () => number {
  const bytes = createHash('sha256')
    .update(`${point.lng.toFixed(2)},${point.lat.toFixed(2)} ${words}`)
    .digest();
  let next = 0;
  return () => {
    const value = bytes.readUInt16BE(next % 32) / 65_536;
    next += 2;
    return value;
  };
}
