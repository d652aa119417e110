import { choice, form, mail, means, says, scans } from '../src/bot/bot';

/** 她同意的話，確認信裡也寫著；改了字就改版本。 */
const consent =
  '郵箱只用來寄行程、優惠和獎品通知，不給別人；隨時回覆「解除郵箱」就解除並刪除。（郵箱 2026-11）';

const fields = {
  agreed: choice(`${consent}可以嗎？`, ['同意', '不同意'], '你的同意', {
    同意: ['是', '是的', '好', '好的', '行', '可以', 'ok', '我同意', '沒問題'],
    不同意: ['不', '不要', '不行', '否', '不可以', '不好', '我不同意'],
  }),
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

/** 「綁定信箱」「我的信箱」「解除信箱」，和信裡的二維碼。 */
export default [
  bindMail,

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
    return render('mail-yours', { address: bound?.address ?? '', connected: mails.connected });
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
    4: '解除郵箱 解除信箱 解綁郵箱 解綁信箱 取消綁定郵箱 取消綁定信箱 刪除郵箱 刪除信箱 退訂郵件 退訂郵箱',
    2: '取消綁定 解除綁定 解綁',
    1: '解除 郵箱',
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
