/* `npm run migrate`: runs the migrations that have not run and builds every index that is missing, without starting anything. */
import { engineSettings, loadConfig } from '../src/config';
import { randomId } from '../src/kit/ids';
import { createLog } from '../src/kit/log';
import { migrations } from '../src/migrations';
import { indexes } from '../src/services';
import { useEngines } from '../src/store/engines';
import { createIndexes } from '../src/store/indexes';
import { migrate } from '../src/store/migrations';
import { connectMongo } from '../src/store/mongo';

async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLog({ level: 'info', name: 'migrate' });
  const engines = await useEngines({
    dataDir: config.dataDir,
    settings: engineSettings(),
    mongo: !config.MONGODB_URI,
    redis: false,
    say: (line) => console.error(line),
  });
  const db = await connectMongo(config.MONGODB_URI ?? engines.mongoUri ?? '', { appName: 'xiaoyi-migrate' });
  try {
    await migrate({ db, migrations, owner: randomId(), log });
    await createIndexes(db, indexes);
    console.log(`資料庫已是最新：${migrations.length} 次遷移，${indexes.length} 個索引。`);
  } finally {
    await db.close();
    await engines.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
