import { beijingDay } from '../../kit/beijing';
import type { MassSend, ReachLedger } from '../reach/reach';
import type { PushRow } from './push';
import { afterQuiet } from './when';

/** Something of a month's mass messages: sent by a push, planned, or sent by somebody in WeChat's own console. */
export type MassEntry = { day: string } & (
  | { kind: 'sent'; push: string; name: string; batches: number; people: number }
  | { kind: 'planned'; push: string; name: string; at: number; waits: boolean }
  | { kind: 'hand'; by: string; people?: number }
);
export type MassMonth = {
  month: string;
  entries: MassEntry[];
  /** Days with more than one. */
  clashes: Set<string>;
  perMonth: number;
  /** How many more somebody gets who is in all of them; below 0: so many of them do not reach her. */
  left: number;
};

/** The mass messages of a Beijing month, in order. */
export async function massMonthOf(
  given: {
    reach: Pick<ReachLedger, 'massOf' | 'rations'>;
    pushes: { massPlanned(): Promise<PushRow[]>; named(ids: string[]): Promise<Map<string, string>> };
  },
  month: string,
  now: number,
): Promise<MassMonth> {
  const { reach, pushes } = given;
  const planned = (await pushes.massPlanned()).flatMap(({ _id, name, state, dueAt, quiet }): MassEntry[] => {
    const at = afterQuiet(quiet, dueAt?.getTime() ?? now);
    const day = beijingDay(at);
    return day.startsWith(month)
      ? [{ kind: 'planned', day, push: _id, name, at, waits: state === 'waiting' }]
      : [];
  });
  const sends = await reach.massOf(month);
  const ids = [...new Set(sends.flatMap(({ push }) => push ?? []))];
  const names = await pushes.named(ids);
  const sent = ids.map((push): MassEntry => {
    const some = sends.filter((one) => one.push === push);
    const people = some.reduce((sum, one) => sum + (one.people ?? 0), 0);
    const day = dayOf(some[0] as MassSend);
    return { kind: 'sent', day, push, name: names.get(push) ?? '', batches: some.length, people };
  });
  const hand = sends
    .filter(({ push }) => push === undefined)
    .map(
      (one): MassEntry => ({
        kind: 'hand',
        day: dayOf(one),
        by: one.by,
        ...(one.people === undefined ? {} : { people: one.people }),
      }),
    );
  const entries = [...sent, ...hand, ...planned].toSorted((a, b) => (a.day < b.day ? -1 : 1));
  const seen = new Map<string, number>();
  for (const { day } of entries) seen.set(day, (seen.get(day) ?? 0) + 1);
  const perMonth = reach.rations.massPerMonth;
  return {
    month,
    entries,
    clashes: new Set([...seen].flatMap(([day, n]) => (n > 1 ? [day] : []))),
    perMonth,
    left: perMonth - entries.length,
  };
}

const dayOf = ({ at }: MassSend): string => beijingDay(at.getTime());
