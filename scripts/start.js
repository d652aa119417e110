/*
 * `npm start`: sets up what is missing, then runs the program and ends with it. The program has a process group
 * of its own, so one Ctrl-C is told to it once, from here. It has a channel to us and stops when that closes
 * (we were killed); we watch our own parent and stop it when npm is killed.
 */
'use strict';
const { codeOf, main, root, setup } = require('./setup');
const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');

main(async () => {
  const before = elders();
  await setup();
  const program = spawn(
    process.execPath,
    ['--enable-source-maps', 'dist/src/main.js', ...process.argv.slice(2)],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );

  let toldAt = 0;
  const stop = (signal) => {
    if (toldAt === 0) {
      toldAt = Date.now();
      program.kill(signal);
    } else if (Date.now() - toldAt > 1_000) {
      // npm passes a Ctrl-C on that we got ourselves: only a later one means "now".
      program.kill('SIGKILL');
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));

  // npm cannot pass on a kill -9. Without npm, a shell that ends is no reason to stop.
  if (process.env.npm_lifecycle_event) {
    setInterval(() => {
      if (toldAt === 0 && elders() !== before) stop('SIGTERM');
    }, 500).unref();
  }

  const code = await codeOf(program);
  await endGroup(program.pid);
  return code;
});

/** Our parent and its parent: npm runs us through a shell, which may outlive it. */
function elders() {
  let grandparent = '';
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    grandparent = stat.slice(stat.lastIndexOf(')')).split(' ')[2];
  } catch {
    // Not Linux: there `sh -c` of one command becomes that command, so our parent is npm itself.
  }
  return `${process.ppid} ${grandparent}`;
}

/** The processes of the program end with it by themselves. After a kill -9 of it they are told, and at last made to. */
async function endGroup(group) {
  for (const [signal, waitMs] of [
    ['SIGTERM', 11_000],
    ['SIGKILL', 2_000],
  ]) {
    if (!tell(group, signal)) return;
    for (const giveUpAt = Date.now() + waitMs; Date.now() < giveUpAt; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (!tell(group, 0)) return;
    }
  }
}

function tell(group, signal) {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
