import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app';
import type { Rule } from '../../src/bot/bot';
import { createDispatch, type Dispatch } from '../../src/bot/dispatch';
import { compileRules } from '../../src/bot/rules';
import { createClock } from '../../src/kit/clock';
import { createLog } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import { createRender } from '../../src/render/render';
import type { Content } from '../../src/wechat/protocol/inbound-kinds';
import { testConfig } from './config';
import type { TestDatabase } from './database';

/** The engine alone, with a folder of handlers: no sample data, no HTTP, no WeChat. Its clock is turned by hand. */
export async function createBareTalk(database: TestDatabase, folder = 'handlers') {
  const clock = createClock();
  const app: App = await createApp(testConfig(), {
    mongoUri: database.uri,
    redisUrl: database.redisUrl,
    database: database.name,
    role: 'test',
    clock,
    log: createLog({ level: 'silent', name: 'test' }),
    handlersFolder: join(root, 'test', 'fixtures', folder),
  });
  await app.prepare();

  function fan(dispatch: Pick<Dispatch, 'run'> = app.dispatch) {
    const openid = `o${randomBytes(8).toString('hex')}`;
    async function does(content: Content) {
      const id = randomBytes(8).toString('hex');
      const common = { openid, account: 'gh_test', at: Math.floor(clock.now() / 1_000), identity: `m:${id}` };
      const her = await app.services.subscribers.meet(openid);
      const outcome = await dispatch.run({ ...common, ...content }, her, {
        id,
        at: clock.now(),
      });
      const { reply, effects, changes, takeMail } = outcome;
      const said = [{ by: id, reply, effects }];
      await app.services.subscribers.change(her._id, her.v, {
        ...changes,
        said,
        ...(takeMail.length > 0 ? { takeMail } : {}),
      });
      return outcome;
    }
    const told = async (content: Content): Promise<string> => {
      const { reply } = await does(content);
      return reply === null ? '' : reply.kind === 'text' ? reply.text : `[${reply.kind}]`;
    };
    return {
      openid,
      does,
      says: (content: string) => told({ kind: 'text', content }),
      clicks: (key: string) => told({ kind: 'click', key }),
      sends: told,
      row: () => app.services.subscribers.meet(openid),
    };
  }

  /** The same engine with other rules. */
  function dispatchWith({ rules }: { rules: Rule[] }): Dispatch {
    const { services, log } = app;
    return createDispatch({
      rules: compileRules(rules.map((rule, i) => ({ file: `handlers/test-${i}.ts`, rule }))),
      services,
      render: createRender().render,
      clock,
      log,
    });
  }

  return {
    app,
    clock,
    fan,
    dispatchWith,
    passes: (ms: number) => clock.setOffset(clock.offset() + ms),
    close: () => app.close(),
  };
}
