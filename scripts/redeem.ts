/* `npm run redeem -- 碼 --by 姓名 --at 地點`: staff check a coupon, once. Works beside a running program and without one. */
import { parseArgs } from 'node:util';
import type { Connection } from 'mongoose';
import { engineSettings, loadConfig } from '../src/config';
import { tellRedeemed } from '../src/domain/prizes/redeem';
import { messageOf } from '../src/errors';
import { createClock } from '../src/kit/clock';
import { createLog } from '../src/kit/log';
import { createRender } from '../src/render/render';
import { createServices, indexes } from '../src/services';
import { useEngines } from '../src/store/engines';
import { createIndexes } from '../src/store/indexes';
import { connectMongo } from '../src/store/mongo';
import { connectRedis } from '../src/store/redis';
import { followClock } from '../src/store/shared-clock';

const usage = '用法：npm run redeem -- 碼 --by 姓名 --at 地點';

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (!asked) {
    console.error(usage);
    return 2;
  }
  const config = loadConfig();
  const engines = await useEngines({
    dataDir: config.dataDir,
    settings: engineSettings(),
    mongo: !config.MONGODB_URI,
    redis: !config.REDIS_URL,
    say: (line) => console.error(line),
  });
  let db: Connection | undefined;
  let redis: ReturnType<typeof connectRedis> | undefined;
  try {
    db = await connectMongo(config.MONGODB_URI ?? engines.mongoUri ?? '', { appName: 'xiaoyi-redeem' });
    await createIndexes(db, indexes);
    const clock = createClock();
    const log = createLog({ level: 'error', name: 'redeem' });
    (await followClock({ db, clock }))();
    redis = connectRedis(config.REDIS_URL ?? engines.redisUrl ?? '', log);
    const { render } = createRender();
    const services = createServices({ config, db, redis, render, clock, log, role: 'redeem' });
    const answer = await services.prizes.redeem(asked.code, asked.who);
    console.log(tellRedeemed(answer));
    return answer.kind === 'used' ? 0 : 1;
  } finally {
    redis?.disconnect();
    await db?.close();
    await engines.stop();
  }
}

/** A code may come in its groups of four, as separate words. */
function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { by: { type: 'string' }, at: { type: 'string' } },
    });
    const [by = '', at = ''] = [values.by?.trim(), values.at?.trim()];
    return positionals.length > 0 && by !== '' && at !== ''
      ? { code: positionals.join(''), who: { by, at } }
      : undefined;
  } catch {
    return undefined;
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
