import type { AnyJob } from '../kit/define-job';
import type { AnyTask } from '../kit/define-task';
import type { IndexSpec } from '../store/indexes';

/**
 * What the house does for a domain beside calling it. A domain says it in its own folder, as `upkeep` on what it creates;
 * `services.ts` collects it, and the app, the worker and the jobs carry it out for all domains alike.
 */
export type Upkeep = {
  indexes?: readonly IndexSpec[];
  /** The jobs that are its own; a name stands for one job in the whole house. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each states its own needs; `services.ts` checks that they are met.
  jobs?: readonly AnyJob<any>[];
  /** Its long work, that somebody starts in the console; a name stands for one in the whole house. */
  tasks?: readonly AnyTask[];
  /** Reads again what this process holds compiled, at the start and whenever the number in `versions` has moved. */
  follows?: { [version: string]: () => Promise<void> };
  /** Done after everything is loaded, before the first callback. */
  warm?(): Promise<void>;
  /** She left, or asked for it: everything of hers goes. It may be done twice. */
  erase?(her: Erased): Promise<void>;
  /** All that lies here of hers, by collection: her own copy (PIPL art. 45). Rows as they are, without what names others. */
  copy?(her: Hers): Promise<Record<string, readonly object[]>>;
  /** Once a Beijing day: what is older than its retention goes (promises L6; mostly 30 days). `ago(1)`: when yesterday began. */
  forget?(ago: (days: number) => Date): Promise<unknown>;
  /** Every five seconds in a worker: mends what killed processes left. */
  sweep?(): Promise<void>;
  /** Work that goes on in the background of a worker. */
  work?: { start(): void; close(): Promise<void> };
  /** Values asked for when the metrics are read. */
  gauges?: readonly { name: string; help: string; read(): number | Promise<number> }[];
};

/** Somebody who is here: by the keyed hash of her openid, and by her name among the domains. */
export type Hers = { fan: string; pid: string };

export type Erased = {
  /** The keyed hash of her openid. */
  fan: string;
  /** Undefined: nobody came to know her, or what lies under it is not to be touched again. */
  pid: string | undefined;
  /** Business time up to which she is erased: what is later is of after her return, and stays. She may come back at any moment. */
  upTo: Date;
};

/** Which rows `{pid, at}` go with her. Ask it only where she has a `pid`. */
export const rowsOf = ({ pid = '', upTo }: Erased): { pid: string; at: { $not: { $gt: Date } } } => ({
  pid,
  at: notAfter(upTo),
});

/** Also of what has no time. */
export const notAfter = (upTo: Date) => ({ $not: { $gt: upTo } });

type Kept = { upkeep: Upkeep };
const hasUpkeep = (one: unknown): one is Kept => typeof one === 'object' && one !== null && 'upkeep' in one;

/** The upkeep of all domains as one, in the order in which they stand. */
export function collectUpkeep(domains: Record<string, unknown>) {
  const all = Object.values(domains)
    .filter(hasUpkeep)
    .map(({ upkeep }) => upkeep);
  const jobs = new Map<string, AnyJob<never>>();
  for (const job of all.flatMap((one) => one.jobs ?? [])) {
    if (jobs.has(job.name)) throw new Error(`Two jobs are called ${job.name}.`);
    jobs.set(job.name, job);
  }
  const tasks = new Map<string, AnyTask>();
  for (const task of all.flatMap((one) => one.tasks ?? [])) {
    if (tasks.has(task.name)) throw new Error(`Two tasks are called ${task.name}.`);
    tasks.set(task.name, task);
  }
  /** Every domain has its turn, whatever becomes of the others; what failed is told in the end. */
  async function each(act: (one: Upkeep) => Promise<unknown> | undefined): Promise<void> {
    const failed: unknown[] = [];
    for (const one of all)
      try {
        await act(one);
      } catch (error) {
        failed.push(error);
      }
    if (failed.length > 0) throw failed[0];
  }

  return {
    indexes: all.flatMap((one) => one.indexes ?? []),
    jobs,
    tasks,
    follows: all.flatMap((one) => Object.entries(one.follows ?? {})),
    gauges: all.flatMap((one) => one.gauges ?? []),
    async warm(): Promise<void> {
      for (const one of all) await one.warm?.();
    },
    /** `passed` is told after each domain: between any two a process may die. */
    async erase(her: Erased, passed: () => void = () => {}): Promise<void> {
      for (const one of all) {
        if (!one.erase) continue;
        await one.erase(her);
        passed();
      }
    },
    /** Everything of hers, by collection. */
    async copy(her: Hers): Promise<Record<string, readonly object[]>> {
      const copies = await Promise.all(all.map(async (one) => one.copy?.(her)));
      return Object.assign({}, ...copies.filter((one) => one !== undefined)) as Record<
        string,
        readonly object[]
      >;
    },
    forget: (ago: (days: number) => Date, passed: () => void = () => {}): Promise<void> =>
      each((one) => one.forget?.(ago).then(passed)),
    sweep: (): Promise<void> => each((one) => one.sweep?.()),
    start(): void {
      for (const { work } of all) work?.start();
    },
    close: (): Promise<void> => each(({ work }) => work?.close()),
  };
}
