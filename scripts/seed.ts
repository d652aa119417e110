/* `npm run seed -- --subscribers 1000000`: an invented crowd, always the same; for the simulator's data only. */
import { parseArgs } from 'node:util';
import { AppError } from '../src/errors';
import { simulatedAccount } from '../src/simulator/account';
import { bringCrowd, bringExampleSegments, morningOf } from '../src/simulator/crowd';
import { importSamples } from '../src/simulator/samples';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';

const most = 2_000_000;

async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { subscribers: { type: 'string', default: '' } } });
  const count = Number(values.subscribers);
  if (!Number.isInteger(count) || count < 1 || count > most) {
    console.error(`用法：npm run seed -- --subscribers 人數（1 到 ${most}）`);
    return 2;
  }
  return withServices('seed', async ({ config, db, clock, services }) => {
    if (!config.simulated)
      throw new AppError('Forbidden', 'seed.real', '這裡接著真的公眾號；編造的粉絲只給模擬的帳號。');
    const started = Date.now();
    const seconds = () => Math.round((Date.now() - started) / 1_000);
    const { appId } = simulatedAccount;
    await importSamples({ db, clock, services });
    await services.cities.load();
    await bringCrowd({ db, appId, now: morningOf(clock.now()), services }, 0, count, (done) => {
      if (done % 50_000 === 0) console.log(`來了 ${done} 人，${seconds()} 秒 …`);
    });
    console.log(`${count} 人都來了，${seconds()} 秒；逐人整理 …`);
    await services.people.rebuild((done) => {
      if (done % 50_000 === 0) console.log(`整理好 ${done} 人，${seconds()} 秒 …`);
    });
    await services.stages.run();
    await bringExampleSegments(services.segments);
    console.log(`好了，共 ${seconds()} 秒。看看：npm run segment -- list`);
    return 0;
  });
}

void runCommand(main);
