import { setTimeout as pause } from 'node:timers/promises';
import { answersOf, heard, type Rig } from '../support/rig';
import type { ScratchSet } from '../support/scratch-mongod';

/** Somebody new asks every so often, until `end`; what is asked has the number of the question in it. */
export function keepAsking(rig: Rig, { says, everyMs }: { says: (n: number) => string; everyMs: number }) {
  const over = new AbortController();
  const ask = async (n: number) => {
    const openid = rig.openid();
    const text = rig.text(openid, says(n));
    const delivered = await rig.deliver(text, openid);
    const { deliveries } = delivered.wire;
    return { n, id: String(text.MsgId), deliveries, answers: answersOf(delivered), heard: heard(delivered) };
  };
  const asked: ReturnType<typeof ask>[] = [];
  const asking = (async () => {
    while (!over.signal.aborted) {
      asked.push(ask(asked.length));
      await pause(everyMs, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  return {
    async end(): Promise<Asked[]> {
      over.abort();
      await asking;
      return Promise.all(asked);
    },
  };
}
type Asked = {
  n: number;
  id: string;
  deliveries: { at: number; ms: number; status?: number }[];
  answers: string[];
  heard: string[];
};

/** When the set lost its primary, and when it had another one. */
type Gap = { at: number; elected: number };

/** Who was killed comes back as one of the others. */
export async function depose(set: ScratchSet, how: 'killed' | 'stepped down'): Promise<Gap> {
  const primary = await set.primary();
  const at = Date.now();
  if (how === 'killed') await set.kill(primary);
  else await set.stepDown();
  await set.primary();
  const elected = Date.now();
  if (how === 'killed') set.start(primary);
  return { at, elected };
}

/** ms from a moment until a callback that came after it was answered with 200. */
export const answeredAfter = (asked: Asked[], from: number): number =>
  Math.min(
    ...asked
      .flatMap(({ deliveries }) => deliveries)
      .filter(({ at, status }) => at >= from && status === 200)
      .map(({ at, ms }) => Math.round(at + ms - from)),
  );

export const acknowledged = (asked: Asked[]): Asked[] =>
  asked.filter(({ deliveries }) => deliveries.some(({ status }) => status === 200));

/** What was acknowledged and is not in the inbox with its answer, or is there twice. */
export async function unkept(rig: Rig, asked: Asked[]): Promise<string[]> {
  const kept = new Map<string, number>();
  for (const { body = '', open } of await rig.rows<{ body?: string; open?: boolean }>('inbox')) {
    const id = /<MsgId>(\d+)</.exec(body)?.[1];
    if (id !== undefined && !open) kept.set(id, (kept.get(id) ?? 0) + 1);
  }
  return acknowledged(asked)
    .filter(({ id }) => kept.get(id) !== 1)
    .map(({ id }) => id);
}
