import { z } from 'zod';
import { AppError } from '../../errors';
import { momentAt } from '../../kit/beijing';
import { toWgs84 } from '../../kit/geo';
import { createOutside } from '../../kit/outside';
import type { WeatherSource } from './source';
import { beaufort, ofWmo, windWords } from './words';

const days = <T extends z.ZodType>(item: T) => z.array(item).min(1);

/** GET /v1/forecast. Daily values are parallel lists; one that its models do not have is null. */
const forecast = z.object({
  current: z.object({
    time: z.string(),
    temperature_2m: z.number(),
    apparent_temperature: z.number(),
    relative_humidity_2m: z.number(),
    weather_code: z.number(),
    wind_speed_10m: z.number(),
    wind_direction_10m: z.number(),
  }),
  daily: z.object({
    time: days(z.string()),
    weather_code: days(z.number()),
    temperature_2m_max: days(z.number()),
    temperature_2m_min: days(z.number()),
    precipitation_sum: z.array(z.number().nullable()).optional(),
  }),
});

/**
 * Open-Meteo: no key for non-commercial use; a brand needs the commercial host and its key. It speaks WGS-84; times
 * come in Beijing time without an offset, because that is what we ask for.
 */
export function createOpenMeteo(options: {
  baseUrl: string;
  apiKey?: string;
  now?: () => number;
  fetch?: typeof fetch;
}): WeatherSource {
  const { baseUrl, apiKey, ...machine } = options;
  const outside = createOutside({ name: 'Open-Meteo', baseUrl, ...machine });

  return {
    source: 'Open-Meteo',
    async read(gcjPoint) {
      const { lng, lat } = toWgs84(gcjPoint, 'gcj02');
      const answer = forecast.safeParse(
        await outside.get('/v1/forecast', {
          latitude: lat.toFixed(3),
          longitude: lng.toFixed(3),
          current:
            'temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m,wind_direction_10m',
          daily: 'weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum',
          timezone: 'Asia/Shanghai',
          forecast_days: 5,
          apikey: apiKey,
        }),
      );
      if (!answer.success) {
        throw new AppError(
          'Upstream',
          'weather.unreadable',
          `Open-Meteo answered in another shape: ${z.prettifyError(answer.error)}`,
        );
      }
      const { current, daily } = answer.data;
      const windLevel = beaufort(current.wind_speed_10m);
      return {
        at: momentAt(current.time),
        now: {
          text: ofWmo(current.weather_code),
          temp: current.temperature_2m,
          feels: current.apparent_temperature,
          humidity: current.relative_humidity_2m,
          wind: windWords(current.wind_direction_10m, windLevel),
          windLevel,
        },
        days: daily.time.flatMap((on, i) => {
          const [code, low, high] = [
            daily.weather_code[i],
            daily.temperature_2m_min[i],
            daily.temperature_2m_max[i],
          ];
          if (code === undefined || low === undefined || high === undefined) return [];
          const rain = daily.precipitation_sum?.[i];
          return [{ on, text: ofWmo(code), low, high, ...(typeof rain === 'number' ? { rain } : {}) }];
        }),
      };
    },
  };
}
