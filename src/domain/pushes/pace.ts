import { monotonicMs } from '../../kit/clock';

/** How many a second, over the last ten seconds; 0 as long as it was seen once only. */
export function createPace(): (done: number) => number {
  const seen: { at: number; done: number }[] = [];
  return (done) => {
    const at = monotonicMs();
    seen.push({ at, done });
    while (seen.length > 2 && at - (seen[0]?.at ?? at) > 10_000) seen.shift();
    const [first] = seen;
    return first && at > first.at ? ((done - first.done) / (at - first.at)) * 1_000 : 0;
  };
}
