import type { AnyRoute, Came } from './routes/route';

/** WeChat's refusals that are about her alone: no sign that something is wrong with the push. */
const abouther = new Set([40003, 43004, 43019, 43101, 45015, 45047, 48002, 49003, 70000]);
/** Of the last so many of a push in one process, this many that failed for no reason of theirs stop it. */
const budget = { of: 100, most: 20 };

/** A refusal that is about her alone. A provider of texts or mails that will not have her number or address gives no code. */
export const isHers = ({ name }: AnyRoute, outcome: Came): boolean =>
  outcome.kind === 'refused' &&
  (outcome.errcode === null ? name === 'sms' || name === 'mail' : abouther.has(outcome.errcode));

export type Meter = { add(outcome: Came, isHers: boolean): void };

/** Notices when a push fails for no reason of theirs, however its pieces are cut. */
export function createMeter(trip: (why: string) => Promise<void>): Meter {
  let last: (string | undefined)[] = [];
  return {
    add(outcome, hers) {
      const isFault = outcome.kind === 'unknown' || (outcome.kind === 'refused' && !hers);
      last.push(isFault ? outcome.reason : undefined);
      if (last.length > budget.of) last.shift();
      const faults = last.filter((one) => one !== undefined);
      if (faults.length < budget.most) return;
      const why = `最近 ${last.length} 次發送有 ${faults.length} 次出錯：${faults.at(-1)}`;
      last = []; // whoever lets it go on begins anew
      void trip(why).catch(() => {});
    },
  };
}
