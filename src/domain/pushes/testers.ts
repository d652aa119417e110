import { AppError } from '../../errors';
import type { Names } from '../names/names';
import type { Subscribers } from '../subscribers/subscribers';

/**
 * Somebody of ours to whom a push is shown: by pid, openid, or a name on boards. `also`: openids that the words may stand for
 * besides (a simulated phone's).
 *
 * @throws AppError NotFound, Conflict push.whom
 */
export async function testerOf(
  {
    subscribers,
    names,
  }: { subscribers: Pick<Subscribers, 'known' | 'load' | 'fanOf' | 'here'>; names: Pick<Names, 'bearing'> },
  who: string,
  also: readonly string[] = [],
): Promise<string> {
  const [known] = await subscribers.known([who]);
  if (known) return known.pid;
  for (const openid of [who, ...also]) {
    const her = await subscribers.load(subscribers.fanOf(openid));
    if (her && !her.following)
      throw new AppError('NotFound', 'push.whom', `「${who}」現在沒有關注公眾號，收不到。`);
    if (her) return her.pid;
  }
  const [pid, ...more] = await subscribers.here(await names.bearing(who));
  if (pid !== undefined && more.length === 0) return pid;
  throw pid === undefined
    ? new AppError(
        'NotFound',
        'push.whom',
        `不認得「${who}」。可以寫 pid（用戶頁上有）、openid，或她用「改名」起的名字；她要關注過公眾號。`,
      )
    : new AppError(
        'Conflict',
        'push.whom',
        `叫「${who}」的有 ${more.length + 1} 位：${[pid, ...more].join('、')}；請寫其中一個 pid。`,
      );
}
