import { join } from 'node:path';
import type { Effect } from '../../src/domain/outbox/outbox';
import { createHints } from '../../src/jobs/queue';
import { createLog } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import { connectRedis } from '../../src/store/redis';
import type { WorkRun } from '../fixtures/work';
import type { Rig } from './rig';

/** For `more` of a rig. */
export const workFile = join(root, 'test', 'fixtures', 'work.ts');

/** What a job of `fixtures/work.ts` causes, under its own id. */
export const work = (
  job: 'slow' | 'gated' | 'held' | 'poison',
  data: { id: string } & Record<string, unknown>,
): Effect => ({
  kind: 'later',
  job: `work-${job}`,
  data,
});

/** Hints as a process gives them that added a cause. */
export async function openHints({ name, redisUrl }: { name: string; redisUrl: string }) {
  const redis = connectRedis(redisUrl, createLog({ level: 'silent', name: 'test' }));
  const hints = createHints({ redis, prefix: `xiaoyi-${name}` });
  await new Promise((resolve) => redis.once('ready', resolve));
  return {
    hint: hints.hint,
    close: async () => {
      await hints.close();
      redis.disconnect();
    },
  };
}

/** What became of jobs. `boots`: those that were killed; a job may run again only after one of them. */
export async function judgeWork(rig: Rig, { ids, killed }: { ids: string[]; killed: string[] }) {
  const done = new Set((await rig.rows('workDone')).map((row) => row._id));
  const runs = await rig.rows<WorkRun>('workRuns');
  const rows = await rig.rows<{ state: string; tries: number }>('outbox', {
    cause: { $in: ids },
  });
  const survived = runs.filter(({ boot }) => !killed.includes(boot)).map(({ job }) => job);
  return {
    lost: ids.filter((id) => !done.has(id)),
    notDone: rows.filter(({ state }) => state !== 'done').map(({ _id, state }) => `${_id} ${state}`),
    twice: survived.filter((id, i) => survived.indexOf(id) !== i),
    mostTries: Math.max(...rows.map(({ tries }) => tries)),
  };
}
