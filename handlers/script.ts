import { clicks, means, says } from '../src/bot/bot';

/** 平常看她用哪種字；她說了，就記住，不再猜。 */
export default [
  says(['繁體', '繁體字', '繁體中文', '正體'], ({ fan }) => {
    fan.remember({ script: 'hant' });
    return '好的，之後都用繁體回覆你。想換回來，說「简体」。';
  }),
  says(['簡體', '簡體字', '簡體中文'], ({ fan }) => {
    fan.remember({ script: 'hans' });
    return '好的，之後都用簡體回覆你。想換回來，說「繁體」。';
  }),
  means('繁體', {
    2: '繁體 繁體字 繁體中文 正體字 正體中文 用繁體 說繁體 換繁體 換成繁體 切換繁體 看不懂簡體 改繁體',
  }),
  means('簡體', { 2: '簡體 簡體字 簡體中文 用簡體 說簡體 換簡體 換成簡體 切換簡體 看不懂繁體 改簡體' }),
  clicks('SCRIPT', ({ fan, redo }) => redo(fan.script === 'hant' ? '簡體' : '繁體')),
];
