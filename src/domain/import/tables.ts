import { type Datum, distanceKm, type Point, toGcj02 } from '../../kit/geo';
import * as cell from '../../sheets/cells';
import type { ChannelRow } from '../channels/channels';
import type { CityRow } from '../cities/cities';
import type { City } from '../cities/city';
import type { GuideRow } from '../guides/guides';
import type { HotelRow } from '../hotels/hotels';
import type { SightRow } from '../sights/sights';
import type { TrainRow } from '../trains/trains';
import { type Complain, type Lookups, type TableKind, tableKind } from './table';
import { readRuns, readTrainKind } from './train-cells';

const position = { lng: cell.degrees(180), lat: cell.degrees(90), datum: cell.datum };

const cities = tableKind({
  collection: 'cities',
  columns: {
    id: cell.id,
    name: cell.text(40, '請填城市的繁體名稱'),
    name_hans: cell.text(40, '請填城市的簡體名稱'),
    aliases: cell.list(40, '請用 | 分隔').optional(),
    region: cell.text(40, '請填省、直轄市或國家'),
    ...position,
  },
  toDocument: (row): CityRow => ({
    _id: row.id,
    name: row.name,
    nameHans: row.name_hans,
    region: row.region,
    aliases: row.aliases ?? [],
    point: pointOf(row),
  }),
});

const hotels = tableKind({
  collection: 'hotels',
  cityFields: ['cityId'],
  columns: {
    id: cell.id,
    city: cell.text(64, '請填城市的編號或名稱'),
    name: cell.text(80, '請填酒店名稱'),
    address: cell.text(200, '請填地址'),
    ...position,
    stars: cell.whole({ from: 1, to: 5, advice: '請填 1 到 5 的星級' }),
    price_yuan: cell.whole({ from: 1, to: 1_000_000, advice: '請填整數元' }),
    price_on: cell.day,
    price_source: cell.text(80, '請填價格的來源，讀者會看到'),
    book_url: cell.webAddress.optional(),
    tel: cell.phone.optional(),
  },
  check(row, context) {
    nearCity(row, cityOf('city', row.city, context), context);
    if (row.price_on !== undefined && row.price_on > context.lookups.latestOn)
      context.complain('price_on', '還沒到，請填看到這個價格的日子');
  },
  toDocument(row, { lookups }): HotelRow | undefined {
    const city = lookups.city(row.city);
    const point = pointOf(row);
    return (
      city && {
        _id: row.id,
        cityId: city.id,
        name: row.name,
        address: row.address,
        at: { type: 'Point', coordinates: [point.lng, point.lat] },
        stars: row.stars,
        priceFen: row.price_yuan * 100,
        priceOn: row.price_on,
        priceSource: row.price_source,
        ...(row.book_url === undefined ? {} : { bookUrl: row.book_url }),
        ...(row.tel === undefined ? {} : { tel: row.tel }),
      }
    );
  },
});

const guides = tableKind({
  collection: 'guides',
  cityFields: ['_id'],
  columns: {
    city: cell.text(64, '請填城市的編號或名稱'),
    title: cell.text(80, '請填標題'),
    overview: cell.text(2000, '請填概況'),
    seasons: cell.text(2000, '請填季節'),
    routes: cell.texts(1000, '請填路線；在表格裡用 | 或換行分隔'),
    food: cell.text(2000, '請填美食'),
    tips: cell.text(2000, '請填提醒'),
    updated_on: cell.day,
  },
  check: (row, context) => void cityOf('city', row.city, context),
  toDocument(row, { lookups }): GuideRow | undefined {
    const city = lookups.city(row.city);
    return (
      city && {
        _id: city.id,
        title: row.title,
        overview: row.overview,
        seasons: row.seasons,
        routes: row.routes,
        food: row.food,
        tips: row.tips,
        updatedOn: row.updated_on,
      }
    );
  },
});

const sights = tableKind({
  collection: 'sights',
  cityFields: ['cityId'],
  columns: {
    id: cell.id,
    city: cell.text(64, '請填城市的編號或名稱'),
    name: cell.text(80, '請填景點名稱'),
    hours: cell.text(300, '請填開放時間'),
    tickets: cell.text(300, '請填門票'),
    intro: cell.text(1000, '請填介紹'),
    aliases: cell.list(40, '請用 | 分隔').optional(),
    lng: position.lng.optional(),
    lat: position.lat.optional(),
    datum: position.datum.optional(),
    updated_on: cell.day,
  },
  check(row, context) {
    nearCity(row, cityOf('city', row.city, context), context);
    wholePosition(row, context);
  },
  toDocument(row, { place, lookups }): SightRow | undefined {
    const city = lookups.city(row.city);
    return (
      city && {
        _id: row.id,
        cityId: city.id,
        name: row.name,
        hours: row.hours,
        tickets: row.tickets,
        intro: row.intro,
        ...(row.aliases === undefined ? {} : { aliases: row.aliases }),
        ...(isPlaced(row) ? { point: pointOf(row) } : {}),
        updatedOn: row.updated_on,
        place,
      }
    );
  },
});

