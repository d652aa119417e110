let times = 1;

/**
 * Makes every bounded wait for a database so many times longer, in this process. Production keeps its bounds: a test says
 * this of itself, since it shares its machine with whatever else runs there.
 */
export function bePatient(factor: number): void {
  times = factor;
}

/** How long to wait where production waits `ms`. */
export const patient = (ms: number): number => ms * times;
