import { join } from 'node:path';
import { beijingMoment } from '../../src/kit/beijing';
import { root } from '../../src/kit/root';
import { testDatabase } from '../support/database';
import { forkMember } from '../support/member-process';
import { createTalk } from '../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

test.each([
  ['between the rows and the cursor', 'people-followed'],
  ['at any moment', undefined],
])(
  'a worker that is killed %s leaves nothing that the next one does not mend',
  async (_, point) => {
    const talk = await createTalk(database, { at: beijingMoment(Date.now() - 60_000).replace(' ', 'T') });
    const { people } = talk.services;
    const fans = Array.from({ length: 5 }, () => talk.fan());
    for (const fan of fans) await fan.says('杭州酒店');
    const worker = await forkMember({
      mongoUri: database.uri,
      redisUrl: database.redisUrl,
      database: database.name,
      role: 'worker',
      handlersFolder: join(root, 'handlers'),
      settings: {},
      ...(point ? { crash: [point, 1] as [string, number] } : {}),
    });
    if (!point) worker.kill();
    await worker.ended();
    await people.rebuild();
    const different: string[] = [];
    for await (const one of people.differences()) different.push(one.pid);
    expect(different).toEqual([]);
    expect(await people.count()).toBe((await talk.services.subscribers.everybody('', 1_000)).length);
  },
  120_000,
);
