import { createHash } from 'node:crypto';
import { dayMs } from '../../kit/beijing';
import type { Script } from '../../kit/text';
import { isShut, type Reach } from '../rations';
import type { Delivery } from './deliveries';
import { fill } from './fill';
import type { Content, PushRow, RouteName } from './push';
import type { Reason } from './reasons';
import type { AnyRoute, Moment, Recipient, Standing } from './routes/route';
import type { Here, Sending, Work } from './sending';

export const firstRoute = ({ routes }: Pick<PushRow, 'routes'>): RouteName => routes[0] as RouteName;

export async function standingsOf(
  { reach, standing }: Pick<Sending, 'reach' | 'standing'>,
  people: readonly Here[],
): Promise<Map<string, Standing>> {
  const [reaches, consents] = await Promise.all([
    reach.of(people.map(({ fan }) => fan)),
    standing(people.map(({ pid }) => pid)),
  ]);
  return new Map(
    people.map(({ pid, fan }) => [
      pid,
      { reach: reaches.get(fan) ?? {}, ...(consents.get(pid) ?? { sms: false, mail: false }) },
    ]),
  );
}

/** The first of the routes from `row.route` on that is open to her, else one that opens at another hour; else why the last is shut. */
export function wayFor(
  { routes }: Pick<Sending, 'routes'>,
  push: Pick<PushRow, 'routes' | 'class' | 'cap' | 'content' | 'variants'>,
  row: Pick<Delivery, 'route' | 'variant'>,
  her: Standing,
  moment: Moment,
): { route: RouteName } | { reason: Reason } {
  const general = shutToAll(push, her.reach, moment);
  if (general) return { reason: general };
  let reason: Reason = 'window';
  let waits: RouteName | undefined;
  for (const name of push.routes.slice(push.routes.indexOf(row.route))) {
    const route = routes.get(name);
    const content = contentOf(push, row, name);
    if (!route || !content) continue;
    const shut = route.shut(her, moment, content as never);
    if (!shut && !outOfHours(route, moment.at)) return { route: name };
    if (!shut) waits ??= name;
    reason = shut ?? reason;
  }
  return waits ? { route: waits } : { reason };
}

function shutToAll(push: Pick<PushRow, 'class' | 'cap'>, reach: Reach, { at }: Moment): Reason | undefined {
  if (isShut(reach, at)) return 'shut';
  if (push.class === 'marketing' && reach.quiet) return 'quiet';
  const { most, days } = push.cap;
  if (most > 0 && (reach.pushes ?? []).filter((one) => one.at >= at - days * dayMs).length >= most)
    return 'cap';
  return undefined;
}

/** Beijing hours. */
export const outOfHours = ({ hours }: AnyRoute, at: number): boolean => {
  if (!hours) return false;
  const hour = new Date(at + 8 * 3_600_000).getUTCHours();
  return hour < hours[0] || hour >= hours[1];
};

/** The words of a route: her variant's, else the push's. */
export const contentOf = (
  push: Pick<PushRow, 'content' | 'variants'>,
  { variant }: Pick<Delivery, 'variant'>,
  route: RouteName,
): Content[RouteName] =>
  push.variants.find(({ name }) => name === variant)?.content[route] ?? push.content[route];

/** The versions of what it says by a route; `told`: how they are told apart, where there are more. */
export function versionsOn(
  { content, variants }: Pick<PushRow, 'content' | 'variants'>,
  route: RouteName,
): { variant?: string; told: string }[] {
  const own = variants.filter((one) => one.content[route]);
  const isRest = own.length === 0 || (content[route] !== undefined && shareOfRest(own) > 0);
  return [
    ...(isRest ? [{ told: own.length === 0 ? '' : '（其餘）' }] : []),
    ...own.map(({ name }) => ({ variant: name, told: `「${name}」` })),
  ];
}

/** What these versions leave over, per cent. */
export const shareOfRest = (versions: readonly { share: number }[]): number =>
  100 - versions.reduce((sum, { share }) => sum + share, 0);

/** Always the same for one person and push. What the shares leave over gets the push's own words. */
export function variantOf(
  { _id, variants }: Pick<PushRow, '_id' | 'variants'>,
  pid: string,
): string | undefined {
  if (variants.length === 0) return undefined;
  const at = createHash('sha256').update(`${_id}\n${pid}`).digest().readUInt32BE(0) % 100;
  let sum = 0;
  return variants.find(({ share }) => (sum += share) > at)?.name;
}

/** Names of variables in all words of a push. */
export function variableNamesOf(push: Pick<PushRow, 'content' | 'variants'>): string[] {
  const text = JSON.stringify([push.content, push.variants]);
  return [
    ...new Set(
      Array.from(text.matchAll(/\{([^{}|"\\\n]{1,20})(?:\|[^{}]{0,40})?\}/gu), ([, name = '']) =>
        name.trim(),
      ),
    ),
  ];
}

/** The content as she reads it; `missing` a value for which nothing stands in. */
export function written(
  { house, push, values }: Pick<Work, 'push' | 'values'> & { house: Pick<Sending, 'linkTo'> },
  route: AnyRoute,
  row: Pick<Delivery, 'variant' | 'pid'>,
  script?: Script,
): { content: NonNullable<Content[RouteName]> } | { missing: string } {
  const content = contentOf(push, row, route.name) as NonNullable<Content[RouteName]>;
  const words: string[] = [];
  for (const text of route.words(content as never)) {
    const filled = fill(text, {
      values: values.get(row.pid) ?? {},
      ...(script ? { script } : {}),
      anchors: route.anchors,
      link: (url) => house.linkTo(push._id, push.links.indexOf(url), row.pid),
    });
    if ('missing' in filled) return filled;
    words.push(filled.text);
  }
  return { content: route.withWords(content as never, words) };
}

/** The route after the one that refused her. */
export async function nextWay(work: Work, row: Delivery, her: Recipient): Promise<RouteName | undefined> {
  const { house, push, moment } = work;
  const next = push.routes[push.routes.indexOf(row.route) + 1];
  if (!next) return undefined;
  const standing = await standingsOf(house, [her]);
  const way = wayFor(house, push, { ...row, route: next }, standing.get(her.pid) as Standing, moment);
  return 'route' in way ? way.route : undefined;
}
