import { clicks, needs, says } from '../src/bot/bot';

const perPage = 5;

/** 一座城市的景點，開放時間與門票以景區公告為準。 */
export default needs('sights', [
  says(
    ['景點', '景區', '{city}景點', '{city}景區', '{city}景點推薦', '{city}景點第{page}頁'],
    async ({ params, fan, sights, offers, at, render, notYet, more }) => {
      const city = params.city ?? fan.city;
      if (!city)
        return offers.has('sights', at)
          ? `想逛哪座城市？回覆「${offers.now(at).can.sights}景點」，開放時間和門票一併告訴你。`
          : notYet('景點');
      fan.remember({ city });
      const page = params.page ?? 1;
      const skip = (page - 1) * perPage;
      const found = await sights.of(city.id, { skip, limit: perPage });
      if (found.total === 0) return notYet(`${city.name}的景點`, city);
      const last = skip + found.sights.length >= found.total;
      more(last ? undefined : `${city.name}景點第${page + 1}頁`);
      return render('sights', { city: city.name, skip, last, ...found });
    },
  ),
  clicks('SIGHTS', ({ redo }) => redo('景點')),
]);
