import { dayMs } from '../../kit/beijing';
import type { Delivery } from './deliveries';
import type { AnyRoute } from './routes/route';
import type { Work } from './sending';
import { contentOf } from './ways';

const takingOf = ({ house, push }: Work, takes: ReturnType<AnyRoute['takes']>) => ({
  push: push._id,
  at: house.clock.now(),
  takes,
  evenQuiet: push.class === 'service',
  ...(push.cap.most > 0
    ? { cap: { most: push.cap.most, since: house.clock.now() - push.cap.days * dayMs } }
    : {}),
});

/** What a push took of these people is theirs again. */
export async function giveBack(
  { house, push, people, moment }: Pick<Work, 'house' | 'push' | 'people' | 'moment'>,
  some: readonly Delivery[],
): Promise<void> {
  for (const { takes, pids } of byTaking({ house, push, moment }, some)) {
    const fans = pids.flatMap((pid) => people.get(pid)?.fan ?? []);
    if (fans.length > 0) await house.reach.refund(fans, push._id, takes);
  }
}

/** People by what their route takes. */
function byTaking(
  { house, push, moment }: Pick<Work, 'house' | 'push' | 'moment'>,
  some: readonly Delivery[],
): Iterable<{ takes: ReturnType<AnyRoute['takes']>; pids: string[] }> {
  const groups = new Map<string, { takes: ReturnType<AnyRoute['takes']>; pids: string[] }>();
  for (const row of some) {
    const content = contentOf(push, row, row.route);
    const takes = house.routes.get(row.route)?.takes(content as never, moment) ?? {
      kind: 'nothing' as const,
    };
    const key = JSON.stringify(takes);
    const known = groups.get(key) ?? { takes, pids: [] };
    known.pids.push(row.pid);
    groups.set(key, known);
  }
  return groups.values();
}

/** Takes what each route needs of these people; those who had it. */
export async function takeAll(work: Work, some: readonly Delivery[]): Promise<Set<string>> {
  const { house, people } = work;
  const had = new Set<string>();
  for (const { takes, pids } of byTaking(work, some)) {
    const fans = new Map(
      pids.flatMap((pid) => (people.has(pid) ? [[people.get(pid)?.fan ?? '', pid] as const] : [])),
    );
    for (const fan of await house.reach.take([...fans.keys()], takingOf(work, takes)))
      had.add(fans.get(fan) ?? '');
  }
  return had;
}
