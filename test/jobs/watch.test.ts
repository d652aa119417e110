import pino from 'pino';
import { createAlarms } from '../../src/domain/alarms/alarms';
import { createWatch } from '../../src/jobs/watch';
import { createIndexes } from '../../src/store/indexes';
import { testDatabase } from '../support/database';
import { until } from '../support/processes';

const database = testDatabase();
afterAll(() => database.drop());

test('our people are called once for a cause, and it is over when it has passed', async () => {
  const db = await database.connect();
  const log = pino({ level: 'silent' });
  const clock = { now: () => Date.now(), day: () => '2026-11-29' };
  const alarms = createAlarms({ db, clock, log, voices: {} });
  await createIndexes(db, alarms.upkeep.indexes);
  let waits = 0;
  const watch = createWatch({
    alarms,
    inbox: { oldestUndoneMs: async () => waits },
    outbox: { oldestPendingMs: async () => 0 },
    log,
  });
  const open = async () => (await alarms.open()).map(({ cause }) => cause).toSorted();
  const opens = (causes: string[]) =>
    until(async () => JSON.stringify(await open()) === JSON.stringify(causes), { what: causes.join() });

  watch.called({ path: '/cgi-bin/message/custom/send', errcode: 0 });
  watch.called({ path: '/cgi-bin/stable_token', errcode: 'network' }); // passes by itself
  expect(await open()).toEqual([]);

  for (let i = 0; i < 3; i++) {
    watch.called({ path: '/cgi-bin/stable_token', errcode: 40164 });
    watch.called({ path: '/cgi-bin/message/custom/send', errcode: 45009 });
  }
  waits = 6 * 60_000;
  await watch.look();
  await opens(['queue', 'quota:/cgi-bin/message/custom/send', 'wechat-token']);

  watch.called({ path: '/cgi-bin/stable_token', errcode: 0 });
  watch.called({ path: '/cgi-bin/message/custom/send', errcode: 0 });
  waits = 0;
  await watch.look();
  await opens([]);
});
