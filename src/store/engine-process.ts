import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf } from '../errors';
import { monotonicMs } from '../kit/clock';
import { root } from '../kit/root';
import { tellsDiskFull, whenThereIsRoom } from './disk-full';
import { argumentsOf, identityOf } from './process-identity';

/** Where an engine is with its data, and how its process is recognised. */
export type EnginePlace = {
  name: string;
  /** Where it keeps its data, and the argument that says so. */
  dir: string;
  dirOption: string;
  logFile: string;
  /** Written by the engine itself. */
  pidFile: string;
  /** Written by us once it is ready: which process that was. */
  identityFile: string;
};

/** What there is to know about one engine to start it, and to start it again as it was. */
export type EngineSpec = EnginePlace & {
  command: string;
  args: string[];
  /** Resolves when the engine serves; asked again and again until then, so one failure is not the end. */
  isReady(): Promise<boolean>;
};

export type RunningEngine = { stop(): Promise<void> };

const readyWithinMs = 60_000;
const triesToRestart = 3;
/** An engine that dies this soon after it was ready has failed, as if it never had been. */
const settledAfterMs = 5_000;

/**
 * Starts an engine behind its guard and keeps it running: when the engine or the guard dies, both are started
 * again on the same port and data. After three failures in a row `onLost` is called, once.
 */
export async function keepRunning(
  spec: EngineSpec,
  { say, onLost }: { say: (line: string) => void; onLost: (error: Error) => void },
): Promise<RunningEngine> {
  const state = { stopping: false, failures: 0, readyAt: 0 };
  let current: Launched | undefined;
  let recovering: Promise<void> = Promise.resolve();

  const start = async (): Promise<void> => {
    current = await launch(spec, () => state.stopping);
    state.readyAt = monotonicMs();
    void restartAfter(current);
  };

  const restartAfter = async (launched: Launched): Promise<void> => {
    await launched.ended;
    if (!state.stopping) recovering = recover();
    await recovering;
  };

  const recover = async (): Promise<void> => {
    const settled = monotonicMs() - state.readyAt >= settledAfterMs;
    if (settled) state.failures = 0;
    else if (!current?.endedForRoom()) state.failures += 1;
    let why = 'it ended again and again as soon as it was ready';
    while (state.failures < triesToRestart && !state.stopping) {
      say(`${spec.name} ended unexpectedly; starting it again.`);
      try {
        await whenThereIsRoom(start, { dir: dirname(spec.dir), say, isStopping: () => state.stopping });
        return;
      } catch (error) {
        why = messageOf(error);
        state.failures += 1;
        await sleep(250 * state.failures);
      }
    }
    if (!state.stopping)
      onLost(engineError('engines.lost', `${spec.name} could not be kept running: ${why}`));
  };

  await start();
  return {
    async stop() {
      state.stopping = true;
      current?.letGo();
      await recovering;
      current?.letGo();
      await current?.ended;
      await stopLeftover(spec);
    },
  };
}

type Launched = {
  /** Resolves when the guard is gone, and with it, unless it was killed, the engine. */
  ended: Promise<void>;
  /** Whether it says that it ended because the disk is full. */
  endedForRoom(): boolean;
  /** Closes our end of the guard's stdin: the engine is stopped. */
  letGo(): void;
};

