import { sends } from '../src/bot/bot';

/** 微信回報我們發出去的東西、她訂閱了什麼通知：記下，什麼都不說。回報的發件人可能是我們不認得的人。 */
export default [
  sends('massResult', async ({ message, pushes }) => {
    const { messageId, raw, total = 0, filtered = 0, sent = 0, failed = 0 } = message;
    const report = { status: raw, total, filtered, sent, error: failed };
    await pushes.massReported(messageId, new Date(message.at * 1_000), report);
    return undefined;
  }),

  sends('templateResult', async ({ message, fan, pushes }) => {
    const { messageId: msgId, status, raw } = message;
    await pushes.reported({ msgId, ...hers(fan), route: 'template', ok: status === 'sent', said: raw });
    return undefined;
  }),

  sends('noticeSent', async ({ message, fan, pushes }) => {
    for (const { messageId: msgId, ok, errorStatus } of message.items)
      await pushes.reported({ msgId, ...hers(fan), route: 'notice', ok, said: errorStatus });
    return undefined;
  }),

  /** 我們不認得的人，什麼也不會發給她，不必記。這裡說「不要」，是不要這一次，從前訂的還在。 */
  sends('noticePopup', async ({ message, fan, id, reach }) => {
    const accepted = message.items.filter((one) => one.accepted).map((one) => one.templateId);
    if (fan.pid !== '') await reach.granted(fan.key, fan.pid, accepted, id);
    return undefined;
  }),

  /** 「通知管理」裡關掉了；在那裡打開，不等於多訂了一次。 */
  sends('noticeChange', async ({ message, fan, reach }) => {
    const rejected = message.items.filter((one) => !one.accepted).map((one) => one.templateId);
    await reach.revoked(fan.key, rejected);
    return undefined;
  }),
];

const hers = ({ pid }: { pid: string }) => (pid === '' ? {} : { pid });
