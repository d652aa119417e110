import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pino from 'pino';
import { loadHandlers } from '../../src/bot/discover';
import { createDispatch } from '../../src/bot/dispatch';
import type { Outcome } from '../../src/bot/words';
import { beijingDay, momentAt } from '../../src/kit/beijing';
import { createRender } from '../../src/render/render';
import { createServices } from '../../src/services';
import { importSamples } from '../../src/simulator/samples';
import { createIndexes } from '../../src/store/indexes';
import type { Content } from '../../src/wechat/protocol/inbound-kinds';
import { type Reply, replyProblem } from '../../src/wechat/protocol/reply';
import { testConfig } from './config';
import type { TestDatabase } from './database';

/**
 * Talks with the real handlers on a real database with the sample data, without WeChat between: what a fan says goes to the
 * engine, what it answers comes back. The clock stands until a test turns it.
 *
 *     const talk = await createTalk(database);
 *     expect(await talk.fan().says('杭州天氣')).toContain('杭州天氣');
 */
export async function createTalk(
  database: TestDatabase,
  {
    at = '2026-11-22T10:00',
    settings = {},
    mayFail = false,
  }: {
    at?: string;
    settings?: Record<string, string>;
    /** A handler that throws answers with an apology, as for a fan, instead of failing the test. */
    mayFail?: boolean;
  } = {},
) {
  const db = await database.connect();
  let now = momentAt(at);
  const clock = { now: () => now, day: (moment = now) => beijingDay(moment) };
  let failure: unknown;
  const log = pino({
    level: 'error',
    hooks: {
      logMethod: ([first]) => {
        if (typeof first === 'object') failure ??= (first as { err?: unknown }).err;
      },
    },
  });
  const config = testConfig({ PUBLIC_URL: 'https://wx.xiaoyi.example.com', ...settings });
  const { render } = createRender();
  // Never connects: these talks go on without boards.
  const redis = new Redis(database.redisUrl, { lazyConnect: true, enableOfflineQueue: false });
  const services = createServices({ config, db, redis, render, clock, log, role: 'test' });
  await createIndexes(db, services.upkeep.indexes);
  await importSamples({ db, clock, services });
  for (const table of ['cities', 'offers', 'hotels', 'sights', 'trains'] as const)
    await services[table].load();
  const rules = loadHandlers();
  const dispatch = createDispatch({ rules, services, render, clock, log });

  let said = 0;
  /** As the inbox would: what 「那上海呢」 goes on from. */
  const keepAbout = ({ id, ...row }: { id: string; fan: string; at: Date; about: string }) =>
    db.collection<{ _id: string }>('inbox').insertOne({ _id: id, ...row });

  function fan() {
    const openid = `o${randomBytes(8).toString('hex')}`;
    let last: Outcome | undefined;

    async function does(content: Content): Promise<Outcome> {
      const id = randomBytes(8).toString('hex');
      const message = {
        openid,
        account: 'gh_test',
        at: Math.floor(now / 1000),
        identity: `m:${id}`,
        ...content,
      };
      const her = await services.subscribers.meet(openid);
      failure = undefined;
      last = await dispatch.run(message, her, { id, at: now });
      if (failure !== undefined && !mayFail) throw failure;
      const { reply, effects, changes, about } = last;
      if (about !== undefined) await keepAbout({ id, fan: her._id, at: new Date(now + ++said), about }); // the clock stands, the talk goes on
      const problem = reply && replyProblem(reply, message.kind);
      if (problem) throw new Error(problem);
      const kept = await services.subscribers.change(her._id, her.v, {
        ...changes,
        said: [{ by: id, reply, effects }],
      });
      if (!kept) throw new Error('the change was not kept');
      return last;
    }
    const told = async (content: Content): Promise<string> => textOf((await does(content)).reply);

    return {
      says: (text: string) => told({ kind: 'text', content: text }),
      clicks: (key: string) => told({ kind: 'click', key }),
      follows: (scene?: string) => told({ kind: 'follow', scene }),
      scans: (scene: string) => told({ kind: 'scan', scene, ticket: 'ticket' }),
      /** GCJ-02. */
      sendsLocation: (lat: number, lng: number, label = '') =>
        told({ kind: 'location', lat, lng, label, datum: 'gcj02' }),
      sends: told,
      does,
      /** All of the last outcome: effects, which rule answered. */
      last: () => last,
      row: () => services.subscribers.meet(openid),
    };
  }

  return {
    fan,
    services,
    rules,
    /** A Beijing moment, `2026-11-22T22:30` or `2026-11-22T22:30:05`. */
    turnClockTo: (moment: string) => {
      now = momentAt(moment);
    },
  };
}

export type Talk = Awaited<ReturnType<typeof createTalk>>;

function textOf(reply: Reply | null): string {
  if (reply === null) return '';
  if (reply.kind === 'text') return reply.text;
  return `[${reply.kind}]`;
}
