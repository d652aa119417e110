import type { Connection } from 'mongoose';
import { createProcesses } from '../../src/domain/inbox/processes';
import { createClock } from '../../src/kit/clock';
import { createLog } from '../../src/kit/log';
import { migrate } from '../../src/store/migrations';
import { followClock, tellClock } from '../../src/store/shared-clock';
import { bumpVersion, createVersions } from '../../src/store/versions';
import { testDatabase } from '../support/database';
import { until } from '../support/processes';

const database = testDatabase();
let one: Connection;
let other: Connection;
beforeAll(async () => {
  one = await database.connect();
  other = await database.connect();
});
afterAll(() => database.drop());
const log = createLog({ level: 'silent', name: 'test' });

test('what one process changes, the others load again; what nobody changed, nobody loads', async () => {
  const there = createVersions({ db: other });
  const loads = { words: 0, cities: 0 };
  await there.watch('words', async () => void loads.words++);
  await there.watch('cities', async () => void loads.cities++);
  await there.check();
  expect(loads).toEqual({ words: 1, cities: 1 });
  await bumpVersion(one, 'words');
  await there.check();
  await there.check();
  expect(loads).toEqual({ words: 2, cities: 1 });
});

test('a load that fails is tried again at the next look', async () => {
  const versions = createVersions({ db: one });
  let loads = 0;
  await versions.watch('shaky', async () => {
    if (++loads === 2) throw new Error('not now');
  });
  await bumpVersion(one, 'shaky');
  await expect(versions.check()).rejects.toThrow('not now');
  await versions.check();
  expect(loads).toBe(3);
});

test('two processes that start at once migrate once, in order, and both wait for the end', async () => {
  const ran: string[] = [];
  const step = (n: number, ms: number) => ({
    n,
    name: `step ${n}`,
    run: async () => {
      ran.push(`${n} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      ran.push(`${n} ends`);
    },
  });
  const migrations = [step(2, 50), step(1, 300)];
  const both = [one, other].map(async (db, i) => {
    await migrate({ db, migrations, owner: `process ${i}`, others: async () => 0, log });
    ran.push('ready');
  });
  await Promise.all(both);
  expect(ran).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', 'ready', 'ready']);
});

test('a migration that fails lets go, and the next start takes it up where it was', async () => {
  const ran: number[] = [];
  let fails = true;
  const migrations = [11, 12].map((n) => ({
    n,
    name: `step ${n}`,
    run: async () => {
      ran.push(n);
      if (n === 12 && fails) throw new Error('the disk is full');
    },
  }));
  await expect(migrate({ db: one, migrations, owner: 'a', others: async () => 0, log })).rejects.toThrow(
    'the disk is full',
  );
  fails = false;
  await migrate({ db: other, migrations, owner: 'b', others: async () => 0, log });
  expect(ran).toEqual([11, 12, 12]);
});

test('the clock that is turned in one process is turned in the others', async () => {
  const clock = createClock();
  const stop = await followClock({ db: other, clock });
  await tellClock(one, 7_200_000);
  await until(() => clock.offset() === 7_200_000, { what: 'the other clock follows' });
  stop();
});

test('nothing is migrated while an older program works on the database', async () => {
  const older = createProcesses({ db: one, role: 'web', log });
  await older.beat();
  const { others } = createProcesses({ db: other, role: 'web', log });
  expect(await others()).toBe(1);
  let ran = 0;
  const migrations = [{ n: 90, name: 'a move', run: async () => void ran++ }];
  const moved = migrate({ db: other, migrations, owner: 'new', others, log });
  expect(await Promise.race([moved.then(() => 'moved'), others()])).toBe(1);
  expect(ran).toBe(0);
  await older.stop();
  await moved;
  expect(ran).toBe(1);
});

test('two who follow one number are both told', async () => {
  const versions = createVersions({ db: one });
  const loads = [0, 0];
  await versions.watch('shared', async () => void loads[0]!++);
  await versions.watch('shared', async () => void loads[1]!++);
  await bumpVersion(one, 'shared');
  await versions.check();
  expect(loads).toEqual([2, 2]);
});
