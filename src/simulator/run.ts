import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, createApp } from '../app';
import type { Config } from '../config';
import { bringSamplePush } from '../domain/pushes/sample';
import { takenIn } from '../domain/quiz/play/taken-by';
import { startSampleQuiz } from '../domain/quiz/workbook/sample';
import { startSampleSurvey } from '../domain/surveys/sample';
import { messageOf } from '../errors';
import { leaveOnFailure } from '../kit/ending';
import { type Log, logOf } from '../kit/log';
import { root } from '../kit/root';
import { followClock, followedMs, tellClock } from '../store/shared-clock';
import { simulatedAccount } from './account';
import { bringCrowd, bringExampleSegments, crowdName, invent, morningOf } from './crowd';
import { importSamples } from './samples';
import { createSimulator } from './simulator';
import type { World } from './world';

const crowdSize = 2_000;

type Host = {
  whenTold(log: Log, close: () => Promise<void>): void;
  ready(facts: { url: string }): void;
};

/** The process in which WeChat is played: sample content, the phone page, and the clock that the whole program follows. */
export async function runSimulator(config: Config, { whenTold, ready }: Host): Promise<void> {
  const log = logOf(config, 'simulator');
  leaveOnFailure(log);
  const app = await createApp(config, {
    mongoUri: config.MONGODB_URI ?? '',
    redisUrl: config.REDIS_URL ?? '',
    role: 'simulator',
    log,
  });
  const stopClock = await followClock(app);
  stopClock(); // from here on we are the one who turns it
  await app.prepare();
  await bringSamples(app, log);
  const simulator = createSimulator({
    callbackUrl: `http://127.0.0.1:${config.PORT}/wechat`,
    appId: simulatedAccount.appId,
    appSecret: simulatedAccount.appSecret,
    token: simulatedAccount.token,
    encodingAesKey: simulatedAccount.encodingAesKey,
    account: simulatedAccount.originalId,
    accountName: '小藝旅行',
    consoleUrl: config.CONSOLE_URL ?? `http://127.0.0.1:${config.CONSOLE_PORT ?? config.PORT + 2}`,
    clock: app.clock,
    log,
    stateFile: join(config.dataDir, 'simulator.json'),
    autoReplies: readJson('src/simulator/sample/autoreply.json'),
    production: config.production,
    turn: (to) =>
      app.turn(to, async () => {
        await tellClock(app.db, app.clock.offset());
        await new Promise((resolve) => setTimeout(resolve, followedMs));
      }),
  });
  const { url } = await simulator.listen(config.PORT + 1);
  await app.client.post('/cgi-bin/menu/create', readJson('templates/menu.json'));
  await hangQrcodes(app, simulator.world);
  ready({ url });
  const gathered = gather(app, simulator.world).catch((err: unknown) =>
    log.error({ err }, 'the crowd did not come'),
  );
  whenTold(log, async () => {
    await gathered;
    await simulator.close();
    await app.close();
  });
}

async function bringSamples(app: App, log: Log): Promise<void> {
  await importSamples(app).catch((err: unknown) => log.error({ err }, 'the sample data is broken'));
  const quiz = await startSampleQuiz({
    ...app.services,
    takenBy: takenIn(app.rules),
    file: { name: 'quiz.json', bytes: readFileSync(join(root, 'src/simulator/sample/quiz.json')) },
  }).catch((err: unknown) => ({ kind: 'refused' as const, problems: [messageOf(err)] }));
  if (quiz.kind === 'refused') log.error({ problems: quiz.problems }, 'the sample quiz is broken');
  await startSampleSurvey({
    ...app.services,
    takenBy: takenIn(app.rules),
    file: { name: 'survey.json', bytes: readFileSync(join(root, 'src/simulator/sample/survey.json')) },
  }).catch((err: unknown) => log.error({ err }, 'the sample survey is broken'));
}

/** Invented followers and example segments, once on fresh data: so that nothing is empty. */
async function gather({ db, clock, services }: App, world: World): Promise<void> {
  const { appId } = simulatedAccount;
  const now = morningOf(clock.now());
  const wroteAt = (n: number) => invent(n, { appId, now, cities: [] }).seenAt;
  world.gather(Array.from({ length: crowdSize }, (_, n) => ({ name: crowdName(n), wroteAt: wroteAt(n) })));
  if ((await services.segments.list()).length > 0) return;
  await bringCrowd({ db, appId, now, services }, 0, crowdSize);
  await services.people.rebuild();
  await services.stages.run();
  await bringExampleSegments(services.segments);
  for (const name of ['push.json', 'push-mass.json'])
    await bringSamplePush(services, {
      name,
      bytes: readFileSync(join(root, 'src/simulator/sample', name)),
    });
}

/** One for each channel that has none yet, so that there is something to scan. */
async function hangQrcodes({ db, client }: App, world: World): Promise<void> {
  const hanging = new Set([...world.scenes.values()].map(({ scene }) => scene));
  const channels = await db.collection<{ _id: string }>('channels').find().toArray();
  for (const { _id: scene_str } of channels.filter(({ _id }) => !hanging.has(_id)))
    await client.post('/cgi-bin/qrcode/create', {
      action_name: 'QR_LIMIT_STR_SCENE',
      action_info: { scene: { scene_str } },
    });
}

const readJson = (path: string): object => JSON.parse(readFileSync(join(root, path), 'utf8')) as object;
