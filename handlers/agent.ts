import { clicks, form, phone, says, text, transfer } from '../src/bot/bot';

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
  enquiry,
  // 點菜單不能轉接，WeChat 只轉接她發來的話。
  clicks('AGENT', ({ at, serviceHours, redo }) =>
    serviceHours.isOpen(at) ? '同事都在。回覆「人工」，馬上為你轉接。' : redo('人工'),
  ),
];
