import { choice, form, mail, means, says, scans } from '../src/bot/bot';

/** 她同意的話，確認信裡也寫著；改了字就改版本。 */
const consent =
  '郵箱只用來寄行程和獎品通知，不給別人，優惠要你另外訂閱才寄；隨時回覆「解除郵箱」就解除並刪除。（郵箱 2026-11 第二版）';
/** 收優惠郵件是另一個同意。 */
const pushConsent =
  '優惠郵件只寄我們的優惠和活動，寄到你綁定的郵箱，不給別人；隨時回覆「退訂郵件」，或按信裡的「不再收優惠信」，就停。（郵件 2026-11）';
const agreement = {
  同意: ['是', '是的', '好', '好的', '行', '可以', 'ok', '我同意', '沒問題'],
  不同意: ['不', '不要', '不行', '否', '不可以', '不好', '我不同意'],
};

const fields = {
  agreed: choice(`${consent}可以嗎？`, ['同意', '不同意'], '你的同意', agreement),
  address: {
    ...mail('好，你的郵箱是？'),
    asked: ({ agreed }: Readonly<Record<string, unknown>>) => agreed === '同意',
  },
};

/** 先問同意，再問郵箱；確認信裡的連結按了才算。 */
const bindMail = form('mail', fields, async ({ params, id, fan, mails, later, render }) => {
  if (params.agreed !== '同意') return render('mail-not-sent', { why: 'declined' });
  const { address } = params;
  const asked = await mails.ask({ pid: fan.pid, address, cause: id, consent });
  if (asked !== 'asked') return render('mail-not-sent', { why: asked });
  later('mail-confirm', { ask: id });
  return render('mail-sent', { address });
});

const subscribing = form(
  'mail-push',
  { agreed: choice(`${pushConsent}可以嗎？`, ['同意', '不同意'], '你的同意', agreement) },
  async ({ params, fan, at, mails, render }) => {
    if (params.agreed !== '同意') return render('mail-push', { how: 'declined', address: '' });
    const isOn = await mails.subscribe({ pid: fan.pid, at: new Date(at), consent: pushConsent });
    const address = (await mails.of(fan.pid))?.address ?? '';
    return render('mail-push', { how: isOn ? 'on' : 'unbound', address });
  },
);

/** 「綁定信箱」「我的信箱」「解除信箱」「訂閱郵件」「退訂郵件」，和信裡的二維碼。 */
export default [
  bindMail,
  subscribing,

  says(
    ['綁定信箱', '綁定郵箱', '綁定電郵', '綁信箱', '綁郵箱', '換信箱', '改信箱', '換郵箱', '改郵箱'],
    ({ mails, ask, render }) => (mails.connected ? ask(bindMail) : render('mail-off')),
  ),
  means('綁定郵箱', {
    3: `
      綁定郵箱 綁定信箱 綁郵箱 綁信箱 綁定email 留郵箱 留信箱 換郵箱 換信箱 改郵箱 改信箱 登記郵箱 登記信箱
      綁定電子郵件
    `,
    1: '綁定 郵箱',
  }),

  says(['我的信箱', '我的郵箱'], async ({ fan, mails, render }) => {
    const bound = await mails.of(fan.pid);
    const push = await mails.wantsPush(fan.pid);
    return render('mail-yours', { address: bound?.address ?? '', connected: mails.connected, push });
  }),

  says(
    ['解除信箱', '解除郵箱', '解綁信箱', '解綁郵箱', '取消綁定信箱', '取消綁定郵箱', '刪除信箱', '刪除郵箱'],
    async ({ fan, at, mails, later, render }) => {
      const bound = await mails.of(fan.pid);
      later('mail-unbind', { pid: fan.pid, boundUpTo: at });
      return render('mail-unbound', { address: bound?.address ?? '' });
    },
  ),
  means('解除郵箱', {
    4: '解除郵箱 解除信箱 解綁郵箱 解綁信箱 取消綁定郵箱 取消綁定信箱 刪除郵箱 刪除信箱',
    2: '取消綁定 解除綁定 解綁',
    1: '解除 郵箱',
  }),

  says(
    ['訂閱郵件', '訂閱電郵', '訂閱優惠郵件', '訂閱郵箱', '接收優惠郵件'],
    async ({ fan, mails, ask, render }) => {
      if (!mails.connected) return render('mail-off');
      const address = (await mails.of(fan.pid))?.address ?? '';
      if (address === '') return render('mail-push', { how: 'unbound', address });
      return (await mails.wantsPush(fan.pid))
        ? render('mail-push', { how: 'on', address })
        : ask(subscribing);
    },
  ),
  means('訂閱郵件', { 3: '訂閱郵件 訂閱電子郵件 訂閱優惠郵件 訂閱郵箱 收優惠郵件 收郵件優惠' }),

  // 郵件伺服器沒接上，訂過的也退得了
  says(
    ['退訂郵件', '退訂電郵', '退訂優惠郵件', '退訂郵箱', '取消訂閱郵件', '取消郵件訂閱'],
    async ({ fan, at, mails, render }) => {
      await mails.unsubscribe(fan.pid, new Date(at));
      return render('mail-push', { how: 'ended', address: '' });
    },
  ),
  means('退訂郵件', {
    4: `
      退訂郵件 退訂電子郵件 退訂優惠郵件 退訂郵箱 取消訂閱郵件 不收郵件 不要郵件 不想收郵件 不收優惠郵件 不要優惠郵件
      不想收優惠郵件 別發郵件 別寄郵件 不要發郵件 不要再發郵件 不要再寄郵件 不要給我發郵件 不要再給我發郵件 別給我發郵件
    `,
  }),

  /** 掃了信裡的二維碼：信箱是她的了。 */
  scans('mail:*', async ({ message, fan, mails, prizes, render }) => {
    const scene = message.kind === 'follow' || message.kind === 'scan' ? (message.scene ?? '') : '';
    fan.remember({ channel: 'mail' });
    const isNew = fan.firstTime('welcome');
    if (!isNew && message.kind === 'follow') await prizes.tellMissed(fan.pid); // 不在的時候開出來的獎
    const bound = await mails.scanned(fan.pid, scene);
    return render('mail-scanned', { new: isNew, address: bound?.address ?? '' });
  }),
];
