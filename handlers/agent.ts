import { clicks, form, means, phone, says, text, transfer } from '../src/bot/bot';

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
    ({ at, serviceHours, tell, ask, render }) => {
      if (serviceHours.isOpen(at)) {
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
  means('人工', {
    4: '人工 客服 轉人工 真人 活人 投訴 退款 退錢 退訂 退票 退房 退定金 退押金 取消訂單 取消預訂 改簽 開發票 發票 丟了 丟東西 弄丟 落在 忘在 遺失 失物 報警 被騙 被坑 騙子 騙人 宰客 差評 賠償 賠錢 取消 維權 舉報 多扣 扣了錢 扣錢 重複扣 沒收到貨 沒到賬 訂單號 我的訂單 訂單 訂錯 訂重 客訴 經理 負責人 商務合作 合作 跟人說 人工服務 人工客服 找人工 找客服 叫客服 服務太差 態度 太差勁 沒人管 不給退 不給開 不認賬',
    2: '找個人 找人 有沒有人 有人嗎 幾點上班 上班時間 營業時間 工作時間 服務時間 幾點下班 人在嗎 跟人聊 跟真人 換個人 不想跟機器人 別讓機器人 不要機器人 打電話給我 聯繫你們 聯繫方式 電話多少 熱線 轉接 別機器人 人來 人回',
  }),
  enquiry,
  // 點菜單不能轉接，WeChat 只轉接她發來的話。
  clicks('AGENT', ({ at, serviceHours, redo }) =>
    serviceHours.isOpen(at) ? '同事都在。回覆「人工」，馬上為你轉接。' : redo('人工'),
  ),
];
