import { about, type Context, clicks, needs, type Wished } from '../src/bot/bot';

type Asked = Context<Wished<'city' | 'page'>>;

/** 一份攻略分四次說：概況、季節、路線、美食與提醒；「更多」接著看。 */
export default needs('guides', [
  about(
    '攻略',
    {
      says: ['{city}攻略', '{city}攻略第{page}頁'],
      words: {
        2: 'guide 攻略 怎麼玩 自由行 自助遊 旅遊指南 指南 遊記 旅遊建議 做攻略 旅遊攻略 遊玩攻略 玩法 怎麼耍 咋玩 咋個玩 懶人包 注意點啥',
        1: '第一次去 第一次來 功課 做功課 旅遊 旅行 去玩 介紹 推薦 玩',
      },
      takes: ['city', 'page'],
    },
    (context) => tell(context, context.params.page),
  ),
  about(
    '季節',
    {
      says: ['{city}季節', '{city}幾月去', '{city}什麼時候去'],
      words: {
        2: `
          季節 幾月 幾月份 哪個月 幾月去 什麼時候去 什麼時候去好 最佳時間 啥時候去 何時去 幾時去 什麼時間去 哪個季節
          幾月去好 什麼月份 最舒服 旺季 淡季 什麼季節
        `,
        1: '什麼時候 適合',
      },
      takes: ['city'],
    },
    (context) => tell(context, { part: 2 }),
  ),
  about(
    '路線',
    {
      says: ['行程', '{city}路線', '{city}行程'],
      words: {
        2: `
          路線 行程 線路 一日遊 兩日遊 二日遊 三日遊 四日遊 五日遊 玩幾天 幾天夠 怎麼安排 日程 規劃 行程安排 幾日遊 走法
          怎麼個走 路線怎麼 路線好 排路線 排個路線 兩天怎麼玩 三天怎麼玩 四天怎麼玩 五天怎麼玩 一天怎麼玩 幾天怎麼玩
          先去哪 怎麼走 玩多久 待幾天 呆幾天 住幾天 排行程 怎麼排 怎麼玩比較順 路線怎麼 行程怎麼 半日遊 動線 天數
        `,
        1: '安排 幾天 計劃 順序',
      },
      takes: ['city'],
    },
    (context) => tell(context, { part: 3 }),
  ),
  about(
    '美食',
    {
      says: ['吃什麼', '小吃', '{city}美食', '{city}吃什麼', '{city}小吃'],
      words: {
        2: `
          吃的 美食 小吃 吃什麼 吃啥 好吃的 好吃 特色菜 餐廳 餐館 飯館 特產 吃飯 吃點什麼 哪裡吃 去哪吃 夜市 火鍋 早茶
          館子 烤鴨 小籠包 羊肉泡饃 肉夾饃 熱乾麵 臭豆腐 牛肉麵 海鮮 串串 冒菜 米粉 螺螄粉 腸粉 生煎 湯包 豆花 擔擔麵
          小麵 涼皮 炒飯 滷肉飯 蚵仔煎 沙茶麵 過橋米線 鴨血粉絲 鹹水鴨 桂花糕 糕點 點心 甜品 糖水 燒臘 燒鵝 煲仔飯
          東坡肉 西湖醋魚 龍井 大排檔 燒烤 烤肉 烤魚 素菜 素食 清真 下午茶 食咩 食乜 有咩食 有咩好食 好食 搵食 邊度食
          茶餐廳 飲茶 伴手禮 吃點啥 吃啥好 有啥吃的 有啥好吃 吃的推薦 好吃的店 吃飯的地方 必吃 小吃街 美食街 餓了 肚子餓
          下館子 宵夜 夜宵 早餐店 好味道 手信 土特產 帶什麼回去 蒼蠅館子 招牌菜 老字號 奶茶 咖啡館
        `,
        1: '吃 喝 菜 餓 飯 味道',
      },
      takes: ['city'],
    },
    (context) => tell(context, { part: 4 }),
  ),
  about(
    '提醒',
    {
      says: ['注意事項'],
      words: {
        2: `
          注意事項 提醒 注意什麼 要注意 避坑 踩坑 踩雷 要準備什麼 準備什麼 累不累 累嗎 好走嗎 難走嗎 陡不陡 適合老人
          適合小孩 適合帶娃 老人能去嗎 安全嗎 高反 高原反應
        `,
        1: '注意 安全 小心 坑 帶什麼',
      },
      takes: ['city'],
    },
    (context) => tell(context, { part: 4 }),
  ),
  clicks('GUIDES', ({ redo }) => redo('攻略')),
]);

const parts = [1, 2, 3, 4];

async function tell(context: Asked, place: number | { part: number } | undefined) {
  const { params, fan, guides, cities, offers, at, render, choose, notYet, paged } = context;
  const { city = fan.city } = params;
  if (!city) return offers.has('guides', at) ? render('guide-which', offers.now(at)) : notYet('攻略');
  fan.remember({ city });
  const guide = await guides.of(city.id);
  if (!guide) {
    const also = offers.asks(city, ['sights', 'weather']);
    return also.length > 0
      ? choose(`${city.name}的攻略還在寫。先看看這些？`, also)
      : notYet(`${city.name}的攻略`);
  }
  const also = offers.asks(city, ['hotels', 'weather', 'sights']).map(({ says }) => says);
  const told = { city: city.name, where: cities.fullName(city), guide, also };
  const whole = parts.map((page) => render('guide', { ...told, page }));
  return paged(whole, place, (n) => `${city.name}攻略第${n}頁`);
}
