import type { Connection } from 'mongoose';
import { z } from 'zod';
import { type App, createApp } from '../../src/app';
import { collectUpkeep, rowsOf, type Upkeep } from '../../src/domain/upkeep';
import { housekeeping } from '../../src/jobs/housekeeping';
import { startOfBeijingDay } from '../../src/kit/beijing';
import { createClock } from '../../src/kit/clock';
import { defineJob } from '../../src/kit/define-job';
import { createLog } from '../../src/kit/log';
import { bumpVersion } from '../../src/store/versions';
import { testConfig } from '../support/config';
import { testDatabase } from '../support/database';
import { until } from '../support/processes';

type Note = { _id: string; pid: string; at: Date; words: string };

const noteRead = defineJob({
  name: 'note-read',
  data: z.object({ id: z.string() }),
  run: ({ slips }: { slips: { read(id: string): Promise<void> } }, { id }) => slips.read(id),
});

/** A domain with everything that a house does for one; it is in its own place only, and in one line beside the services. */
function createNotes({ db }: { db: Connection }) {
  const rows = db.collection<Note>('slips');
  const seen = { loads: 0, warmed: 0, swept: 0, working: false, read: [] as string[] };
  return {
    seen,
    rows,
    read: async (id: string) => void seen.read.push(id),
    upkeep: {
      indexes: [
        { collection: 'slips', key: { pid: 1 }, unique: true, invariant: true, why: 'one note a person' },
      ],
      jobs: [noteRead],
      follows: { slips: async () => void seen.loads++ },
      warm: async () => void seen.warmed++,
      erase: async (her) => void (her.pid && (await rows.deleteMany(rowsOf(her)))),
      forget: (ago) => rows.deleteMany({ at: { $lt: ago(30) } }),
      sweep: async () => void seen.swept++,
      work: {
        start: () => void (seen.working = true),
        close: async () => void (seen.working = false),
      },
      gauges: [{ name: 'slips_swept', help: 'How often', read: () => seen.swept }],
    } satisfies Upkeep,
  };
}

const database = testDatabase();
let app: App;
let slips: ReturnType<typeof createNotes>;
beforeAll(async () => {
  await database.connect();
  app = await createApp(testConfig(), {
    mongoUri: database.uri,
    redisUrl: database.redisUrl,
    database: database.name,
    role: 'all',
    clock: createClock(),
    log: createLog({ level: 'silent', name: 'upkeep' }),
    more: ({ db }) => ({ slips: (slips = createNotes({ db })) }),
  });
  await app.prepare();
  await app.startWorker();
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const write = (pid: string, at: Date) => slips.rows.insertOne({ _id: pid, pid, at, words: 'hers' });

test('its indexes are there before it is used, it is loaded and warm, and its work has begun', async () => {
  expect((await slips.rows.indexes()).map(({ name }) => name)).toContain('pid_1');
  expect(slips.seen).toMatchObject({ loads: 1, warmed: 1, working: true });
});

test('it is loaded again when its number moves', async () => {
  await bumpVersion(app.db, 'slips');
  await app.services.versions.check();
  expect(slips.seen.loads).toBe(2);
});

test('its job runs at its time, with the services that it asks for', async () => {
  const { timers } = app.services;
  await timers.arm({ id: 'slips:a:1', dueAt: new Date(app.clock.now()), job: noteRead, data: { id: 'a' } });
  await app.turn(app.clock.now());
  expect(slips.seen.read).toEqual(['a']);
});

test('what is older than its retention goes at four in the morning', async () => {
  await write('old', new Date(app.clock.now() - 40 * 86_400_000));
  await write('young', new Date(app.clock.now()));
  await app.turn(app.clock.now() + 2 * 86_400_000);
  expect(await slips.rows.distinct('_id')).toEqual(['young']);
  await slips.rows.deleteMany({});
});

test('who leaves is erased in it', async () => {
  await write('lin', new Date(app.clock.now()));
  await write('mei', new Date(app.clock.now()));
  await app.services.outbox.add({ id: 'leave' }, [
    { kind: 'later', job: 'erase', data: { fan: 'hash', pid: 'lin', upTo: app.clock.now() } },
  ]);
  await app.turn(app.clock.now());
  expect(await slips.rows.distinct('_id')).toEqual(['mei']);
});

test('it is swept, and measured', async () => {
  await until(() => slips.seen.swept > 0, { what: 'it is swept' });
  expect(await app.metrics.registry.metrics()).toMatch(/xiaoyi_slips_swept [1-9]/);
});

test('two jobs of one name stop the start', () => {
  expect(() => collectUpkeep({ one: createNotes(app), other: createNotes(app) })).toThrow('note-read');
});

test('a domain that fails costs the others nothing, and tomorrow comes all the same', async () => {
  const failing = { upkeep: { forget: fails, sweep: fails } satisfies Upkeep };
  const { seen, upkeep } = createNotes(app);
  const both = collectUpkeep({ failing, slips: { upkeep } });
  await expect(both.sweep()).rejects.toThrow('not today');
  expect(seen.swept).toBe(1);
  await write('old', new Date(0));
  const { timers, clock } = app.services;
  const on = '2030-01-01';
  const dayBefore = { ...clock, now: () => startOfBeijingDay(on), day: () => on };
  await expect(housekeeping.run({ upkeep: both, timers, clock: dayBefore }, { on })).rejects.toThrow(
    'not today',
  );
  expect(await slips.rows.countDocuments({ _id: 'old' })).toBe(0);
  const timer = await app.db.collection<{ _id: string }>('timers').findOne({ _id: `housekeeping::${on}` });
  expect(timer).toMatchObject({ state: 'armed' });
});

const fails = () => Promise.reject(new Error('not today'));
