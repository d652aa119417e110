import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineSettings } from '../../src/config';
import { type Engines, startEngines } from '../../src/store/engines';
import { bePatient } from '../../src/store/patience';
import { processesWith, until } from '../support/processes';
import { answersOf, createRig, type Rig } from '../support/rig';

// A database that is away is what it is about.
bePatient(1);

let dataDir: string;
let engines: Engines;
let rig: Rig;

beforeAll(async () => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'xiaoyi-restart-')));
  engines = await startEngines({
    dataDir,
    settings: engineSettings(),
    mongo: true,
    redis: false,
    say: () => {},
  });
  process.env['TEST_MONGODB_URI'] = engines.mongoUri;
  rig = await createRig({ callbacks: { gapMs: 1_000 } });
});
afterAll(async () => {
  await rig.close();
  await engines.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const mongods = (): number[] =>
  processesWith(join(dataDir, 'mongo'))
    .filter(({ command }) => !command.includes('engine-guard'))
    .map(({ pid }) => pid);

test('C5: the primary is killed twice; nothing acknowledged is lost, and in the gap nobody is told a false success', async () => {
  const openids = Array.from({ length: 25 }, rig.openid);
  const answers: string[][] = [];
  for (let wave = 0; wave < 6; wave++) {
    const running = Promise.all(
      openids.map(async (openid, i) =>
        answersOf(await rig.deliver(rig.text(openid, `做 主${wave * 25 + i}`), openid)),
      ),
    );
    if (wave === 1 || wave === 3) for (const pid of mongods()) process.kill(pid, 'SIGKILL');
    answers.push(...(await running));
    // The next wave finds a primary again, as WeChat's next callbacks would in time.
    await until(() => mongods().length > 0, { what: 'mongod is back' });
  }
  await rig.drain();
  const done = new Set((await rig.rows<{ words: string }>('enquiries', {})).map((row) => row.words));
  const said = answers.flatMap((copies, i) =>
    copies.some((one) => one.startsWith('做好')) ? [`主${i}`] : [],
  );
  expect(said.length).toBeGreaterThan(75);
  expect(said.filter((words) => !done.has(words))).toEqual([]);
  expect(await rig.count('enquiries', {})).toBe(done.size);
  expect(await rig.count('inbox', { open: true })).toBe(0);
});
