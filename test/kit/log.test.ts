import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLineOut } from '../../src/kit/line-out';
import { createLog } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import { endOf } from '../support/processes';

const run = async (stdout: 'pipe' | number) => {
  const program = fork(join(root, 'test', 'fixtures', 'log-program.ts'), {
    execArgv: ['-r', join(root, 'test', 'support', 'register-ts.js')],
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });
  await once(program, 'message');
  const ask = async (): Promise<number> => {
    program.send('log');
    const [told] = (await once(program, 'message')) as [{ lost: number }];
    return told.lost;
  };
  return { program, ask };
};

test('a log that nobody reads holds nobody up: what does not fit is dropped, counted and told once somebody reads', async () => {
  const { program, ask } = await run('pipe');
  const before = await ask();
  expect(before).toBeGreaterThan(0);
  const lost = await ask();
  expect(lost).toBeGreaterThan(before);
  const told = new Promise<void>((resolve) => {
    if (!program.stdout) throw new Error('its stdout is not piped');
    let sum = 0;
    createInterface({ input: program.stdout }).on('line', (line) => {
      sum += Number(/"lost":(\d+)/.exec(line)?.[1] ?? 0);
      if (sum === lost) resolve();
    });
  });
  await told;
  program.kill();
});

test('a full disk and a closed terminal hold nobody up', async () => {
  const full = openSync('/dev/full', 'w');
  const onFull = await run(full);
  closeSync(full);
  expect(await onFull.ask()).toBeGreaterThan(0);
  onFull.program.kill();

  const closed = await run('pipe');
  closed.program.stdout?.destroy();
  await closed.ask();
  expect(await closed.ask()).toBeGreaterThan(100);
  closed.program.kill();
});

test('a process that cannot go on ends with an error, though nobody reads what it says last', async () => {
  const { program, ask } = await run('pipe');
  await ask();
  program.send('fail');
  expect(await endOf(program)).toBe(1);
});

test('a process that cannot go on says why', async () => {
  const { program } = await run('pipe');
  let said = '';
  program.stdout?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  program.send('fail');
  await once(program, 'close');
  expect(said).toContain('it cannot go on');
});

test('lines arrive whole and in order', async () => {
  const { program, ask } = await run('pipe');
  let said = '';
  program.stdout?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const lost = await ask();
  program.send('fail');
  await once(program, 'close');
  const lines = said
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  const read = lines.map((line) => JSON.parse(line) as { msg: string });
  expect(read.filter(({ msg }) => msg === 'a long line')).toHaveLength(100 - lost);
});

test('a log on a full disk keeps little in memory', () => {
  const fd = openSync('/dev/full', 'w');
  const out = createLineOut(fd);
  const log = createLog({ level: 'info', name: 'full', to: out });
  for (let i = 0; i < 1_000; i++) log.info({ words: 'x'.repeat(20_000) }, 'a long line');
  expect(out.lost()).toBeGreaterThan(900);
  return out.drained().then(() => closeSync(fd));
});
