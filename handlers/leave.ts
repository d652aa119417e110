import { leaves } from '../src/bot/bot';

/** 她走了：說過的話、留下的電話都要刪掉。 */
export default [
  leaves(({ later, fan, at, message }) =>
    later('erase', { fan: fan.key, pid: fan.pid, upTo: at, leftAt: message.at * 1_000 }),
  ),
];
