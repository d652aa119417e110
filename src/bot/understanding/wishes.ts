import type { City } from '../../domain/cities/city';
import { type Piece, placesOf, type Reading } from './read';
import type { Wish } from './things';

/** What a sentence wants, whatever it is about. */
export type Wanted = {
  wish: Wish;
  /** A name that stands for more than one city, where no other is named. */
  several?: { typed: string; cities: readonly City[] };
  /** The cities she named that are neither where from nor where to, nor named by a sight. */
  cities: City[];
  /** 「這附近」, of which no name is said. */
  here: boolean;
  /** Places that we have nothing of. */
  elsewhere: string[];
  /** Two places, from one to the other. */
  trip: boolean;
  /** Conditions that no table of ours knows: 「海景」. */
  extras: string[];
  /** What nobody understood. */
  unknown: string[];
};

/** Puts the pieces of a sentence together. */
export function wantedOf(reading: Reading, cityOf: (id: string) => City | undefined): Wanted {
  const { pieces, said } = reading;
  const wish: Wish = {};
  for (const piece of pieces) if (piece.kind === 'thing') join(wish, piece.wish);
  const wanted: Wanted = {
    wish,
    cities: [],
    here: false,
    elsewhere: [],
    trip: false,
    extras: pieces.filter(isExtra).map(said),
    unknown: pieces.filter(({ kind }) => kind === 'unknown').map(said),
  };
  readNames(reading, wanted, cityOf);
  readPlaces(reading, wanted);
  wanted.here = readNear(reading, wanted);
  notOurSight(reading, wanted);
  const near = wish.near === 'me' ? undefined : wish.near;
  const place = wish.sight ?? wish.hotel ?? near;
  const around = place && !wish.city ? cityOf(place.cityId) : undefined;
  if (around) wish.city = around;
  return wanted;
}

const isExtra = (piece: Piece): boolean => piece.kind === 'word' && piece.word.small === 'extra';

/** Of two of a kind the first counts, but a range and an order stand side by side. */
function join(wish: Wish, more: Wish): void {
  for (const [name, value] of Object.entries(more))
    if (!(name in wish)) Object.assign(wish, { [name]: value });
}

function readNames({ pieces }: Reading, wanted: Wanted, cityOf: (id: string) => City | undefined): void {
  for (const piece of pieces) {
    if (piece.kind !== 'name') continue;
    const { sight, hotel, station } = piece.meant;
    if (sight && !wanted.wish.sight) wanted.wish.sight = sight;
    if (hotel && !wanted.wish.hotel) wanted.wish.hotel = hotel;
    if (station) wanted.wish.stations = [...(wanted.wish.stations ?? []), station.name];
    const city = station && cityOf(station.cityId);
    if (city) piece.meant = { ...piece.meant, cities: [city] };
  }
}

function readPlaces(reading: Reading, wanted: Wanted): void {
  const { wish } = wanted;
  const places = placesOf(reading);
  wanted.elsewhere = places.flatMap(({ place }) => ('elsewhere' in place ? [place.elsewhere] : []));
  const cities = places.flatMap(({ place, ...one }) =>
    'city' in place ? [{ city: place.city, role: one.role, piece: one.piece, i: one.i }] : [],
  );
  for (const { place, piece } of places)
    if ('cities' in place && cities.length === 0)
      wanted.several ??= { typed: reading.said(piece), cities: place.cities };
    else if ('cities' in place) wanted.unknown.push(reading.said(piece));

  // 「本來要回北京，現在成都到重慶」: the two that stand together are the way.
  const way = cities.findLast(
    (one, n) => one.role === 'from' && cities[n + 1]?.role === 'to' && cities[n + 1]?.i === one.i + 2,
  );
  const from = way ?? cities.find(({ role }) => role === 'from');
  const isTo = (one: (typeof cities)[number]) =>
    one !== from && one.role === 'to' && one.city.id !== from?.city.id;
  const to = (way && cities.find((one) => one.i === way.i + 2 && isTo(one))) ?? cities.find(isTo);
  const rest = cities.filter((one) => one !== from && one !== to && !one.piece.meant.sight);
  const start = from ?? (to ? rest[0] : undefined);
  const end = to ?? (from ? rest[0] : undefined);
  wanted.trip = start !== undefined && end !== undefined;
  if (start && (end || from)) wish.from = start.city;
  if (end) wish.to = end.city;
  const named = cities.filter(({ piece }) => !piece.meant.sight);
  wanted.cities = [...new Set(named.flatMap(({ city, role }) => (role === undefined ? [city] : [])))];
  const only = to ?? named[0] ?? cities[0];
  if (only) wish.city = only.city;
  if (!wanted.trip && named.length > 1 && !wish.from && !wish.to) {
    // 「杭州 上海 高鐵」: in the order in which one travels.
    const [first, second] = named;
    if (first && second && first.city.id !== second.city.id) [wish.from, wish.to] = [first.city, second.city];
  }
}

/** 「香港迪士尼」 is not the one that we have, in 上海: a place that stands right before a sight and is not where it lies. */
function notOurSight({ pieces, said }: Reading, wanted: Wanted): void {
  const { wish } = wanted;
  const at = pieces.findIndex(
    (piece) => piece.kind === 'name' && piece.meant.sight !== undefined && piece.meant.sight === wish.sight,
  );
  const [before, sight] = [pieces[at - 1], pieces[at]];
  if (before?.kind !== 'name' || sight?.kind !== 'name') return;
  const { cities, elsewhere } = before.meant;
  const isThere = cities?.some(({ id }) => id === wish.sight?.cityId);
  if (isThere || (!cities && elsewhere === undefined)) return;
  delete wish.sight;
  wanted.elsewhere.unshift(`${said(before)}${said(sight)}`);
  if (cities) delete wish.city;
}

/** 「西湖附近」, 「我附近」; 「杭州附近」 is 杭州. True for 「這附近」, which may be what was spoken of before. */
function readNear({ pieces, said }: Reading, { wish, extras }: Wanted): boolean {
  const near = pieces.findIndex(
    (piece) => piece.kind === 'word' && (piece.word.small === 'near' || piece.word.small === 'me'),
  );
  const word = pieces[near];
  if (word?.kind !== 'word') return false;
  const beside = [pieces[near - 1], pieces[near - 2], pieces[near + 1], pieces[near + 2]].find(
    (one) => one?.kind === 'name',
  );
  const named = beside?.kind === 'name' ? (beside.meant.sight ?? beside.meant.hotel) : undefined;
  // Of a station we know the trains, not where it stands.
  if (beside?.kind === 'name' && beside.meant.station && !named) {
    extras.push(`${said(beside)}附近`);
    return false;
  }
  if (word.word.small === 'me') wish.near = 'me';
  else if (named) {
    wish.near = named;
    delete wish.sight;
    delete wish.hotel;
  } else if (!wish.city) {
    wish.near = 'me';
    return true;
  }
  return false;
}
