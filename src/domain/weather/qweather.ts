import { z } from 'zod';
import { AppError } from '../../errors';
import { minuteMs } from '../../kit/beijing';
import type { Log } from '../../kit/log';
import { createOutside, statusDetailsOf } from '../../kit/outside';
import type { WeatherSource } from './source';
import { ofQweather, windWords } from './words';

/** Every number comes as a string; one that is unknown is ''. */
const numeric = z.string().trim().min(1).transform(Number).pipe(z.number());
const optionalNumeric = z
  .string()
  .transform((text) => (text.trim() === '' ? undefined : Number(text)))
  .pipe(z.number().optional());

/** GET /v7/weather/now */
const nowAnswer = z.object({
  now: z.object({
    obsTime: z.string(),
    temp: numeric,
    feelsLike: numeric,
    icon: numeric,
    text: z.string(),
    wind360: optionalNumeric,
    windScale: z.string(),
    humidity: numeric,
  }),
});

/** GET /v7/weather/7d */
const daysAnswer = z.object({
  daily: z
    .array(
      z.object({
        fxDate: z.string(),
        tempMax: numeric,
        tempMin: numeric,
        iconDay: numeric,
        textDay: z.string(),
        iconNight: numeric,
        textNight: z.string(),
        precip: optionalNumeric,
      }),
    )
    .min(1),
});

/** What a code asks of us: nobody but the operator can mend a key or a balance; too many per minute passes. */
const actions: Record<string, { holdMs: number; operator: boolean; means: string }> = {
  '401': { holdMs: 10 * minuteMs, operator: true, means: 'the key is wrong, or not of this API host' },
  '402': { holdMs: 10 * minuteMs, operator: true, means: 'the quota or the balance is used up' },
  '403': { holdMs: 10 * minuteMs, operator: true, means: 'the key may not use this' },
  '429': { holdMs: minuteMs, operator: false, means: 'too many calls per minute' },
};

/**
 * QWeather 和風天氣, v7. Each account has its own API host; the key goes in a header. It takes GCJ-02 in China, longitude
 * first, two decimals. Errors come in the body of a 200 (`code`) or, on newer hosts, as an HTTP status with an
 * RFC-7807 object: both are read.
 */
export function createQWeather(options: {
  baseUrl: string;
  apiKey: string;
  log: Log;
  now?: () => number;
  fetch?: typeof fetch;
}): WeatherSource {
  const { baseUrl, apiKey, log, ...machine } = options;
  const outside = createOutside({
    name: 'QWeather',
    baseUrl,
    headers: { 'X-QW-Api-Key': apiKey },
    ...machine,
  });

  async function ask<T>(path: string, location: string, shape: z.ZodType<T>): Promise<T> {
    const body = await outside.get(path, { location, lang: 'zh-hant', unit: 'm' }).catch((err: unknown) => {
      const problem = readProblem(err);
      throw problem ? refused(problem.code, problem.words, err) : err;
    });
    const { code } = z
      .object({ code: z.union([z.string(), z.number()]).transform(String) })
      .catch({ code: '200' })
      .parse(body);
    if (code !== '200') throw refused(code, path);
    const answer = shape.safeParse(body);
    if (answer.success) return answer.data;
    throw new AppError(
      'Upstream',
      'weather.unreadable',
      `QWeather answered ${path} in another shape: ${z.prettifyError(answer.error)}`,
    );
  }

  function refused(code: string, words: string, cause?: unknown): AppError {
    const action = actions[code];
    const message = `QWeather refused with ${code}: ${action?.means ?? words}`;
    if (action) outside.holdFor(action.holdMs);
    if (action?.operator)
      log.error(
        { code },
        `${message}. Weather pauses for ${action.holdMs / minuteMs} minutes; see QWEATHER_KEY and QWEATHER_URL.`,
      );
    return new AppError('Upstream', 'weather.refused', message, { cause });
  }

  return {
    source: '和風天氣 QWeather',
    async read({ lng, lat }) {
      const location = `${lng.toFixed(2)},${lat.toFixed(2)}`;
      const [{ now: current }, { daily }] = await Promise.all([
        ask('/v7/weather/now', location, nowAnswer),
        ask('/v7/weather/7d', location, daysAnswer),
      ]);
      // A scale may be a range, 「1-3」: the upper end is the one to dress for.
      const windLevel = Number(current.windScale.split('-').at(-1)) || 0;
      return {
        at: Date.parse(current.obsTime),
        now: {
          text: ofQweather(current.icon, current.text),
          temp: current.temp,
          feels: current.feelsLike,
          humidity: current.humidity,
          wind: windWords(current.wind360 ?? -1, windLevel),
          windLevel,
        },
        days: daily.map((day) => {
          const byDay = ofQweather(day.iconDay, day.textDay);
          const byNight = ofQweather(day.iconNight, day.textNight);
          return {
            on: day.fxDate,
            text: byDay === byNight ? byDay : `${byDay}轉${byNight}`,
            low: day.tempMin,
            high: day.tempMax,
            ...(day.precip === undefined ? {} : { rain: day.precip }),
          };
        }),
      };
    },
  };
}

/** `{ error: { status, title, detail } }` of an HTTP error, or a `code` in its body. */
function readProblem(err: unknown): { code: string; words: string } | undefined {
  const said = statusDetailsOf(err);
  if (!said) return undefined;
  const { status, body } = said;
  const problem = z
    .object({ error: z.object({ title: z.string().optional(), detail: z.string().optional() }) })
    .safeParse(body);
  const words = problem.success
    ? [problem.data.error.title, problem.data.error.detail].filter(Boolean).join(': ')
    : '';
  return { code: String(status), words };
}
