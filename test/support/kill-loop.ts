import { setTimeout as pause } from 'node:timers/promises';
import { answersOf, heard, type Member, type Rig } from './rig';

/**
 * Sends `callbacks` texts with one effect each from `people` fans, spread over `overMs`, while one process of `role` is
 * killed every `everyMs` and another one takes its place. Returns what was answered.
 */
export async function underKills(
  rig: Rig,
  o: {
    role: Member['role'];
    callbacks: number;
    people: number;
    overMs: number;
    everyMs: number;
    storm?: boolean;
  },
) {
  const fans = Array.from({ length: o.people }, rig.openid);
  const done = new AbortController();
  let kills = 0;
  const killing = (async () => {
    for (;;) {
      await pause(o.everyMs, undefined, { signal: done.signal }).catch(() => {});
      if (done.signal.aborted) return;
      const victims = rig.living(o.role);
      const victim = victims[kills++ % victims.length] as Member;
      rig.kill(victim);
      await rig.replace(victim);
    }
  })();
  const delivered = await Promise.all(
    Array.from({ length: o.callbacks }, async (_, i) => {
      await pause((i / o.callbacks) * o.overMs);
      const openid = fans[i % o.people] as string;
      const words = `第${i}件`;
      const sent = await rig.deliver(rig.text(openid, `做 ${words}`), openid, { storm: o.storm ?? false });
      return { words, answers: answersOf(sent), heard: heard(sent) };
    }),
  );
  done.abort();
  await killing;
  return { delivered, kills };
}

/** Each callback that got a 200 has exactly one effect, each other one none or one; whoever was told words was told the same. */
export async function judge(rig: Rig, delivered: Awaited<ReturnType<typeof underKills>>['delivered']) {
  const effects = new Map<string, number>();
  for (const { words } of await rig.rows<{ words: string }>('enquiries'))
    effects.set(words, (effects.get(words) ?? 0) + 1);
  const wrong = delivered.filter((one) => {
    const had = effects.get(one.words) ?? 0;
    const mayHave = one.heard.length > 0 ? had === 1 : had <= 1;
    const same = one.heard.every((said) => said === `做好 ${one.words}` || said === 'success');
    return !mayHave || !same;
  });
  const acknowledged = delivered.filter((one) => one.heard.length > 0).length;
  return { wrong, acknowledged, undone: await rig.count('inbox', { open: true }) };
}
