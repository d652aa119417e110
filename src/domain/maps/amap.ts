import { z } from 'zod';
import { AppError } from '../../errors';
import { beijingDay, dayMs, minuteMs, startOfBeijingDay } from '../../kit/beijing';
import type { Point } from '../../kit/geo';
import type { Log } from '../../kit/log';
import { createOutside, type OutsideParams } from '../../kit/outside';
import { toTraditional } from '../../kit/traditional';
import type { FoundHotel, PlaceName } from './place';

/** AMap writes [] where others write '' or null. */
const word = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined));
const listOf = <T extends z.ZodType>(item: T) =>
  z.union([z.array(item), z.literal('').transform(() => [])]).default([]);
/** An object, or [] when there is nothing in it. */
const orEmpty = <T extends z.ZodType>(shape: T) =>
  z.union([shape, z.array(z.unknown()).transform(() => undefined)]).optional();

const lodging = '100000';

/** GET /v5/place/around?types=100000&show_fields=business. Distances are metres, all numbers strings. */
const around = z.object({
  pois: listOf(
    z.object({
      name: word,
      address: word,
      location: word,
      typecode: word,
      business: orEmpty(z.object({ tel: word, cost: word })),
    }),
  ),
});

/** GET /v3/geocode/regeo */
const regeo = z.object({
  regeocode: orEmpty(
    z.object({
      formatted_address: word,
      addressComponent: orEmpty(z.object({ province: word, city: word, district: word, township: word })),
    }),
  ),
});

/** `infocode`s by what they ask of us. Every refused call counts against the quota as well, so we wait. */
const dailyQuota = ['10003', '10029', '10044', '10045'];
const perMinute = ['10004'];
const perSecond = ['10014', '10015', '10016', '10017', '10019', '10020', '10021'];
const operatorMust = [
  '10001',
  '10002',
  '10005',
  '10006',
  '10007',
  '10008',
  '10009',
  '10010',
  '10012',
  '10013',
  '10026',
  '10041',
  '40000',
  '40002',
];

/**
 * AMap 高德, Web service API (key of type 「Web服務」). GCJ-02, longitude first. Answers are HTTP 200 with `status` '0' or
 * '1' and an `infocode`; its words are Simplified and come back from here in Traditional.
 */
export function createAmap(options: {
  baseUrl: string;
  key: string;
  log: Log;
  now?: () => number;
  fetch?: typeof fetch;
}) {
  const { baseUrl, key, log, ...machine } = options;
  const { now = Date.now } = machine;
  const outside = createOutside({ name: 'AMap', baseUrl, ...machine });

  async function ask<T>(path: string, params: OutsideParams, shape: z.ZodType<T>): Promise<T> {
    const body = await outside.get(path, { ...params, key, output: 'json' });
    const head = z.object({ status: z.coerce.string(), info: word, infocode: word }).safeParse(body);
    if (head.success && head.data.status !== '1')
      throw refused(head.data.infocode ?? '?', head.data.info ?? '');
    const answer = shape.safeParse(body);
    if (answer.success) return answer.data;
    throw new AppError(
      'Upstream',
      'maps.unreadable',
      `AMap answered ${path} in another shape: ${z.prettifyError(answer.error)}`,
    );
  }

  function refused(infocode: string, info: string): AppError {
    const pauseMs = pauseAfter(infocode, now());
    if (pauseMs) outside.holdFor(pauseMs);
    const message = `AMap refused with ${infocode} ${info}`.trim();
    if (operatorMust.includes(infocode))
      log.error({ infocode }, `${message}: see AMAP_KEY. Maps pause for ten minutes.`);
    return new AppError('Upstream', 'maps.refused', message, { details: { infocode } });
  }

  return {
    async hotelsAround(point: Point): Promise<FoundHotel[]> {
      const { pois } = await ask(
        '/v5/place/around',
        {
          location: `${point.lng},${point.lat}`,
          types: lodging,
          radius: 5000,
          sortrule: 'distance',
          show_fields: 'business',
          page_size: 25,
          page_num: 1,
        },
        around,
      );
      const convert = await toTraditional();
      return pois.flatMap(({ name, address, location, typecode, business }) => {
        const at = pointOf(location);
        if (!name || !at || !typecode?.startsWith('10')) return [];
        const priceYuan = Math.round(Number(business?.cost ?? 0));
        const tel = business?.tel?.split(';')[0];
        return [
          {
            name: convert(name),
            address: convert(address ?? ''),
            point: at,
            ...(priceYuan > 0 ? { priceYuan } : {}),
            ...(tel ? { tel } : {}),
          },
        ];
      });
    },

    async nameOf(point: Point): Promise<PlaceName | undefined> {
      const { regeocode } = await ask(
        '/v3/geocode/regeo',
        { location: `${point.lng},${point.lat}`, extensions: 'base' },
        regeo,
      );
      const found = regeocode?.addressComponent;
      if (!found?.province) return undefined;
      const convert = await toTraditional();
      const [province, city, district, township] = [
        found.province,
        found.city ?? '',
        found.district ?? '',
        found.township ?? '',
      ].map(convert);
      return nameFrom({
        province: province ?? '',
        city: city ?? '',
        district: district ?? '',
        township: township ?? '',
      });
    },
  };
}

/** 港澳台 are named as a mainland account must. Municipalities have an empty city; so have cities directly under a province. */
function nameFrom({
  province,
  city,
  district,
  township,
}: Record<'province' | 'city' | 'district' | 'township', string>): PlaceName {
  const special = /^(香港|澳門|台灣)/.exec(province)?.[1];
  if (special === '台灣') {
    const name = spoken(city || district);
    return { label: `中國台灣${city}${district}`, ...(name ? { city: name } : {}) };
  }
  if (special) return { label: `中國${special}${district}`, city: special };
  const own = city || (province.endsWith('市') ? province : district);
  const label = own === district ? `${district}${township}` : `${own}${district}${township}`;
  return { label: label || province, ...(own ? { city: spoken(own) } : {}) };
}

const peoples = '白|傣|彝|藏|羌|回|土家|苗|侗|布依|壯|哈尼|景頗|傈僳|朝鮮|蒙古|哈薩克|柯爾克孜';

/** 杭州市 → 杭州, 大理白族自治州 → 大理, 阿里地區 → 阿里. */
const spoken = (name: string): string =>
  name.replace(new RegExp(`(?:(?:${peoples})族?)+自治州$`), '').replace(/(.{2,})(?:市|地區|盟)$/, '$1');

function pointOf(location: string | undefined): Point | undefined {
  const [lng, lat] = (location ?? '').split(',').map(Number);
  return lng && lat ? { lng, lat } : undefined;
}

function pauseAfter(infocode: string, now: number): number | undefined {
  // Quotas begin anew at midnight in Beijing, by real time.
  if (dailyQuota.includes(infocode)) return startOfBeijingDay(beijingDay(now + dayMs)) - now;
  if (perMinute.includes(infocode)) return minuteMs;
  if (perSecond.includes(infocode)) return 1200;
  if (operatorMust.includes(infocode)) return 10 * minuteMs;
  return undefined;
}
