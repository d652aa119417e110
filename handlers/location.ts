import { type Context, needs, says, sends, type Wished } from '../src/bot/bot';

const withinKm = 20;
/** 再遠就不算「在」那座城市。 */
const cityWithinKm = 150;
const perPage = 5;
const unbound = { min: 0, max: 0 };

/** 發來位置：最近的酒店；附近沒有，就說最近的城市有多遠。 */
export default [
  sends('location', ({ message, fan, cities, at, redo }) => {
    const { lng, lat, label } = message;
    const near = cities.nearest({ lng, lat });
    fan.remember({
      spot: { lng, lat, ...(label === '' ? {} : { label }), at: new Date(at) },
      ...(near && near.km <= cityWithinKm ? { city: near.city } : {}),
    });
    return redo('我附近酒店');
  }),

  ...needs('nearby', [
    says(['附近酒店', '附近的酒店', '附近住宿', '附近有什麼酒店'], ({ redo }) => redo('我附近酒店')),
  ]),
];

type Asked = Wished<'yuan' | 'stars' | 'order' | 'near' | 'page'>;

/** 一個地方（她在的，或一處景點）周圍的酒店，近的在前；預算和星級照樣算。 */
export async function nearby(context: Context<Asked>, near: NonNullable<Asked['near']>) {
  const { params, fan, hotels, maps, links, offers, at, render, notYet, pages, numbered, redo } = context;
  const { yuan, stars, order, page = 1, rest = '' } = params;
  const spot = near === 'me' ? fan.spot : near.point;
  if (!spot) {
    if (near !== 'me') return redo('酒店');
    return offers.has('nearby', at)
      ? '發個位置給我：點輸入框旁的＋，選「位置」。我按遠近找酒店。'
      : notYet('酒店', fan.city);
  }
  const where = near === 'me' ? (fan.spot?.label ?? (await maps.placeOf(spot))?.label ?? '') : near.name;
  const sort = order === 'cheapest' || order === 'dearest' ? order : 'nearest';
  const skip = (page - 1) * perPage;
  const own = await hotels.near(spot, { yuan, stars, sort, skip, limit: perPage, withinKm });
  const wish = { yuan: { ...unbound, ...yuan }, stars: { ...unbound, ...stars }, sort };
  if (own.total > 0) {
    const last = skip + own.hotels.length >= own.total;
    pages(page, last);
    numbered(
      own.hotels.map(({ name }) => name),
      skip + 1,
    );
    return render('nearby', {
      where,
      wish,
      unread: rest,
      skip,
      last,
      hotels: own.hotels.map((hotel) => ({
        ...hotel,
        link: hotel.bookUrl ? links.to(hotel.bookUrl, { kind: 'hotel', ref: hotel.id }) : '',
      })),
    });
  }
  if ((await hotels.near(spot, { limit: 1, withinKm })).total > 0)
    return render('nearby-unfit', { where, withinKm, wish });
  const found = await maps.nearbyHotels(spot, { limit: perPage });
  if (found.length > 0)
    return render('nearby-map', { where, hotels: found.map((hotel) => ({ priceYuan: 0, ...hotel })) });
  return farAway(context, spot);
}

function farAway(
  { cities, offers, at, render, choose, notYet }: Context<unknown>,
  spot: { lng: number; lat: number },
) {
  const near = cities.nearest(spot);
  if (!near) return notYet('這附近的資料');
  const { city, km } = near;
  const there = offers.covers('hotels', city) ? offers.asks(city, ['hotels', 'guides']) : offers.asks(city);
  const any = offers.has('nearby', at);
  return choose(
    render('nearby-none', { withinKm, city: cities.fullName(city), km, any, also: there.length > 0 }),
    there,
  );
}
