import { follows, scans } from '../src/bot/bot';

export default [
  follows(({ fan, render }) => render(fan.firstTime('welcome') ? 'welcome' : 'welcome-back')),

  /** 掃了我們的某個二維碼：說那個渠道自己的話；認不得的碼，剛關注的照樣歡迎，老朋友打個招呼。 */
  scans(undefined, async ({ message, fan, channels, render }) => {
    const scene = message.kind === 'follow' || message.kind === 'scan' ? message.scene : undefined;
    const channel = scene === undefined ? null : await channels.get(scene);
    if (channel) {
      fan.firstTime('welcome');
      return render('channel', { words: channel.words });
    }
    return message.kind === 'follow' ? undefined : render('welcome-back');
  }),
];
