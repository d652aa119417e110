import { beijingMoment, dayMs } from '../../kit/beijing';
import type { Planned } from './plan';
import { type PushRow, type RouteName, routeNames, routeWords } from './push';
import { tellReason } from './reasons';
import { afterQuiet, nextTime } from './when';

/** 「48,210」 */
export const figure = (n: number): string => n.toLocaleString('en-US');

/** Reasons and how many for each, most first. */
export const tellReasons = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${tellReason(reason)} ${figure(n)}`);

/** 「客服消息 3,112、群發 41,900」 */
export const tellRoutes = (byRoute: Planned['byRoute']): string =>
  routeNames
    .flatMap((name) => (byRoute[name] ? [`${routeWords[name]} ${figure(byRoute[name])}`] : []))
    .join('、') || '一條路也不通';

/** Whom it reaches by which route and whom not, in one sentence. */
export function tellReached({ audience, byRoute, byReason, lookedAt }: Planned): string {
  const about = audience.exact ? '' : '約 ';
  const missed = Object.values(byReason).reduce((sum, n) => sum + n, 0);
  const why = tellReasons(byReason).join('、');
  const sampled = lookedAt < audience.people ? `（看了其中 ${figure(lookedAt)} 人推算）` : '';
  const whom = `對象 ${about}${figure(audience.people)} 人`;
  if (audience.people === 0) return `${whom}：現在沒有人符合。`;
  if (Object.values(byRoute).every((n) => n === 0)) return `${whom}，這次誰也收不到：${why}${sampled}`;
  return `${whom}：${tellRoutes(byRoute)}；這次收不到 ${figure(missed)}${why === '' ? '' : `：${why}`}${sampled}`;
}

/** What it takes: days, hours, and what is left of the mass messages. */
export function tellPlan(
  push: Pick<PushRow, 'routes' | 'quiet' | 'cap'>,
  planned: Planned,
  perSecond: number,
): string[] {
  const { days, sendingMs, massLeftAfter, audience } = planned;
  if (audience.people === 0) return [tellReached(planned)];
  const unused = push.routes.filter((name) => !planned.byRoute[name]);
  if (unused.length === push.routes.length) return [tellReached(planned)];
  const end = endOf(push, planned);
  const { from, to } = push.quiet;
  return [
    tellReached(planned),
    ...unused.map((name) => `${routeWords[name]}：${whyUnused(push, planned, name)}`),
    days > 1
      ? `微信每天的次數不夠一天發完，要 ${days} 天`
      : `發送約 ${tellSpan(sendingMs)}（一個發送程式每秒最多 ${perSecond} 條；開幾個就快幾倍）`,
    `從 ${beijingMoment(planned.at)} 起，約 ${beijingMoment(end)} 發完${from === to ? '' : `（${from}–${to} 免打擾，等過了再發）`}`,
    ...(push.routes.includes('mass')
      ? [
          `之後這個月：${Object.entries(massLeftAfter)
            .toSorted(([a], [b]) => Number(b) - Number(a))
            .map(([left, n]) => `還能收 ${left} 條群發的有 ${figure(n)} 人`)
            .join('、')}`,
        ]
      : []),
  ];
}

/** Nobody is left for a route where those before it reach everybody; else it is shut to all. */
function whyUnused(
  { routes }: Pick<PushRow, 'routes'>,
  { byRoute, byReason }: Planned,
  name: RouteName,
): string {
  const later = routes.slice(routes.indexOf(name)).some((one) => byRoute[one]);
  const isAllReached = Object.values(byReason).every((n) => n === 0);
  return !later && isAllReached ? '輪不到，排在前面的路到得了所有人' : '到那時一個也到不了';
}

/** When the last one goes, business ms: quiet hours are waited out. */
export function endOf(
  { quiet }: Pick<PushRow, 'quiet'>,
  { at, days, sendingMs }: Pick<Planned, 'at' | 'days' | 'sendingMs'>,
): number {
  let now = at;
  let left = sendingMs;
  for (let turns = 0; turns < 2 * 366; turns++) {
    now = afterQuiet(quiet, now);
    const until = quiet.from === quiet.to ? Infinity : nextTime(quiet.from, now);
    if (now + left <= until) break;
    left -= until - now;
    now = until;
  }
  return now + left + (days - 1) * dayMs;
}

/** 「12 分鐘」 */
export function tellSpan(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  if (seconds < 90) return `${seconds} 秒`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} 分鐘` : `${(minutes / 60).toFixed(1)} 小時`;
}
