import { needs, says, sends } from '../src/bot/bot';

const withinKm = 20;
/** 再遠就不算「在」那座城市。 */
const cityWithinKm = 150;
const most = 5;

/** 發來位置：最近的酒店；附近沒有，就說最近的城市有多遠。 */
export default [
  sends('location', ({ message, fan, cities, at, redo }) => {
    const { lng, lat, label } = message;
    const near = cities.nearest({ lng, lat });
    fan.remember({
      spot: { lng, lat, ...(label === '' ? {} : { label }), at: new Date(at) },
      ...(near && near.km <= cityWithinKm ? { city: near.city } : {}),
    });
    return redo('附近酒店');
  }),

  ...needs('nearby', [
    says(['附近酒店', '附近的酒店', '附近住宿', '附近有什麼酒店'], async (context) => {
      const { fan, hotels, maps, cities, links, offers, at, render, choose, notYet } = context;
      const { spot } = fan;
      if (!spot)
        return offers.has('nearby', at)
          ? '發個位置給我：點輸入框旁的＋，選「位置」。我按遠近找酒店。'
          : notYet('酒店', fan.city);
      const where = spot.label ?? (await maps.placeOf(spot))?.label ?? '';

      const own = await hotels.near(spot, { limit: most, withinKm });
      if (own.length > 0)
        return render('nearby', {
          where,
          hotels: own.map((hotel) => ({
            ...hotel,
            link: hotel.bookUrl ? links.to(hotel.bookUrl, { kind: 'hotel', ref: hotel.id }) : '',
          })),
        });

      const found = await maps.nearbyHotels(spot, { limit: most });
      if (found.length > 0)
        return render('nearby-map', { where, hotels: found.map((hotel) => ({ priceYuan: 0, ...hotel })) });

      const near = cities.nearest(spot);
      if (!near) return notYet('這附近的資料');
      const { city, km } = near;
      const there = offers.covers('hotels', city)
        ? offers.asks(city, ['hotels', 'guides'])
        : offers.asks(city);
      const any = offers.has('nearby', at);
      const prompt = render('nearby-none', {
        withinKm,
        city: cities.fullName(city),
        km,
        any,
        also: there.length > 0,
      });
      return choose(prompt, there);
    }),
  ]),
];
