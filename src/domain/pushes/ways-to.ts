import { type AccountKind, whyNot } from '../../wechat/api/account-types';
import { isShut, massLeft, messagesLeft, windowUntil } from '../rations';
import type { RouteName } from './push';
import { reasonNames } from './reasons';
import type { AnyRoute, Moment, Standing } from './routes/route';
import { outOfHours } from './ways';

/** Whether one person can be reached by a route now. `left`: messages, where they are rationed; `until`: business ms. */
export type WayTo = { route: RouteName; says: string; why?: string; left?: number; until?: number };

/** By which routes she can be reached now, and why not by the others; what is marketing, if not otherwise said. */
export function waysTo(
  { routes, account }: { routes: ReadonlyMap<RouteName, AnyRoute>; account: AccountKind },
  her: Standing,
  moment: Moment,
): WayTo[] {
  const { reach } = her;
  const { at, month, rations, byHand } = moment;
  return [...routes.values()].map((route): WayTo => {
    const { name, says, feature } = route;
    const shut = (why: string): WayTo => ({ route: name, says, why });
    const never = feature && whyNot(account, feature);
    if (never) return shut(never);
    if (isShut(reach, at)) return shut(reasonNames.shut);
    if (reach.quiet && route.carries.includes('marketing'))
      return shut(`${reasonNames.quiet}；只有與她有關的服務消息還能發`);
    if (name === 'notice') {
      const left = Object.values(reach.notices ?? {}).reduce((sum, granted) => sum + granted, 0);
      return left > 0 ? { route: name, says, left } : shut(reasonNames.notice);
    }
    // What is said makes no difference to the others.
    const reason = route.shut(her, moment, {} as never);
    if (reason) return shut(reasonNames[reason]);
    if (outOfHours(route, at)) return shut(reasonNames.hours);
    if (name === 'customer') {
      const until = windowUntil(reach, at, rations);
      const left = messagesLeft(reach, at, rations);
      return { route: name, says, left, ...(until === undefined ? {} : { until }) };
    }
    if (name === 'mass') return { route: name, says, left: massLeft(reach, month, rations, byHand) };
    return { route: name, says };
  });
}