async function launch(spec: EngineSpec, isStopping: () => boolean): Promise<Launched> {
  await stopLeftover(spec);
  rmSync(spec.identityFile, { force: true });
  mkdirSync(dirname(spec.logFile), { recursive: true });
  keepLogSmall(spec.logFile);
  const logFrom = sizeOf(spec.logFile);
  const script = join(root, 'src/store/engine-guard.js');
  const guard = spawn(process.execPath, [script, spec.logFile, spec.command, ...spec.args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  guard.stdin.on('error', () => undefined);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      hasEnded = true;
      resolve();
    };
    guard.once('exit', end);
    guard.once('error', end);
  });
  const letGo = () => {
    guard.ref();
    guard.stdin.end();
  };
  const endedForRoom = () => tellsDiskFull(readBytes(spec.logFile).subarray(logFrom).toString());
  const failure = async (why: string): Promise<AppError> => {
    letGo();
    await ended;
    return engineError(
      endedForRoom() ? 'engines.disk-full' : 'engines.failed',
      `${spec.name} ${why}. ${lastWords(spec.logFile, logFrom)}`,
    );
  };

  const refusal = await refusedStart(guard);
  if (refusal) throw await failure(`could not be started: ${refusal}`);
  const giveUpAt = monotonicMs() + readyWithinMs;
  while (!(await spec.isReady().catch(() => false))) {
    if (hasEnded) throw await failure('ended while it was starting');
    if (isStopping()) throw await failure('was stopped while it was starting');
    if (monotonicMs() > giveUpAt) throw await failure(`was not ready within ${readyWithinMs / 1000} s`);
    await sleep(25);
  }
  if (hasEnded) throw await failure('ended as soon as it was ready');
  keepIdentity(spec);
  // A script that forgets to stop its engines may end all the same; the guard then stops them.
  guard.unref();
  for (const pipe of [guard.stdin, guard.stdout]) if (pipe instanceof Socket) pipe.unref();
  return { ended, endedForRoom, letGo };
}

/** Why the guard could not start the engine; undefined when it runs. */
function refusedStart(guard: ChildProcessByStdio<Writable, Readable, null>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: guard.stdout });
    lines.once('line', (line) => resolve(line.startsWith('started') ? undefined : line));
    lines.once('close', () => resolve('its guard process ended at once'));
    guard.once('error', (error) => resolve(error.message));
  });
}

const engineError = (code: string, message: string): AppError => new AppError('Upstream', code, message);

/**
 * Ends an engine on this data that nobody guards any more: its guard was killed, or an earlier program and its guard
 * together; or it is just ending by itself. `found` is called when there is one.
 */
export async function stopLeftover(place: EnginePlace, found: () => void = () => undefined): Promise<void> {
  const pid = leftoverOf(place);
  if (pid === undefined) return;
  found();
  const identity = identityOf(pid);
  const isGone = () => identity === undefined || identityOf(pid) !== identity;
  for (const [signal, waitMs] of [
    ['SIGTERM', 8_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const until = monotonicMs() + waitMs;
    while (monotonicMs() < until) {
      if (isGone()) return;
      await sleep(20);
    }
  }
}

/**
 * A number may have been given to somebody else since: the process must show this folder as the place of its data, and
 * be the very one that we saw ready. Only one that was killed before we saw it goes without the second.
 */
function leftoverOf({ dir, dirOption, pidFile, identityFile }: EnginePlace): number | undefined {
  const pid = Number.parseInt(readBytes(pidFile).toString(), 10);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const args = argumentsOf(pid);
  const isOnIt =
    process.platform === 'linux'
      ? args.some((arg, i) => arg === dirOption && args[i + 1] === dir)
      : args.some((line) => line.includes(` ${dirOption} ${dir} `));
  const seen = readBytes(identityFile).toString();
  return isOnIt && (seen === '' || seen === identityOf(pid)) ? pid : undefined;
}

function keepIdentity({ pidFile, identityFile }: EnginePlace): void {
  const identity = identityOf(Number.parseInt(readBytes(pidFile).toString(), 10));
  if (identity !== undefined) writeFileSync(identityFile, identity);
}

/** What the engine said last, for an error: the line that tells why, when there is one. */
function lastWords(logFile: string, from: number): string {
  const lines = readBytes(logFile).subarray(from).toString().split('\n').filter(Boolean);
  const telling =
    lines.findLast((line) => /"s":"[EF]"|error|fatal|denied|in use/i.test(line)) ?? lines.at(-1);
  if (telling === undefined) return `Its log: ${logFile}`;
  const message = /"msg":"([^"]*)"/.exec(telling)?.[1];
  const detail = /"(?:error|reason|errmsg)":"?([^"}]*)/.exec(telling)?.[1];
  return `It said: ${message ?? telling.trim()}${message && detail ? ` (${detail})` : ''}. Its log: ${logFile}`;
}

/** One long file would grow for ever; the last one is kept. */
function keepLogSmall(file: string): void {
  if (sizeOf(file) > 8_000_000) renameSync(file, `${file}.old`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
