import { clicks, needs, says } from '../src/bot/bot';

const perPage = 5;

/** 「杭州 500以下 四星 酒店」：城市、預算、星級，哪個都可以不說；不說城市就是她上次問起或所在的那座。 */
export default needs('hotels', [
  says(
    [
      '酒店',
      '住宿',
      '賓館',
      '民宿',
      '{city?}{wishes}酒店',
      '{city?}{wishes}住宿',
      '{city?}{wishes}賓館',
      '{city?}{wishes}民宿',
      '{city?}{wishes}酒店{also}',
      '酒店{city?}{wishes}',
      '{city?}{wishes}酒店第{page}頁',
    ],
    async (context) => {
      const { params, fan, hotels, links, offers, at, render, redo, more, notYet, pass } = context;
      const wishes = `${params.wishes ?? ''}${params.also ?? ''}`;
      if (!params.city && /附近|周邊|周边/.test(wishes)) return redo('附近酒店');
      const { rest, ...wish } = hotels.parseAsk(wishes);
      // 「阿姆斯特丹酒店」問的是一座城市；「昨天在酒店丟了東西」不是。
      if (!params.city && rest !== '')
        return params.also || rest.length > 6
          ? pass()
          : render('unknown-city', { typed: rest, near: false, ...offers.now(at) });
      const city = params.city ?? fan.city;
      if (city) fan.remember({ city });
      if (!city) return offers.has('hotels', at) ? render('hotel-which', offers.now(at)) : notYet('酒店');

      const page = params.page ?? 1;
      const skip = (page - 1) * perPage;
      const found = await hotels.search({ city: city.id, ...wish, skip, limit: perPage });
      if (found.total === 0 && !(await hotels.anyIn(city.id))) return notYet(`${city.name}的酒店`, city);
      const last = skip + found.hotels.length >= found.total;
      more(last ? undefined : `${city.name}${wishes}酒店第${page + 1}頁`);
      return render('hotels', {
        city: city.name,
        wish: { minYuan: 0, maxYuan: 0, stars: 0, minStars: 0, maxStars: 0, sort: '', ...wish },
        unread: rest,
        skip,
        last,
        total: found.total,
        hotels: found.hotels.map((hotel) => ({
          ...hotel,
          link: hotel.bookUrl ? links.to(hotel.bookUrl, { kind: 'hotel', ref: hotel.id }) : '',
        })),
      });
    },
  ),
  clicks('HOTELS', ({ redo }) => redo('酒店')),
]);
