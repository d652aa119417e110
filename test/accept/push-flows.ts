import { dayMs, hourMs, momentAt } from '../../src/kit/beijing';
import { noCrash, planCrash, watchCrashPoints } from '../../src/kit/crash-point';
import { createPushStage, type Person, type PushStage, words } from './push-stage';

/** What becomes of a push, with a crash anywhere in it. */
export type PushFlow = {
  name: string;
  /** What people do; it may be cut short. */
  deeds(stage: PushStage, push: string, people: Person[]): Promise<void>;
  /** What those do whose deed was cut short, or what is done next. */
  after?(stage: PushStage, push: string, people: Person[]): Promise<void>;
  /** How everybody ends; of customer messages some may be unknown. */
  ends: 'sent' | 'handed' | 'sent or unknown';
};

const to = (list: string) => ({ audience: { to: `在名單「${list}」裡` } });
const template = { class: 'service', routes: ['template'], content: { template: words.template } };

const feed = async (stage: PushStage, id: string, people: Person[]) => {
  const push = { ...stage.pushOf({ id, ...to(id), ...template }), sequence: id };
  for (const [key, some] of [['a', people.slice(0, 6)] as const, ['b', people.slice(6)] as const])
    await stage.services().pushes.feed(push, { key, by: '小王', pids: some.map(({ pid }) => pid) });
};

export const pushFlows: PushFlow[] = [
  {
    name: 'template messages',
    async deeds(stage, id) {
      await stage.begin(stage.pushOf({ id, ...to(id), ...template }));
      await stage.goOn();
    },
    ends: 'sent',
  },
  {
    name: 'customer messages',
    async deeds(stage, id) {
      await stage.begin(stage.pushOf({ id, ...to(id) }));
      await stage.goOn();
    },
    ends: 'sent or unknown',
  },
  {
    name: 'a mass send',
    async deeds(stage, id) {
      await stage.begin(stage.pushOf({ id, ...to(id), routes: ['mass'], content: { mass: words.mass } }));
      await stage.goOn();
    },
    ends: 'handed',
  },
  {
    name: 'a step of a sequence',
    async deeds(stage, id, people) {
      await feed(stage, id, people);
      await stage.goOn();
    },
    after: feed,
    ends: 'sent',
  },
  {
    name: 'one that is late',
    async deeds(stage, id) {
      const day = stage.rig.clock.day(stage.rig.clock.now() + dayMs);
      await stage.begin(stage.pushOf({ id, ...to(id), ...template, at: `${day} 08:00` }));
      await stage.rig.turnTo(momentAt(`${day} 12:10`));
      await stage.goOn();
    },
    async after(stage, id) {
      // Where the start was cut short nobody has waited for it yet.
      const dueAt = (await stage.row(id)).dueAt?.getTime() ?? 0;
      await stage.rig.turnTo(Math.max(stage.rig.clock.now(), dueAt + hourMs));
      await stage.goOn();
      const told = await stage.services().alarms.open();
      expect(told.map(({ cause }) => cause)).toContain(`push-late:${id}`);
      await stage.services().pushes.start(id, '小王');
    },
    ends: 'sent',
  },
];

/** Crashes in the middle of pushes, and another process that takes over each time. */
export async function createPushSweep() {
  const stage = await createPushStage();
  let runs = 0;

  async function run(flow: PushFlow, point?: string, pass = 1): Promise<boolean> {
    const id = `c${++runs}`;
    const { rig } = stage;
    const people = await stage.crowd(id, 12);
    const [{ member: victim }] = rig.slots as [(typeof rig.slots)[number]];
    if (point)
      planCrash(point, pass, () => {
        rig.kill(victim);
        throw new Error('It crashed here.');
      });
    await Promise.race([flow.deeds(stage, id, people).catch(() => {}), victim.ended]);
    noCrash();
    if (victim.dead) {
      await rig.mourn(victim);
      await rig.replace(victim);
      await rig.drain();
    }
    await stage.services().upkeep.sweep();
    await stage.wake();
    await stage.goOn();
    await flow.after?.(stage, id, people);
    await stage.goOn();
    const { wrong, counts, state } = await stage.judge(id, people);
    expect([wrong, state]).toEqual([[], 'finished']);
    if (flow.ends === 'sent or unknown') expect(counts.sent + counts.unknown).toBe(12);
    else expect(counts[flow.ends]).toBe(12);
    if (!victim.dead) expect(counts.unknown).toBe(0);
    return victim.dead;
  }

  return {
    run,
    /** Which flows pass which points, undisturbed. */
    async explore(): Promise<Map<string, PushFlow[]>> {
      const passing = new Map<string, PushFlow[]>();
      for (const flow of pushFlows) {
        const seen = new Set<string>();
        watchCrashPoints((name) => seen.add(name));
        await run(flow);
        watchCrashPoints(undefined);
        for (const name of seen) passing.set(name, [...(passing.get(name) ?? []), flow]);
      }
      return passing;
    },
    close: stage.close,
  };
}
