import { about, clicks, needs } from '../src/bot/bot';

const perPage = 5;

/** 一座城市的景點，或一處景點：開放時間與門票以景區公告為準。 */
export default needs('sights', [
  about(
    '景點',
    {
      says: ['景區', '{city}景點', '{city}景區', '{city}景點推薦'],
      words: {
        2: `
          景點 景區 名勝 古蹟 打卡 打卡點 必去 必玩 好玩的 好玩 好逛 值得去 值得看 值得逛 玩什麼 玩啥 玩的 有啥玩
          有什麼玩 逛什麼 逛逛 看什麼 哪裡玩 去哪玩 去哪裡玩 去哪兒玩 去哪逛 有咩好行 哪裡可以走走 可以走走 可逛 可逛的
          可玩 可玩的 能逛 能逛的 能玩 能玩的 值得玩 值得一去 值得一看 好看的 好去 有咩玩 玩咩 去邊玩 邊度好玩 去邊度玩
          好去處 行街 睇咩 好耍 好耍的 耍 耍一下 咋耍 哪裡好玩 哪兒好玩 哪好玩 哪裡有意思 有意思的地方 哪些地方好玩
          哪些地方 博物館 遊覽 參觀 風景 景色 有什麼地方 去哪裡轉轉 帶娃去哪 遛娃 看展 看夜景 夜景 拍照打卡 出片 必打卡
          可以去的地方 能去哪
        `,
        1: '好行 行下 行吓 去哪 轉轉 溜達 走走 玩 逛 拍照 遊玩 有名 著名 出名 特色 爬山 看海 寺廟 公園 古鎮',
      },
      takes: ['city', 'near', 'page'],
    },
    async ({ params, fan, sights, offers, at, render, notYet, pages, numbered }) => {
      const { city = fan.city, near, page = 1 } = params;
      if (near === 'me' && !fan.spot)
        return '發個位置給我：點輸入框旁的＋，選「位置」，再問我附近有什麼好玩的。';
      if (!city)
        return offers.has('sights', at)
          ? `想逛哪座城市？回覆「${offers.now(at).can.sights}景點」，開放時間和門票一併告訴你。`
          : notYet('景點');
      fan.remember({ city });
      const skip = (page - 1) * perPage;
      const found = await sights.of(city.id, { skip, limit: perPage });
      if (found.total === 0) return notYet(`${city.name}的景點`, city);
      const last = skip + found.sights.length >= found.total;
      pages(page, last);
      numbered(
        found.sights.map(({ name }) => name),
        skip + 1,
      );
      return render('sights', { city: city.name, skip, last, ...found });
    },
  ),

  about(
    '門票',
    {
      says: ['開放時間'],
      words: {
        2: `
          門票 開放時間 幾點開門 幾點關門 開門時間 幾點開 幾點關 閉館 關門 關門嗎 開到幾點 營業到幾點 開放到幾點
          幾點到幾點 幾點停止入場 周一開嗎 今天開嗎 開了嗎 還開嗎 票價 門票多少 票多少錢 多少錢一張 要錢嗎 要門票嗎
          要買票嗎 免票 要預約嗎 需要預約 開放嗎 開不開 開門嗎 幾點閉園
        `,
        1: `
          搶票 訂票 有票 餘票 還有票 踩雷 避坑 踩坑 預約 免費 收費 多少錢 怎麼玩 好玩嗎 好玩 值得去 值得 介紹 攻略
          學生票 門口 排隊 在哪 在哪裡 怎麼去 要多久 景點 玩 票 買票 電話 地址 開門 關 開 逛多久 玩多久 學生 老人 半票
          優惠 值得嗎 怎麼樣 有什麼看的
        `,
      },
      takes: ['sight', 'city', 'page'],
      by: ['sight'],
    },
    async ({ params, fan, sights, cities, offers, notYet, render, redo, paged }) => {
      const sight = params.sight && (await sights.get(params.sight.id));
      const city = sight && cities.get(sight.cityId);
      if (!sight && params.rest) return notYet(`${params.rest}的門票`, params.city);
      if (!sight || !city) return redo('景點');
      fan.remember({ city });
      const also = offers.asks(city, ['sights', 'hotels', 'weather']).map(({ says }) => says);
      const whole = render('sight', { city: cities.fullName(city), sight, also });
      return paged(whole, params.page, (n) => `${sight.name}門票第${n}頁`);
    },
  ),
  clicks('SIGHTS', ({ redo }) => redo('景點')),
]);
