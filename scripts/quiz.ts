/*
 * `npm run quiz -- COMMAND …`: everything a marketer does with a quiz until the console exists. Works beside a running
 * program, which sees the change within seconds, and without one.
 *
 * A new command is one line in `commands` and one import.
 */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { Connection } from 'mongoose';
import { loadHandlers } from '../src/bot/discover';
import { engineSettings, loadConfig } from '../src/config';
import { claimsOf } from '../src/domain/quiz/play/claims';
import { messageOf } from '../src/errors';
import { createClock } from '../src/kit/clock';
import { createLog } from '../src/kit/log';
import { namesAreSaid, signed } from '../src/kit/signed';
import { createRender } from '../src/render/render';
import { createServices, indexes } from '../src/services';
import { useEngines } from '../src/store/engines';
import { createIndexes } from '../src/store/indexes';
import { connectMongo } from '../src/store/mongo';
import { connectRedis } from '../src/store/redis';
import { followClock } from '../src/store/shared-clock';
import * as campaign from './quiz/campaign';
import { type Command, Misuse, usageLine } from './quiz/command';
import * as prizes from './quiz/prizes';
import { rehearse } from './quiz/rehearse';
import * as settlement from './quiz/settlement';

const commands: Record<string, Command> = {
  template: campaign.template,
  import: campaign.bring,
  check: campaign.check,
  rehearse,
  start: campaign.start,
  pause: campaign.pause,
  resume: campaign.resume,
  end: campaign.end,
  withdraw: campaign.withdraw,
  approve: campaign.approve,
  reject: campaign.reject,
  codes: campaign.codes,
  status: campaign.status,
  export: prizes.exportTable,
  report: prizes.report,
  groups: prizes.groups,
  courier: prizes.courier,
  void: prizes.annul,
  settle: settlement.settle,
  held: settlement.held,
  hold: settlement.hold,
  release: settlement.release,
  disqualify: settlement.disqualify,
  draw: settlement.draw,
  verify: settlement.verify,
};

const usage = (): string =>
  [
    '用法：npm run quiz -- 指令 …',
    ...Object.entries(commands).map(([name, { args, help }]) => usageLine(`${name} ${args}`, help)),
    '  --by 姓名   誰做的，和登入這台機器的名字一起留下記錄；不給就只記登入名',
    `  要兩個人做的事：${namesAreSaid}。`,
    '說明見 docs/quiz.md。',
  ].join('\n');

async function main(argv: string[]): Promise<number> {
  const { values: given, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      by: { type: 'string', default: '' },
      reason: { type: 'string', default: '' },
      now: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      out: { type: 'string', default: '' },
      prize: { type: 'string', default: '' },
      sponsor: { type: 'string', default: '' },
      state: { type: 'string', default: '' },
      day: { type: 'string', default: '' },
      full: { type: 'boolean', default: false },
      'with-held': { type: 'boolean', default: false },
      walk: { type: 'boolean', default: false },
      players: { type: 'string', default: '1000' },
      group: { type: 'string', default: '' },
    },
  });
  const values = { ...given, by: signed(given.by, userInfo().username) };
  const [name = '', ...args] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Misuse(name === '' ? '' : `沒有「${name}」這個指令。`);
  if ('alone' in command) return await command.alone({ args });

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
  let services: ReturnType<typeof createServices> | undefined;
  try {
    const mongoUri = config.MONGODB_URI ?? engines.mongoUri ?? '';
    const redisUrl = config.REDIS_URL ?? engines.redisUrl ?? '';
    db = await connectMongo(mongoUri, { appName: 'xiaoyi-quiz' });
    await createIndexes(db, indexes);
    const clock = createClock();
    const log = createLog({ level: 'error', name: 'quiz' });
    // Business time, also where the simulator has turned it.
    (await followClock({ db, clock }))();
    redis = connectRedis(redisUrl, log);
    const { render } = createRender();
    services = createServices({ config, db, redis, render, clock, log, role: 'quiz' });
    await services.campaigns.load();
    const claims = claimsOf(loadHandlers());
    const stage = { config, mongoUri, redisUrl, redis };
    return await command.run({ ...stage, db, services, clock, log, claims, args, values });
  } finally {
    // What this command projected for a settlement, the worker goes on with at once.
    await services?.projector.close();
    redis?.disconnect();
    await db?.close();
    await engines.stop();
  }
}

void (async () => {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const misused =
      error instanceof Misuse || (error as { code?: unknown }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
    if (error instanceof Misuse && error.message !== '') console.error(error.message);
    console.error(misused ? usage() : messageOf(error));
    process.exitCode = misused ? 2 : 1;
  }
})();
