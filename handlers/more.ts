import { says } from '../src/bot/bot';

/** 上一個回答還有下文時，「更多」接著說。 */
export default [
  says(['更多', '下一頁', '還有嗎', '還有呢'], ({ fan, redo }) =>
    fan.next ? redo(fan.next) : '剛才說的已經是全部了。想看別的，回覆「幫助」看看我會什麼。',
  ),
];
