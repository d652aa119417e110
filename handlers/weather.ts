import { about, clicks, needs } from '../src/bot/bot';

/** 說「天氣」「杭州天氣」「週末去成都要帶傘嗎」，或點菜單；不說城市，就是她上次問起或所在的那座。 */
export default needs('weather', [
  about(
    '天氣',
    {
      says: ['天氣預報', '天氣怎麼樣', '{city}天氣', '{city}天氣預報', '{city}天氣怎麼樣'],
      words: {
        2: 'weather 天氣 氣溫 溫度 幾度 多少度 氣候 預報 下雨 有雨 下雪 有雪 颱風 暴雨 帶傘 帶雨傘 雨衣 穿什麼 什麼衣服 衣服 穿啥 怎麼穿 穿多少 穿衣 羽絨服 冷不冷 熱不熱 冷嗎 熱嗎 降溫 霧霾 空氣質量 出太陽 紫外線 防曬 曬不曬',
        1: '冷 熱 雨 雪 傘 晴 晴天 陰天 外套 毛衣 秋褲 短袖 刮風 風大 濕 曬 太陽',
      },
      takes: ['city', 'days', 'time'],
    },
    async ({ params, fan, weather, offers, at, notYet, render }) => {
      const { city = fan.city, days, time } = params;
      if (city) fan.remember({ city });
      if (!weather.connected) return notYet('天氣', city);
      if (!city) return `想看哪裡的天氣？回覆「${offers.now(at).can.weather}天氣」，或直接發個位置給我。`;
      return render('weather', await weather.at(city, { days, byTheHour: time !== undefined }));
    },
  ),
  clicks('WEATHER', ({ redo }) => redo('天氣')),
]);