const trains = tableKind({
  collection: 'trains',
  cityFields: ['from', 'to'],
  columns: {
    number: cell.text(10, '請填車次，如 G1'),
    from_city: cell.text(64, '請填出發城市的編號或名稱'),
    to_city: cell.text(64, '請填到達城市的編號或名稱'),
    from_station: cell.text(40, '請填出發站'),
    to_station: cell.text(40, '請填到達站'),
    departs: cell.time,
    arrives: cell.time,
    day_offset: cell.whole({ from: 0, to: 5, advice: '請填到達是第幾天：當天 0，次日 1' }),
    runs: cell.readable({
      read: readRuns,
      wrong: '讀不懂',
      advice: '請填「每日」「工作日」「週末」或星期幾的數字，如 1-5、67（1 是週一）',
    }),
    second_class_yuan: cell.yuan('請填金額，最多兩位小數，如 73.5').optional(),
    kind: cell.readable({
      read: readTrainKind,
      wrong: '不是認得的車種',
      advice: '請填 高鐵、動車、城際、直達、特快、快速 或 普快',
    }),
  },
  check(row, context) {
    const from = cityOf('from_city', row.from_city, context);
    const to = cityOf('to_city', row.to_city, context);
    const { departs, arrives, day_offset: days } = row;
    if (days === 0 && departs !== undefined && arrives !== undefined && arrives <= departs)
      context.complain('arrives', `不晚於出發時刻 ${departs}；次日到達時 day_offset 請填 1`);
    if (from && from.id === to?.id) context.complain('to_city', '與出發城市相同，請核對');
  },
  toDocument(row, { lookups }): TrainRow | undefined {
    const [from, to] = [lookups.city(row.from_city), lookups.city(row.to_city)];
    if (!from || !to) return undefined;
    return {
      _id: [row.number, row.from_station, row.to_station].join('/'),
      number: row.number,
      from: from.id,
      to: to.id,
      fromStation: row.from_station,
      toStation: row.to_station,
      departs: row.departs,
      arrives: row.arrives,
      dayOffset: row.day_offset,
      runs: row.runs,
      kind: row.kind,
      ...(row.second_class_yuan === undefined ? {} : { secondClassFen: row.second_class_yuan }),
    };
  },
});

const channels = tableKind({
  collection: 'channels',
  columns: {
    scene: cell.id,
    name: cell.text(80, '請填這個二維碼掛在哪裡'),
    words: cell.text(550, '請填掃碼的人最先看到的話'),
  },
  toDocument: (row): ChannelRow => ({ _id: row.scene, name: row.name, words: row.words }),
});

/** Everything that can be imported here. Cities come first: the others name them. */
export const tables = { cities, hotels, guides, sights, trains, channels } satisfies Record<
  string,
  TableKind
>;

export type ImportKind = keyof typeof tables;

export const importKinds = Object.keys(tables) as ImportKind[];

type Context = { lookups: Lookups; complain: Complain };

function cityOf(column: string, text: string | undefined, { lookups, complain }: Context): City | undefined {
  if (text === undefined) return undefined;
  const city = lookups.city(text);
  if (!city) complain(column, '不是認得的城市，請先導入城市表，或改用城市表裡的編號');
  return city;
}

type Position = { lng: number; lat: number; datum: Datum };
type SomePosition = { [K in keyof Position]?: Position[K] | undefined };

const isPlaced = (row: SomePosition): row is Position =>
  row.lng !== undefined && row.lat !== undefined && row.datum !== undefined;

/** A position may be left out, but not half of it. */
function wholePosition(row: SomePosition, { complain }: Context): void {
  if (row.lng === undefined && row.lat === undefined) return;
  for (const column of ['lng', 'lat', 'datum'] as const)
    if (row[column] === undefined) complain(column, '空著；坐標要 lng、lat、datum 三格都填，或都不填');
}

/** GCJ-02, to 6 decimals (11 cm). */
function pointOf(row: Position): Point {
  const { lng, lat } = toGcj02({ lng: row.lng, lat: row.lat }, row.datum);
  return { lng: Math.round(lng * 1e6) / 1e6, lat: Math.round(lat * 1e6) / 1e6 };
}

/** Longitude and latitude swapped, a city mistaken, a comma lost: all land far away. The widest prefectures reach 450 km. */
function nearCity(row: SomePosition, city: City | undefined, { complain }: Context): void {
  const km = city && isPlaced(row) ? distanceKm(pointOf(row), city.point) : 0;
  if (city && km > 500)
    complain(
      'lng',
      `離${city.name} ${Math.round(km)} 公里，請核對坐標與城市（經度 lng 與緯度 lat 是不是寫反了？）`,
    );
}
