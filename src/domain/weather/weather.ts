import { AppError } from '../../errors';
import { daysBetween, minuteMs } from '../../kit/beijing';
import { createCache } from '../../kit/cache';
import { type Clock } from '../../kit/clock';
import type { Days } from '../../kit/days';
import type { Point } from '../../kit/geo';
import type { Log } from '../../kit/log';
import { clothingHint } from './hint';
import { createOpenMeteo } from './open-meteo';
import { createQWeather } from './qweather';
import { createSampleWeather } from './sample';
import type { Reading, WeatherSource } from './source';

export type WeatherDay = {
  /** `2026-11-22`, a Beijing day. */
  on: string;
  /** 今天, 明天, then 週二. */
  label: string;
  text: string;
  /** °C, whole. */
  low: number;
  high: number;
  /** Rain and melted snow of the whole day, mm; absent when the source does not say. */
  rain?: number;
};

export type Weather = {
  place: string;
  /** temp and feels: whole °C; humidity: %; wind: 「東北風 3 級」. */
  now: { text: string; temp: number; feels: number; humidity: number; wind: string };
  /** Today and the three days after it. */
  days: WeatherDay[];
  /** Which days she asked for (their labels, empty: none in particular), and whether some of them lie beyond what is known. */
  asked: { days: string[]; beyond: boolean; past: boolean; byTheHour: boolean };
  /** What to wear and take along today, one to three sentences. */
  hint: string;
  /** When this was observed (UTC ms). */
  at: number;
  /** Whom to name: the licences of both services ask for it. */
  source: string;
  /** True when it is invented. Whoever shows it must say so. */
  sample: boolean;
  /** True when it should have been renewed and the service did not answer: say the time with it. */
  stale: boolean;
};

export type WeatherOptions = {
  /** `none`: nobody is asked, and nobody answers. */
  provider: 'open-meteo' | 'qweather' | 'sample' | 'none';
  openMeteoUrl?: string | undefined;
  /** For commercial use: with it the customers' host is asked. */
  openMeteoKey?: string | undefined;
  /** Each account of QWeather has its own API host. */
  qweatherUrl?: string | undefined;
  qweatherKey?: string | undefined;
  clock: Clock;
  log: Log;
  /** Machine time and fetch, for tests. */
  now?: () => number;
  fetch?: typeof fetch;
};

export type WeatherService = ReturnType<typeof createWeather>;

/**
 * The weather of a place. An answer is kept for 15 minutes per square kilometre; when the service fails, the last one is
 * served for three hours and says so (`stale`).
 *
 * `sample` needs neither key nor network and invents a believable sky, the same for the same place and day.
 */
export function createWeather(options: WeatherOptions) {
  const { clock, log } = options;
  const sample = options.provider === 'sample';
  const source = sourceOf(options);
  const cache = createCache<Reading>({
    max: 500,
    freshMs: 15 * minuteMs,
    staleMs: 180 * minuteMs,
    ...(options.now ? { now: options.now } : {}),
  });

  return {
    /** Whether there is anybody to ask. */
    connected: options.provider !== 'none',
    source: source.source,
    sample,

    /**
     * Now, today and three days. Throws `Upstream` `weather.unavailable`, for the fan, when the service fails and
     * nothing is left.
     */
    async at(
      place: { name: string; point: Point },
      { days, byTheHour = false }: { days?: Days | undefined; byTheHour?: boolean } = {},
    ): Promise<Weather> {
      // Two decimals are about a kilometre: near enough for weather, and no service learns where a fan stands.
      const point = { lng: round(place.point.lng, 2), lat: round(place.point.lat, 2) };
      try {
        // The stand-in follows the simulator's clock, so it is never kept.
        const { value, stale } = sample
          ? { value: await source.read(point), stale: false }
          : await cache.get(`${point.lng},${point.lat}`, () => source.read(point));
        return tell({
          place: place.name,
          reading: value,
          stale,
          today: clock.day(),
          source: source.source,
          sample,
          asked: days,
          byTheHour,
        });
      } catch (err) {
        log.warn({ err, place: place.name }, 'weather is not to be had');
        const message = `${place.name}的天氣這會兒查不到，請過幾分鐘再問我一次。`;
        throw new AppError('Upstream', 'weather.unavailable', message, { cause: err, for: 'fan' });
      }
    },
  };
}

function sourceOf(options: WeatherOptions): WeatherSource {
  const { provider, openMeteoUrl, openMeteoKey, qweatherUrl, qweatherKey, clock, log } = options;
  const machine = {
    ...(options.now ? { now: options.now } : {}),
    ...(options.fetch ? { fetch: options.fetch } : {}),
  };
  if (provider === 'none')
    return { source: '', read: () => Promise.reject(new Error('No weather service.')) };
  if (provider === 'sample') return createSampleWeather({ clock });
  if (provider === 'qweather') {
    if (!qweatherUrl || !qweatherKey) throw new Error('QWeather needs its API host and its key.');
    return createQWeather({ baseUrl: qweatherUrl, apiKey: qweatherKey, log, ...machine });
  }
  return createOpenMeteo({
    baseUrl: openMeteoUrl ?? `https://${openMeteoKey ? 'customer-api' : 'api'}.open-meteo.com`,
    ...(openMeteoKey ? { apiKey: openMeteoKey } : {}),
    ...machine,
  });
}

function tell(of: {
  place: string;
  reading: Reading;
  stale: boolean;
  today: string;
  source: string;
  sample: boolean;
  asked: Days | undefined;
  byTheHour: boolean;
}): Weather {
  const { place, reading, stale, today, source, sample, asked, byTheHour } = of;
  // A reading kept over midnight begins yesterday. With a turned clock none may be left: then show what there is.
  const ahead = reading.days.filter((day) => day.on >= today);
  const known = (ahead.length > 0 ? ahead : reading.days).slice(0, 4);
  const wanted = known.filter(({ on }) => !asked || (on >= asked.on && on <= asked.until));
  const days = wanted.length > 0 ? wanted : known;
  const { windLevel, ...now } = reading.now;
  const first = days[0];
  return {
    place,
    now: { ...now, temp: whole(now.temp), feels: whole(now.feels), humidity: whole(now.humidity) },
    asked: {
      days: asked ? wanted.map(({ on }) => labelOf(on, today)) : [],
      beyond: asked !== undefined && asked.until > (known.at(-1)?.on ?? today),
      past: asked !== undefined && asked.until < today,
      byTheHour,
    },
    days: days.map((day) => ({
      ...day,
      low: whole(day.low),
      high: whole(day.high),
      ...(day.rain === undefined ? {} : { rain: round(day.rain, 1) }),
      label: labelOf(day.on, today),
    })),
    hint: clothingHint({
      low: first?.low ?? now.temp,
      high: first?.high ?? now.temp,
      feelsBy: now.feels - now.temp,
      texts: first ? [now.text, first.text] : [now.text],
      rain: first?.rain,
      windLevel,
    }),
    at: reading.at,
    source,
    sample,
    stale,
  };
}

function labelOf(on: string, today: string): string {
  const ahead = daysBetween(today, on);
  if (ahead === 0) return '今天';
  if (ahead === 1) return '明天';
  return `週${'日一二三四五六'.charAt(new Date(`${on}T00:00:00Z`).getUTCDay())}`;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** Never −0. */
const whole = (value: number): number => Math.round(value) + 0;
