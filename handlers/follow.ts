import { follows, scans } from '../src/bot/bot';

export default [
  /** 有答題活動在進行，歡迎詞就說它：到什麼時候、有什麼獎、怎麼開始。 */
  follows(async ({ fan, quiz, prizes, offers, at, render }) => {
    const first = fan.firstTime('welcome');
    if (!first) await prizes.tellMissed(fan.pid); // 不在的時候開出來的獎
    const shown = quiz.onShow(at);
    if (!shown) return first ? render('welcome', offers.now(at)) : render('welcome-back');
    fan.firstToday('quiz'); // 不必在下面再提一次
    return render('welcome-quiz', { first, ...shown, ...offers.now(at) });
  }),

  /** 掃了我們的某個二維碼：說那個渠道自己的話，請她填接著的問卷；只有問卷就直接打開；認不得的碼，剛關注的照樣歡迎，老朋友打個招呼。 */
  scans(undefined, async ({ message, fan, channels, surveys, prizes, redo, render }) => {
    const scene = message.kind === 'follow' || message.kind === 'scan' ? message.scene : undefined;
    if (scene !== undefined) fan.remember({ channel: scene });
    const channel = scene === undefined ? null : await channels.get(scene);
    const open = scene === undefined ? undefined : surveys.byScene(scene);
    const survey = open && !(await surveys.answersOf(open.id, fan.pid)) ? open : null;
    if (channel || survey) {
      if (!fan.firstTime('welcome') && message.kind === 'follow') await prizes.tellMissed(fan.pid);
      return channel ? render('channel', { words: channel.words, survey }) : redo(survey?.keywords[0] ?? '');
    }
    return message.kind === 'follow' ? undefined : render('welcome-back');
  }),
];
