import { bePatient } from '../../src/store/patience';
import { createScratchSet } from '../support/scratch-mongod';
import { playOn, withQuiz } from './quiz';
import { acknowledged, answeredAfter, keepAsking, unkept } from './replica-set';

// A database that is away is what it is about.
bePatient(1);

test('C5: the primary of three is killed under quiz answers; nothing acknowledged is lost, nothing counts twice', async () => {
  const set = await createScratchSet(3);
  try {
    await withQuiz({ mongoUri: set.uri, callbacks: { gapMs: 1_000, copies: 20 } }, async (table, fans) => {
      const { rig } = table;
      const people = fans(20);
      await Promise.all(people.map((fan) => table.says(fan, '一戰到底')));
      const asking = keepAsking(rig, { says: () => '幫助', everyMs: 100 });
      const playing = playOn(table, { fans: people, rounds: 3 });
      const at = Date.now();
      await set.kill(await set.primary());
      await playing;
      const asked = await asking.end();
      await table.drain();
      expect(answeredAfter(asked, at)).toBeGreaterThan(500); // it was away
      expect(acknowledged(asked).length).toBe(asked.length);
      expect(await unkept(rig, asked)).toEqual([]);
      expect(await table.judge()).toEqual([]);
    });
  } finally {
    await set.close();
  }
});
