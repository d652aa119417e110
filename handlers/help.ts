import { clicks, looksUp, means, says } from '../src/bot/bot';

export default [
  looksUp(
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
  ),
  means('幫助', {
    2: `
      幫助 功能 你會什麼 會什麼 會幹什麼 會幹嘛 能幹什麼 能幹嘛 能做什麼 可以做什麼 能幫我什麼 有什麼用 有啥用 怎麼用
      怎麼使用 怎麼操作 使用說明 說明書 使用方法 都能問什麼 能幹啥 都能幹啥 會幹啥 會啥 會點啥 會些啥 能幹點啥 能做啥
      能問啥 可以問啥 有啥功能 有什麼本事 有啥本事 什麼本領 能幫忙什麼 能幫我啥 幹啥的 做什麼的 是幹啥用 這個號
      這是什麼號 這個公眾號 怎麼問 怎麼玩這個號 使用 可以問什麼 能問什麼 有什麼功能 不會用 菜單 目錄 指令
    `,
  }),
  clicks('HELP', ({ offers, at, render }) => render('help', offers.now(at))),
];
