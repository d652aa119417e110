import { clicks, needs, says } from '../src/bot/bot';

/** 怎麼問：說「杭州天氣」；說「天氣」，答她上次問起或所在的城市；點菜單。 */
export default needs('weather', [
  says(
    [
      '天氣',
      '今天天氣',
      '明天天氣',
      '天氣預報',
      '天氣怎麼樣',
      '{city}天氣',
      '{city}天氣預報',
      '{city}天氣怎麼樣',
    ],
    async ({ params, fan, weather, offers, at, notYet, render }) => {
      const city = params.city ?? fan.city;
      if (city) fan.remember({ city });
      if (!weather.connected) return notYet('天氣', city);
      if (!city) return `想看哪裡的天氣？回覆「${offers.now(at).can.weather}天氣」，或直接發個位置給我。`;
      return render('weather', await weather.at(city));
    },
  ),
  clicks('WEATHER', ({ redo }) => redo('天氣')),
]);
