import { about, means, says } from '../src/bot/bot';

/** 緊急的事，一句話也不耽誤。 */
const urgent =
  '緊急的事請直接打電話：報警 110，急救 120，火警 119，交通事故 122。要找我們的人，回覆「人工」。';

/** 旅途上會問、我們卻沒有資料的事：說清楚，再說能幫什麼。 */
export default [
  says(['緊急電話', '報警', '急救', '救命'], () => urgent),
  means('緊急電話', {
    4: `
      緊急電話 報警電話 報警 警察 找警察 救護車 急救 叫救護車 120 110 119 火警 著火 着火 出車禍 車禍 溺水 暈倒 昏倒
      心臟病 中毒 搶劫 救我
    `,
  }),

  about(
    '機票',
    {
      says: ['飛機票', '航班', '飛機'],
      words: {
        4: '機票 飛機票 航班 訂機票 買機票 航班號 登機 值機 飛機 坐飛機 飛過去 廉航 春秋航空 東航 南航 國航',
      },
      takes: ['from', 'to', 'city'],
    },
    ({ params, offers, at }) => {
      const to = params.to ?? params.city;
      const trip = params.from && to && params.from !== to ? `${params.from.name}到${to.name}` : '';
      const rail = offers.has('trains', at) && trip !== '' ? `坐火車的話，回覆「${trip}」看車次。` : '';
      return `機票和航班我這裡沒有，請在航空公司或訂票網站查。${rail}`;
    },
  ),

  about(
    '市內交通',
    {
      says: ['地鐵', '公交', '打車'],
      words: {
        4: '坐地鐵 地鐵怎麼 坐公交 公交怎麼 公交車 幾路車 幾號線 地鐵幾號線 打車 打的 叫車 網約車 滴滴 共享單車 怎麼坐地鐵 地鐵線 地鐵圖',
      },
      takes: ['city', 'sight', 'hotel'],
    },
    ({ params: { sight, hotel, city } }) => {
      const place = sight?.name ?? hotel?.name ?? city?.name;
      const asks = sight ? `開放時間和門票，回覆「${sight.name}」。` : '';
      return `市內怎麼走，我這裡查不到，${place === undefined ? '' : `去${place}`}用地圖導航最準。${asks}`;
    },
  ),

  about(
    '簽證',
    {
      says: ['護照', '港澳通行證'],
      words: {
        4: '簽證 簽注 通行證 港澳通行證 護照 入境 出境 海關 落地簽 免簽 台胞證 辦證 續簽 退稅 換匯 兌換外幣',
      },
    },
    () => '證件、簽證和換匯我這裡沒有資料，以出入境管理局和銀行的說明為準：出入境諮詢電話 12367。',
  ),

  about(
    '租車',
    {
      words: {
        3: '租車 包車 拼車 自駕租車 租個車 租輛車 租電動車 租自行車 導遊 找導遊 跟團 報團 旅行團 旅遊團 保險 旅遊險',
      },
      takes: ['city'],
    },
    ({ params: { city } }) =>
      `租車、包車、導遊和跟團我這裡還沒有${city ? `。${city.name}自己走的話，回覆「${city.name}攻略」看路線` : ''}；要請人安排，回覆「人工」。`,
  ),
];
