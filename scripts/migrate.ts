/* `npm run migrate`: runs the migrations that have not run and builds every index that is missing, without starting anything. */
import { messageOf } from '../src/errors';
import { migrations } from '../src/migrations';
import { createIndexes } from '../src/store/indexes';
import { withServices } from '../src/with-services';

// Whoever opens the services has migrated before.
withServices('migrate', async ({ db, services }) => {
  const { indexes } = services.upkeep;
  await createIndexes(db, indexes);
  console.log(`資料庫已是最新：${migrations.length} 次遷移，${indexes.length} 個索引。`);
}).catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
