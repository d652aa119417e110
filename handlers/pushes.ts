import { means, says } from '../src/bot/bot';

/** 「不要推送」「恢復推送」：優惠和消息不再發給她；她問的、她得的獎，照舊。 */
export default [
  says(
    [
      '不要推送',
      '別再推送',
      '不要再推送',
      '別推送',
      '停止推送',
      '取消推送',
      '退訂推送',
      '關閉推送',
      '不收推送',
    ],
    async ({ fan, reach, render }) => {
      await reach.wish(fan.key, fan.pid, true);
      return render('push-wish', { quiet: true });
    },
  ),
  means('不要推送', {
    4: `
      不要推送 別推送 別再推送 不要再推送 不想收推送 不收推送 停止推送 關掉推送 關閉推送 取消推送 退訂推送 不要給我推送 不要再給我推送 別再給我推送
      別給我推送 不要群發 別群發 別再群發 不要再群發 別再發廣告 不要發廣告 不要再發廣告 別發廣告 不要廣告 不想收廣告
      不要營銷 不要再打擾 別再打擾 別打擾我 別再給我發消息 不要再給我發消息
    `,
  }),

  says(
    ['恢復推送', '打開推送', '開啟推送', '接收推送', '要推送', '重新推送', '訂閱推送'],
    async ({ fan, reach, render }) => {
      await reach.wish(fan.key, fan.pid, false);
      return render('push-wish', { quiet: false });
    },
  ),
  means('恢復推送', { 3: '恢復推送 打開推送 開啟推送 接收推送 重新推送 訂閱推送 想收推送 繼續推送' }),
];
