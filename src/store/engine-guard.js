/*
 * The guard of one engine: `node engine-guard.js LOGFILE COMMAND ARGS…`.
 *
 * It starts the engine in a process group of its own (a Ctrl-C in the terminal does not reach it) and stops it
 * when the other end of its stdin closes. The operating system closes that pipe however the program ends, kill -9
 * included, so no engine outlives the program. Plain JavaScript without dependencies: it runs as it lies here,
 * from a build as well as from the tests, and is the last thing that may fail.
 */
'use strict';
const { spawn } = require('node:child_process');
const { openSync, writeSync } = require('node:fs');

const graceMs = 8_000;
const [logFile, command, ...args] = process.argv.slice(2);

const log = openSync(logFile, 'a');
const engine = spawn(command, args, { stdio: ['ignore', log, log], detached: true });

engine.on('spawn', () => report('started'));
engine.on('error', (error) => {
  report(error.message);
  process.exit(1);
});
engine.on('exit', (code) => {
  signal('SIGKILL'); // what a wrapper script may have left in the group
  process.exit(code ?? 1);
});

process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, stop);

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  signal('SIGTERM');
  setTimeout(() => signal('SIGKILL'), graceMs);
}

/** To the whole group: a `mongod` that is a wrapper script passes no signal on. */
function signal(name) {
  try {
    if (engine.pid) process.kill(-engine.pid, name);
  } catch {
    // gone already
  }
}

function report(line) {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // nobody reads any more: then stdin has closed too
  }
}
