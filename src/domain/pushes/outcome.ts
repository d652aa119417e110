import type { Awards } from '../prizes/awards';
import type { Subscribers } from '../subscribers/subscribers';
import type { PushRow, RouteName } from './push';
import { routeNames } from './push';
import type { ByVariant } from './report';
import { versionsOn } from './ways';

/** What became of each version of the words by each route: versions that say the same by it are one. */
export function byWords(
  push: PushRow,
  all: readonly ByVariant[],
): { told: string; route: RouteName; variant?: string; people: number; clicked: number; failed: number }[] {
  return routeNames.flatMap((route) =>
    versionsOn(push, route).flatMap(({ variant, told }) => {
      const own = (name: string) => push.variants.find((one) => one.name === name)?.content[route];
      const some = all.filter(
        (one) => one.route === route && (variant === undefined ? !own(one.variant) : one.variant === variant),
      );
      const sumOf = (field: 'people' | 'clicked' | 'failed') =>
        some.reduce((sum, one) => sum + one[field], 0);
      return some.length === 0
        ? []
        : [
            {
              told,
              route,
              ...(variant === undefined ? {} : { variant }),
              people: sumOf('people'),
              clicked: sumOf('clicked'),
              failed: sumOf('failed'),
            },
          ];
    }),
  );
}

/** What WeChat says of a mass send as a whole, in Chinese. */
export function massWords(status: string): string {
  if (/^send ?success$/i.test(status)) return '發送成功';
  if (/^send ?fail$/i.test(status)) return '發送失敗';
  return /^err\(/.test(status) ? `微信不讓發：${status}` : status;
}

type CameBackHouse = {
  pushes: { reached(id: string): AsyncIterable<{ pid: string; at: Date }[]> };
  subscribers: Pick<Subscribers, 'backSince'>;
  prizes: { awards: Pick<Awards, 'usedSince'> };
};
/** Who was here again after it, and who used a prize or coupon. Reads everybody it was given to, piece by piece. */
export async function cameBack(
  { pushes, subscribers, prizes }: CameBackHouse,
  id: string,
  onward: (done: number) => Promise<void> = async () => {},
): Promise<{ back: number; used: number }> {
  let [back, used, done] = [0, 0, 0];
  for await (const some of pushes.reached(id)) {
    back += await subscribers.backSince(some);
    used += await prizes.awards.usedSince(some);
    await onward((done += some.length));
  }
  return { back, used };
}
