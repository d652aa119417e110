import { about, type Context, clicks, needs, type Wished } from '../src/bot/bot';
import { nearby } from './location';

const perPage = 5;
const unbound = { min: 0, max: 0 };

type Asked = Wished<'city' | 'yuan' | 'stars' | 'order' | 'near' | 'sight' | 'page'>;

/** 「杭州 500以下 四星 酒店」：城市、預算、星級、遠近，哪個都可以不說；不說城市就是她上次問起或所在的那座。 */
export default needs('hotels', [
  about(
    '酒店',
    {
      says: ['住宿', '賓館', '民宿', '{city}酒店', '{city}住宿', '{city}賓館', '{city}民宿'],
      words: {
        2: `
          酒店 賓館 住宿 民宿 飯店 旅館 旅店 客棧 青旅 青年旅舍 旅舍 公寓 住哪 住哪裡 住哪兒 住哪里好 住哪個 住什麼 訂房
          過夜 落腳 房價 住的地方 住處 入住 hotel 房間 開房 度假村 哪裡住 住在哪 住在哪裡 住哪比較 住哪方便 住哪一帶
          住什麼地方 有房嗎 還有房 空房 房型 落腳處 歇腳 找個住 找地方住 包住 睡哪 睡覺的地方 bnb 青旅 洋房 旅社 來一間
          訂一間 開一間 要一間 來間 訂間 能住的 能住的地方 可以住的地方 住的推薦 住店 住一宿 過夜的地方 住邊 住邊度
          住邊好 邊度住 瞓 酒店房 海景房 江景房 湖景房 山景房 大床房 雙床房 雙人房 單人房 家庭房 親子房 標間 標準間 套房
          三人間 鐘點房 電競房
        `,
        1: '住 住得 房 房子 睡 一晚 每晚 下榻',
      },
      takes: ['city', 'yuan', 'stars', 'order', 'near', 'sight', 'page'],
      by: ['stars', 'yuan'],
    },
    (context) => {
      const { near = context.params.sight } = context.params;
      return near ? nearby(context, near) : inCity(context);
    },
  ),

  about(
    '酒店詳情',
    {
      words: {
        1: `
          電話 電話多少 電話號碼 聯繫電話 多少一晚 一晚多少 多少錢一晚 幾星 位置 具體地址 怎麼訂 怎麼預訂 訂房 預定 評價
          貴嗎 貴不貴 地址 預訂 在哪 在哪裡 怎麼去 多少錢 價格 房價 怎麼樣 好嗎 訂 介紹 酒店
        `,
      },
      takes: ['hotel'],
      by: ['hotel'],
    },
    async ({ params, fan, hotels, cities, links, render, redo }) => {
      const hotel = params.hotel && (await hotels.get(params.hotel.id));
      const city = hotel && cities.get(hotel.cityId);
      if (!hotel || !city) return redo('酒店');
      fan.remember({ city });
      const link = hotel.bookUrl ? links.to(hotel.bookUrl, { kind: 'hotel', ref: hotel.id }) : '';
      return render('hotel', { city: city.name, hotel: { tel: '', ...hotel, link } });
    },
  ),
  clicks('HOTELS', ({ redo }) => redo('酒店')),
]);

async function inCity(context: Context<Asked>) {
  const { params, fan, hotels, links, offers, at, render, pages, numbered, notYet } = context;
  const { city = fan.city, yuan, stars, order, page = 1, rest = '' } = params;
  if (city) fan.remember({ city });
  if (!city) return offers.has('hotels', at) ? render('hotel-which', offers.now(at)) : notYet('酒店');

  const skip = (page - 1) * perPage;
  const sort = order === 'cheapest' || order === 'dearest' ? order : 'stars';
  const found = await hotels.search({ city: city.id, yuan, stars, sort, skip, limit: perPage });
  if (found.total === 0 && !(await hotels.anyIn(city.id))) return notYet(`${city.name}的酒店`, city);
  const last = skip + found.hotels.length >= found.total;
  pages(page, last);
  numbered(
    found.hotels.map(({ name }) => name),
    skip + 1,
  );
  return render('hotels', {
    city: city.name,
    wish: { yuan: { ...unbound, ...yuan }, stars: { ...unbound, ...stars }, sort },
    unread: rest,
    skip,
    last,
    total: found.total,
    hotels: found.hotels.map((hotel) => ({
      ...hotel,
      link: hotel.bookUrl ? links.to(hotel.bookUrl, { kind: 'hotel', ref: hotel.id }) : '',
    })),
  });
}
