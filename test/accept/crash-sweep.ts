import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { noCrash, planCrash, watchCrashPoints } from '../../src/kit/crash-point';
import { root } from '../../src/kit/root';
import { createRig, type Member, type Rig, type RigOptions } from '../support/rig';
import type { Flow } from './flows';

/** The points in these folders of the source, without those of some files. */
function pointsIn(folders: string[], without: string[] = []): string[] {
  const names = folders.flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' }).flatMap((file) =>
      !file.endsWith('.ts') || without.includes(basename(file))
        ? []
        : [
            ...readFileSync(join(root, 'src', folder, file), 'utf8').matchAll(/crashPoint\('([a-z-]+)'\)/g),
          ].map((match) => match[1] as string),
    ),
  );
  return [...new Set(names)];
}

/** The points of the accept path and what follows from it. */
export const crashPointsInSource = (): string[] =>
  pointsIn(['bot', 'jobs', 'store', 'domain/inbox', 'domain/outbox', 'domain/subscribers', 'domain/timers']);

/** The points of playing, winning and paying. */
export const quizPointsInSource = (without?: string[]): string[] =>
  pointsIn(
    ['campaigns', 'draws', 'points', 'prizes', 'quiz', 'settlement'].map((name) => `domain/${name}`),
    without,
  );

/** The points of pushes, and of what they take of people's rations; sequences pass theirs in `test/domain/pushes/sequences`. */
export const pushPointsInSource = (): string[] =>
  pointsIn(['domain/pushes', 'domain/reach']).filter((name) => !name.startsWith('sequence-'));

export type Sweep = Awaited<ReturnType<typeof createSweep>>;

/** One process that crashes where it is told, and the next one that takes its place. */
export async function createSweep(flows: Flow[], options: RigOptions = {}) {
  const rig = await createRig({ callbacks: { gapMs: 200 }, ...options });
  let fans = 0;
  const crashed: { successor?: Promise<Member> } = {};

  const reborn = async (): Promise<void> => void (await crashed.successor);

  function crash(): never {
    const { member } = rig.slots[0] as Rig['slots'][number];
    rig.kill(member);
    crashed.successor = rig.mourn(member).then(() => rig.replace(member));
    crashed.successor.catch(() => {});
    throw new Error('It crashed here.');
  }
  return {
    rig,
    /** Runs a flow with a crash at the n-th pass of a point (none: undisturbed). False: it was never passed so often. */
    async run(flow: Flow, point?: string, pass = 1, watch?: (name: string) => void): Promise<boolean> {
      delete crashed.successor;
      rig.sim.knobs.clear();
      const fan = rig.sim.world.fan(`fan ${++fans}`);
      const { openid } = fan;
      Object.assign(fan, { following: true, known: true });
      fan.windows.message = { until: rig.clock.now() + 3_600_000, left: 5 };
      await flow.before?.(rig, openid);
      if (point) planCrash(point, pass, crash);
      watchCrashPoints(watch);
      const { member } = rig.slots[0] as Rig['slots'][number];
      const cutShort = flow.inside ? member.ended.then(() => []) : new Promise<never>(() => {});
      const delivered = await Promise.race([flow.deeds(rig, openid), cutShort]);
      // The point may lie in what the worker does afterwards.
      await reborn();
      await rig.drain();
      await reborn();
      await rig.drain();
      noCrash();
      watchCrashPoints(undefined);
      await flow.after(rig, openid, delivered, crashed.successor !== undefined);
      return crashed.successor !== undefined;
    },
    /** Which flows pass which points, undisturbed. */
    async explore(): Promise<Map<string, Flow[]>> {
      const passing = new Map<string, Flow[]>();
      for (const flow of flows) {
        const seen = new Set<string>();
        await this.run(flow, undefined, 1, (name) => seen.add(name));
        for (const name of seen) passing.set(name, [...(passing.get(name) ?? []), flow]);
      }
      return passing;
    },
    close: () => rig.close(),
  };
}
