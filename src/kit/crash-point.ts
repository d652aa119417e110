let watcher: ((name: string) => void) | undefined;
let plan: { name: string; left: number; act: () => void } | undefined;

/**
 * A named gap between two effects, for the crash sweep: a no-op unless `planCrash` chose this name. The tests read the
 * list of names from the source, so a point that is never reached fails them.
 */
export function crashPoint(name: string): void {
  watcher?.(name);
  if (plan?.name !== name || --plan.left > 0) return;
  const { act } = plan;
  plan = undefined;
  act();
}

/** Crash (by default: kill this process without warning) on the n-th pass of a point. Tests only. */
export function planCrash(
  name: string,
  pass: number,
  act: () => void = () => process.kill(process.pid, 'SIGKILL'),
): void {
  plan = { name, left: pass, act };
}

/** Tells which points are passed; the sweep looks which flow reaches which. Tests only. */
export const watchCrashPoints = (watch: ((name: string) => void) | undefined): void => {
  watcher = watch;
};

export const noCrash = (): void => {
  plan = undefined;
};
