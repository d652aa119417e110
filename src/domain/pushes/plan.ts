import { beijingDay, hourMs } from '../../kit/beijing';
import { dailyLimits } from '../../wechat/api/daily-limits';
import { massLeft } from '../rations';
import type { Count } from '../segments/segments';
import { variablesIn } from './fill';
import { pieceOf } from './freeze';
import type { PushRow, RouteName } from './push';
import { type Here, type Sending } from './sending';
import { contentOf, standingsOf, variableNamesOf, variantOf, wayFor } from './ways';

/** As many are looked at one by one; of more, so many of a fair slice stand for the others. */
export const looksAt = 5_000;

export type Planned = {
  /** How many are in the audience; counted, or 約. */
  audience: Count;
  /** How many of them go by each route, and how many get nothing and why; scaled up from those who were looked at. */
  byRoute: Partial<Record<RouteName, number>>;
  byReason: Record<string, number>;
  lookedAt: number;
  /** Mass messages that they have left in this month afterwards: 3 → how many. */
  massLeftAfter: Record<number, number>;
  /** Beijing days that the daily limits of WeChat's calls want. */
  days: number;
  /** Machine ms that sending takes at the set pace of one worker, within one day. */
  sendingMs: number;
  /** Business ms from which it may go. */
  at: number;
};

/** It would reach nobody: nobody sets that going by mistake. Of one for later nobody knows yet who has written by then. */
export const reachesNobody = ({ byRoute }: Pick<Planned, 'byRoute'>): boolean =>
  Object.values(byRoute).every((people) => people === 0);

/** What of a push is asked. */
type Asked = Pick<PushRow, '_id' | 'routes' | 'class' | 'cap' | 'content' | 'variants'>;

/** WeChat's calls that a day has only so many of. */
const paths: Partial<Record<string, string>> = {
  customer: '/cgi-bin/message/custom/send',
  mass: '/cgi-bin/message/mass/send',
  template: '/cgi-bin/message/template/send',
} satisfies Partial<Record<RouteName, string>>;

/** Whom a push would reach by which route, at the moment for which it is set, and what it takes. Changes nothing. */
export async function planOf(
  house: Pick<Sending, 'routes' | 'reach' | 'standing' | 'here' | 'moment' | 'values'>,
  given: {
    push: Asked;
    audience: Count;
    /** Some of them, fairly drawn. */
    sample: readonly string[];
    at: number;
    /** Of one worker. */
    perSecond: number;
    /** Told of everybody who is looked at: by which route she is reached, or why not. */
    sees?: (pid: string, way: { route: RouteName } | { reason: string }) => void;
  },
): Promise<Planned> {
  const { push, audience, sample, at, perSecond, sees } = given;
  const month = beijingDay(at).slice(0, 7);
  const moment = { ...(await house.moment()), at, month, byHand: await house.reach.byHand(month) };
  const here = new Map<string, Here>();
  for (const one of await house.here([...sample])) here.set(one.pid, one);
  const standing = await standingsOf(house, [...here.values()]);
  const lacks = await lacksOf(house, push, [...here.values()]);
  const route = push.routes[0] as RouteName;
  const routes = new Map<RouteName, number>();
  const reasons = new Map<string, number>();
  const left = new Map<number, number>();
  const massByVariant = new Map<string, number>();
  for (const pid of sample) {
    const her = standing.get(pid);
    const variant = variantOf(push, pid);
    const row = { route, ...(variant ? { variant } : {}) };
    const open = her ? wayFor(house, push, row, her, moment) : ({ reason: 'left' } as const);
    const way =
      'route' in open && lacks(pid, { ...row, route: open.route }) ? ({ reason: 'variable' } as const) : open;
    sees?.(pid, way);
    if ('route' in way) routes.set(way.route, (routes.get(way.route) ?? 0) + 1);
    else reasons.set(way.reason, (reasons.get(way.reason) ?? 0) + 1);
    if (!her) continue;
    const used = 'route' in way && way.route === 'mass' ? 1 : 0;
    if (used > 0) massByVariant.set(variant ?? '', (massByVariant.get(variant ?? '') ?? 0) + 1);
    const after = Math.max(0, massLeft(her.reach, moment.month, moment.rations, moment.byHand) - used);
    left.set(after, (left.get(after) ?? 0) + 1);
  }
  const scale = sample.length === 0 ? 0 : audience.people / sample.length;
  const scaled = (counts: ReadonlyMap<string | number, number>): Record<string, number> =>
    Object.fromEntries(Array.from(counts, ([key, n]) => [key, Math.round(n * scale)]));
  const byRoute: Planned['byRoute'] = scaled(routes);
  // A call for each variant of each piece, as far as anybody in it goes by it.
  const pieces = Math.ceil(audience.people / pieceOf(push.routes));
  const massCalls = Object.values(scaled(massByVariant)).reduce((sum, n) => sum + Math.min(pieces, n), 0);
  const calls = { ...byRoute, mass: massCalls };
  const perDay = Object.entries(calls).map(([name, n]) => n / (dailyLimits[paths[name] ?? ''] ?? Infinity));
  const oneByOne = Object.entries(byRoute).reduce((sum, [name, n]) => sum + (name === 'mass' ? 0 : n), 0);
  return {
    audience,
    byRoute,
    byReason: scaled(reasons),
    lookedAt: sample.length,
    massLeftAfter: scaled(left),
    days: Math.ceil(Math.max(1, ...perDay)),
    sendingMs: Math.ceil((oneByOne / perSecond) * 1_000 + (massCalls * hourMs) / 3_240),
    at,
  };
}

/** Whether the words of a route want something of her that is not known, and for which nothing stands in. */
async function lacksOf(
  { routes, values }: Pick<Sending, 'routes' | 'values'>,
  push: Asked,
  people: readonly Here[],
): Promise<(pid: string, row: { route: RouteName; variant?: string }) => boolean> {
  const names = variableNamesOf(push);
  if (names.length === 0) return () => false;
  const known = await values(people, names);
  return (pid, row) => {
    const content = contentOf(push, row, row.route);
    const words = content ? (routes.get(row.route)?.words(content as never) ?? []) : [];
    return words
      .flatMap(variablesIn)
      .some(({ name, hasDefault }) => !hasDefault && known.get(pid)?.[name] === undefined);
  };
}
