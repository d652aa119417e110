import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLineOut } from '../../src/kit/line-out';
import { createLog } from '../../src/kit/log';
import { answersOf, createRig } from '../support/rig';

const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A pipe with a reader that never reads. */
const unread = (): number => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
};

test.each<[string, () => number]>([
  ['a full disk', () => openSync('/dev/full', 'w')],
  ['a pipe that nobody reads', unread],
])('with a log on %s every callback is answered', async (_, open) => {
  const out = createLineOut(open());
  const log = createLog({ level: 'debug', name: 'web', to: out });
  for (let i = 0; i < 100; i++) log.warn({ words: 'x'.repeat(20_000) }, 'until nothing more goes in');
  const rig = await createRig({ log });
  const openids = Array.from({ length: 20 }, rig.openid);
  const answers = await Promise.all(
    openids.map(async (openid) => answersOf(await rig.deliver(rig.text(openid, '做 事'), openid))),
  );
  expect(answers).toEqual(openids.map(() => ['做好 事']));
  expect(answersOf(await rig.deliver(rig.text(rig.openid(), '壞了'), rig.openid()))).toHaveLength(1);
  expect(out.lost()).toBeGreaterThan(0);
  await rig.close();
});
