import { setTimeout as pause } from 'node:timers/promises';
import { answersOf, heard, type Member, type Rig } from './rig';

/**
 * One process of a role dies every so often until `end`, and another one takes its place. Real web processes have others
 * that stand by: starting one takes longer than it may live.
 */
export function keepKilling(rig: Rig, { role, everyMs }: { role: Member['role']; everyMs: number }) {
  const over = new AbortController();
  const standingBy: Promise<Member>[] = [];
  const standBy = () => standingBy.push(rig.start(role));
  let kills = 0;

  async function kill(): Promise<void> {
    const standby = await standingBy.shift();
    if (over.signal.aborted) {
      if (standby) rig.kill(standby);
      return;
    }
    const victims = role === 'web' ? rig.slots.map(({ member }) => member) : rig.living(role);
    const victim = victims[kills++ % victims.length] as Member;
    rig.kill(victim);
    await rig.replace(victim, standby);
    if (!rig.real) await rig.mourn(victim);
    else if (role === 'web') standBy();
  }

  const killing = (async () => {
    if (rig.real && role === 'web') for (let n = 0; n < 3; n++) standBy();
    // The first soon, and one in any case: a quick machine may be through before the second is due.
    for (let dueAt = Date.now() + Math.min(everyMs, 100); ; dueAt = Math.max(dueAt + everyMs, Date.now())) {
      const { signal } = over;
      await pause(Math.max(0, dueAt - Date.now()), undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      await kill();
    }
    for (const standby of standingBy) rig.kill(await standby);
  })();

  return {
    /** How many were killed. */
    async end(): Promise<number> {
      if (kills === 0) await kill();
      over.abort();
      await killing;
      return kills;
    },
  };
}

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
  const killing = keepKilling(rig, o);
  const delivered = await Promise.all(
    Array.from({ length: o.callbacks }, async (_, i) => {
      await pause((i / o.callbacks) * o.overMs);
      const openid = fans[i % o.people] as string;
      const words = `第${i}件`;
      const sent = await rig.deliver(rig.text(openid, `做 ${words}`), openid, { storm: o.storm ?? false });
      return { words, answers: answersOf(sent), heard: heard(sent) };
    }),
  );
  return { delivered, kills: await killing.end() };
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
