import type { Cell } from '../../sheets/safe-cells';
import type { ChannelRow } from '../channels/channels';
import type { CityRow } from '../cities/cities';
import type { GuideRow } from '../guides/guides';
import type { HotelRow } from '../hotels/hotels';
import type { SightRow } from '../sights/sights';
import type { TrainRow } from '../trains/trains';
import type { Stored } from './table';
import type { ImportKind } from './tables';

const listed = (list: readonly string[] | undefined): string | undefined => list?.join('|');
const yuan = (fen: number | undefined): number | undefined => (fen === undefined ? undefined : fen / 100);
const datum = 'gcj02';

/** What lies in a table, as a line of the file from which it could be imported again. */
const makers: { [Kind in ImportKind]: (row: never) => Record<string, Cell> } = {
  cities: (row: CityRow) => ({
    id: row._id,
    name: row.name,
    name_hans: row.nameHans,
    aliases: row.aliases.length > 0 ? listed(row.aliases) : undefined,
    region: row.region,
    ...row.point,
    datum,
  }),
  hotels: (row: HotelRow) => ({
    id: row._id,
    city: row.cityId,
    name: row.name,
    address: row.address,
    lng: row.at.coordinates[0],
    lat: row.at.coordinates[1],
    datum,
    stars: row.stars,
    price_yuan: yuan(row.priceFen),
    price_on: row.priceOn,
    price_source: row.priceSource,
    book_url: row.bookUrl,
    tel: row.tel,
  }),
  guides: (row: GuideRow) => ({
    city: row._id,
    title: row.title,
    overview: row.overview,
    seasons: row.seasons,
    routes: listed(row.routes),
    food: row.food,
    tips: row.tips,
    updated_on: row.updatedOn,
  }),
  sights: (row: SightRow) => ({
    id: row._id,
    city: row.cityId,
    name: row.name,
    hours: row.hours,
    tickets: row.tickets,
    intro: row.intro,
    aliases: listed(row.aliases),
    ...(row.point ? { ...row.point, datum } : {}),
    updated_on: row.updatedOn,
  }),
  trains: (row: TrainRow) => ({
    number: row.number,
    from_city: row.from,
    to_city: row.to,
    from_station: row.fromStation,
    to_station: row.toStation,
    departs: row.departs,
    arrives: row.arrives,
    day_offset: row.dayOffset,
    runs: row.runs.length === 7 ? '每日' : row.runs.join('、'),
    second_class_yuan: yuan(row.secondClassFen),
    kind: row.kind,
  }),
  channels: (row: ChannelRow) => ({ scene: row._id, name: row.name, words: row.words }),
};

export const fileRow = (kind: ImportKind, row: Stored): Record<string, Cell> => makers[kind](row as never);
