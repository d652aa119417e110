import type { WechatError } from '../../wechat/api/errors';
import type { Conflict } from './making';
import type { Shared } from './sharing';

/** What became of the tags of segments in one synchronisation. */
export type TagReport = {
  shared: Shared[];
  /** Tags of segments that are not marked any more, deleted at WeChat. */
  dropped: string[];
  conflicts: Conflict[];
  /** Why it ended before its end; the next run goes on. */
  stopped?: WechatError;
};

const few = (n: number): string => n.toLocaleString('en');

/** What a synchronisation did, line by line. */
export const tellTags = ({ shared, dropped, conflicts }: TagReport): string[] => [
  ...shared.flatMap(({ name, segment, given, taken, kept, failures }) => [
    `「${name}」（分群 ${segment}）：加上 ${few(given)} 位，拿掉 ${few(taken)} 位，沒變 ${few(kept)} 位`,
    ...reasonsOf(failures).map((line) => `　${line}`),
  ]),
  ...dropped.map((name) => `「${name}」不再同步，已從微信刪除`),
  ...conflicts.map(({ segment, why }) => `衝突（分群 ${segment}）：${why}`),
];

/** Of those of one reason one line, with the first three. */
function reasonsOf(failures: Shared['failures']): string[] {
  const codes = [...new Set(failures.map(({ errcode }) => errcode))];
  return codes.map((errcode) => {
    const some = failures.filter((one) => one.errcode === errcode);
    const which = some.slice(0, 3).map(({ pid }) => pid);
    return `${few(some.length)} 位沒有改成（${errcode}：${some[0]?.reason}），下次再試：${which.join('、')}${some.length > which.length ? ' …' : ''}`;
  });
}
