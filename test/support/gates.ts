/** Holds handlers until a test lets them go on, and counts how often each callback was worked on. */
const waiting = new Map<string, (() => void)[]>();
const opened = new Set<string>();
const runs = new Map<string, number>();

export const gates = {
  /** How long the handler of 「慢 …」 takes. */
  slowMs: 2_000,
  wait: (name: string): Promise<void> =>
    opened.has(name)
      ? Promise.resolve()
      : new Promise((resolve) => {
          waiting.set(name, [...(waiting.get(name) ?? []), resolve]);
        }),
  /** How many stand before it. */
  held: (name: string): number => waiting.get(name)?.length ?? 0,
  open(name: string): void {
    opened.add(name);
    for (const go of waiting.get(name) ?? []) go();
    waiting.delete(name);
  },
};

export const worked = (id: string): void => void runs.set(id, (runs.get(id) ?? 0) + 1);
/** Runs by inbox id since the start of the file. */
export const allWork = (): ReadonlyMap<string, number> => runs;

/** How what kills its process does so; in the process of a test the rig does. */
export const dying = { act: (_boot: string): void => void process.kill(process.pid, 'SIGKILL') };
