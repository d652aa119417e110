import { about, clicks, needs } from '../src/bot/bot';

/** 說「天氣」「杭州天氣」「週末去成都要帶傘嗎」，或點菜單；不說城市，就是她上次問起或所在的那座。 */
export default needs('weather', [
  about(
    '天氣',
    {
      says: ['天氣預報', '天氣怎麼樣', '{city}天氣', '{city}天氣預報', '{city}天氣怎麼樣'],
      words: {
        2: `
          weather 天氣 氣溫 溫度 幾度 多少度 氣候 預報 下雨 有雨 下雪 有雪 颱風 暴雨 帶傘 帶雨傘 雨衣 穿什麼 什麼衣服
          衣服 羽絨 羽絨衣 棉襖 棉衣 大衣 秋衣 打底 打底褲 薄的還是厚的 穿啥 怎麼穿 穿多少 穿衣 羽絨服 冷不冷 熱不熱
          冷嗎 熱嗎 降溫 霧霾 空氣質量 出太陽 紫外線 防曬 曬不曬 會不會下 下不下雨 會下雨 要不要帶傘 有沒有雨 雨大嗎
          雨天 晴不晴 晴嗎 陰嗎 出太陽嗎 多冷 多熱 冷到 凍不凍 凍嗎 幾度了 氣溫多少 啥天 啥天兒 什麼天 什麼天兒 穿幾件
          穿厚 穿薄 帶厚 帶外套 冰雹 落雨 落大雨 落唔落雨 會唔會落雨 凍唔凍 熱唔熱 著咩 著咩衫 幾多度 翻風 出日頭 落雪
          會下雪 下雪嗎 下雨嗎 冷空氣 寒潮 回南天 梅雨 颱風天 颳風嗎 風大嗎 空氣好嗎 霾
        `,
        1: '冷 熱 雨 雪 傘 晴 晴天 陰天 外套 毛衣 秋褲 短袖 刮風 風大 濕 曬 太陽 凍 涼 涼快 暖 暖和 潮濕 溫差',
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
