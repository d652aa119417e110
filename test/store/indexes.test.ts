import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { root } from '../../src/kit/root';
import {
  createIndexes,
  createSmallIndexes,
  type IndexSpec,
  missingInvariants,
} from '../../src/store/indexes';
import { testDatabase } from '../support/database';
import { endOf } from '../support/processes';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

const spec: IndexSpec = {
  collection: 'things',
  key: { name: 1 },
  unique: true,
  invariant: true,
  why: 'a name is one thing',
};

test('an index of the right name that is not unique states nothing', async () => {
  expect(await missingInvariants(db, [spec])).toEqual(['things.name_1']);
  await db.collection('things').createIndex({ name: 1 });
  expect(await missingInvariants(db, [spec])).toEqual(['things.name_1']);
  await db.collection('things').dropIndex('name_1');
  await createSmallIndexes(db, [spec]);
  expect(await missingInvariants(db, [spec])).toEqual([]);
  await createIndexes(db, [spec]); // again is nothing
});

test('a command on a database that it cannot open says so and ends', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-indexes-'));
  await db.collection('tickets').createIndex({ award: 1 });
  const program = spawn(
    process.execPath,
    ['-r', join(root, 'test/support/register-ts.js'), join(root, 'scripts/migrate.ts')],
    {
      env: { ...process.env, MONGODB_URI: database.uri, REDIS_URL: database.redisUrl, DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  program.stderr.on('data', (chunk) => (said += String(chunk)));
  expect(await endOf(program)).toBe(1);
  expect(said).toContain('award_1');
  rmSync(dataDir, { recursive: true });
});
