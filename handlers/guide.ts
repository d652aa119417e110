import { clicks, needs, says } from '../src/bot/bot';

/** 一份攻略分四次說：概況、季節、路線、美食與提醒；「更多」接著看。 */
export default needs('guides', [
  says(['攻略', '{city}攻略', '{city}攻略第{page}頁'], async (context) => {
    const { params, fan, guides, cities, offers, at, render, choose, notYet, more } = context;
    const city = params.city ?? fan.city;
    if (!city) return offers.has('guides', at) ? render('guide-which', offers.now(at)) : notYet('攻略');
    fan.remember({ city });
    const guide = await guides.of(city.id);
    if (!guide) {
      const also = offers.asks(city, ['sights', 'weather']);
      return also.length > 0
        ? choose(`${city.name}的攻略還在寫。先看看這些？`, also)
        : notYet(`${city.name}的攻略`);
    }
    const page = Math.min(pages, params.page ?? 1);
    more(page < pages ? `${city.name}攻略第${page + 1}頁` : undefined);
    const also = offers.asks(city, ['hotels', 'weather', 'sights']).map(({ says: ask }) => ask);
    return render('guide', { city: city.name, where: cities.fullName(city), page, pages, guide, also });
  }),
  says(['{city}季節', '{city}幾月去', '{city}什麼時候去'], ({ params, redo }) =>
    redo(`${params.city.name}攻略第2頁`),
  ),
  says(['{city}路線', '{city}行程'], ({ params, redo }) => redo(`${params.city.name}攻略第3頁`)),
  says(['{city}美食', '{city}吃什麼', '{city}小吃'], ({ params, redo }) =>
    redo(`${params.city.name}攻略第4頁`),
  ),
  clicks('GUIDES', ({ redo }) => redo('攻略')),
]);

const pages = 4;
