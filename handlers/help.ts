import { clicks, says } from '../src/bot/bot';

export default [
  says(
    [
      '幫助',
      '菜單',
      '功能',
      '目錄',
      '怎麼用',
      '你會什麼',
      '你好',
      '您好',
      '哈囉',
      '嗨',
      '在嗎',
      '開始',
      'help',
      'hi',
      'hello',
    ],
    ({ offers, at, render }) => render('help', offers.now(at)),
  ),
  clicks('HELP', ({ offers, at, render }) => render('help', offers.now(at))),
];
