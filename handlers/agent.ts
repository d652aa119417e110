import { clicks, evenAtDesk, form, means, phone, says, text, transfer } from '../src/bot/bot';

/** 下班時間留下的話，上班後有人回。 */
const enquiry = form(
  'enquiry',
  {
    words: text('請把想問的寫成一條發給我，不超過 300 字。（不留了就說「取消」）', 300, '想問的話'),
    phone: phone('收到。再留一個手機號，方便我們回你：'),
  },
  async ({ params, id, fan, enquiries, serviceHours, render }) => {
    await enquiries.take({ id, pid: fan.pid, ...params });
    return render('enquiry-kept', { from: serviceHours.from, ...params });
  },
);

export default [
  says(
    ['人工', '客服', '人工客服', '轉人工', '真人', '找人工'],
    async ({ id, at, fan, desk, serviceHours, tell, ask, render }) => {
      if (serviceHours.isOpen(at)) {
        if (desk.here) {
          const { before } = await desk.asks({ id, pid: fan.pid, at, why: 'asked' });
          return render('desk-waiting', { before });
        }
        tell('已經請同事過來了，接下來的話直接說給他聽。');
        return transfer();
      }
      return render('agent-away', {
        from: serviceHours.from,
        until: serviceHours.until,
        question: ask(enquiry),
      });
    },
  ),
  ...evenAtDesk([
    says(['退出人工', '結束人工', '取消人工', '不用人工了'], async ({ id, fan, desk, later, render }) => {
      const { was, conversation } = await desk.left({ id, pid: fan.pid });
      if (conversation !== undefined) later('desk-settle', { conversation });
      return render('desk-left', { was });
    }),
  ]),
  // 和同事談完一天之內，說說好不好。
  says(['滿意', '很滿意', '不滿意'], async ({ message, fan, desk, pass }) => {
    const isBad = message.content.includes('不');
    if (!(await desk.rate(fan.pid, isBad ? 'bad' : 'good'))) return pass();
    return isBad ? '記下了，讓你費心了。還沒解決就再回覆「人工」。' : '謝謝，我轉告同事。';
  }),
  means('人工', {
    4: `
      人工 客服 轉人工 真人 活人 投訴 退款 退錢 退訂 退票 退房 退定金 退押金 取消訂單 取消預訂 改簽 開發票 發票 丟了
      丟東西 弄丟 落在 忘在 遺失 失物 報警 被騙 被坑 騙子 騙人 宰客 差評 賠償 賠錢 取消 維權 舉報 多扣 扣了錢 扣錢
      重複扣 沒收到貨 沒到賬 訂單號 我的訂單 訂單 訂錯 訂重 客訴 經理 負責人 商務合作 合作 跟人說 人工服務 人工客服
      找人工 找客服 叫客服 服務太差 態度 太差勁 沒人管 不給退 不給開 不認賬 扣款 扣了兩次 扣兩次 扣了我 錢扣了 錢都扣了
      錢扣 扣費 亂扣費 錢沒退 退回來 錢退 還沒退 沒退給我 沒退錢 退我錢 把錢退 錢沒到賬 付了款 付款了 付款失敗 支付失敗
      付不了款 重複付款 多付 付了兩次 多收 多收錢 亂收費 收費不合理 掉在 落車上 落酒店 落在車上 遺落 丟在 忘拿 忘了拿
      撿到 失物招領 行李不見 被偷 偷了 出事 受傷 生病 急救 救護車 訂不了 訂不上 下不了單 下單失敗 沒訂上 沒出票 不出票
      確認單 到店無房 酒店說沒房 沒有我的預訂 查不到訂單 訂單查不到 我訂的 訂的酒店 訂的房 我買的票 改日期 改時間 改期
      延期 換日期 換房 改簽 退改 退改簽 服務很差 服務不好 服務態度 太坑 坑人 坑爹 黑店 黑心 欺騙 虛假 消費者 12315
      投訴電話 要投訴 我要投訴 給個說法 討說法 沒人理 沒人回 沒人接 電話打不通 打不通 聯繫不上 找不到人 加盟 商務 招商
      應聘 求職 採訪 媒體 封號 賬號被 登錄不了 登不上 能退 能退不 退不退 退得成 買重 買重了 訂重了 退一張 退掉 想退
      要退 給我退 能退嗎 可以退嗎 能不能退 可不可以退 退得了 怎麼退 如何退 退訂單 退不了 退全款 全額退 沒我的預訂
      沒有我的訂 冇我個booking 冇我booking 無我個booking 說沒我 說沒有我 沒訂到 票名字 票上名字 票上的名字 身份證填錯
      身份證號填錯 身份證寫錯 乘客信息 乘車人 入住人 姓名填錯 姓名寫錯 日期訂錯 買錯 買錯票 買錯了 訂錯了
    `,
    1: '手機 錢包 身份證 證件 護照 行李 行李箱 箱子 充電器 相機 鑰匙 電腦 耳機 掉了 丟 不見 不見了 找不到 落 忘 沒了',
    2: `
      給我打電話 給我打個電話 打個電話 服務電話 電話幾號 你打給我 回個電話 給我回電話 回電 不會弄 點算 booking 找個人
      找人 幾點上班 上班時間 營業時間 工作時間 服務時間 幾點下班 跟人聊 跟真人 換個人 不想跟機器人 別讓機器人 不要機器人
      打電話給我 聯繫你們 聯繫方式 給個電話 留個電話 有電話嗎 有沒有電話 電話是多少 打過去 打電話過去 想打電話 電話聯繫
      能打電話 搵真人 搵人 真人客服 你們電話 你們的電話 客服電話 打電話 熱線 轉接 別機器人 人來 人回 真正的人 來個人
      來個活的 叫人來 派個人 找個真人 有沒有真人 活的 能說話的人 值班的 值班 工作人員 小姐姐在嗎 人工在嗎 人工在不在
      跟你們的人 你們的人 找你們老闆 你們老闆 你們領導 管事的 你們主管 叫你們主管 管理員 售後 售前 解決問題 幫我解決
      處理一下 怎麼處理 給我處理 幫我處理 找誰 該找誰 聯繫誰
    `,
  }),
  enquiry,
  // 點菜單不能轉接，WeChat 只轉接她發來的話。
  clicks('AGENT', ({ at, serviceHours, redo }) =>
    serviceHours.isOpen(at) ? '同事都在。回覆「人工」，馬上為你轉接。' : redo('人工'),
  ),
];
