import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf } from '../errors';
import { root } from '../kit/root';
import { argumentsOf, identityOf } from './process-identity';

/** What there is to know about one engine to start it, and to start it again as it was. */
export type EngineSpec = {
  name: string;
  command: string;
  args: string[];
  /** Where it keeps its data; one of `args`, which is how its process is recognised. */
  dir: string;
  logFile: string;
  /** Written by the engine itself. */
  pidFile: string;
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
  let stopping = false;
  let failures = 0;
  let readyAt = 0;
  let current: Launched | undefined;
  let recovering: Promise<void> = Promise.resolve();

  const start = async (): Promise<void> => {
    const launched = await launch(spec, () => stopping);
    current = launched;
    readyAt = Date.now();
    void launched.ended.then(() => {
      if (!stopping) recovering = recover();
    });
  };

  const recover = async (): Promise<void> => {
    failures = Date.now() - readyAt < settledAfterMs ? failures + 1 : 0;
    let why = `it ended ${failures} times as soon as it was ready`;
    while (failures < triesToRestart && !stopping) {
      say(`${spec.name} ended unexpectedly; starting it again.`);
      try {
        await start();
        return;
      } catch (error) {
        why = messageOf(error);
        failures += 1;
        await sleep(250 * failures);
      }
    }
    if (!stopping) {
      onLost(
        new AppError(
          'Upstream',
          'ENGINE_LOST',
          `${spec.name} keeps ending and could not be kept running: ${why}`,
        ),
      );
    }
  };

  await start();
  return {
    async stop() {
      stopping = true;
      current?.letGo();
      await recovering;
      current?.letGo();
      await current?.ended;
      await stopLeftover(spec);
    },
  };
}

type Launched = {
  /** Resolves when the guard is gone, and with it, or soon, the engine. */
  ended: Promise<void>;
  /** Closes our end of the guard's stdin: the engine is stopped. */
  letGo(): void;
};

async function launch(spec: EngineSpec, isStopping: () => boolean): Promise<Launched> {
  await stopLeftover(spec);
  mkdirSync(dirname(spec.logFile), { recursive: true });
  keepLogSmall(spec.logFile);
  const logFrom = sizeOf(spec.logFile);
  const guard = spawn(
    process.execPath,
    [join(root, 'src/store/engine-guard.js'), spec.logFile, spec.command, ...spec.args],
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  guard.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve());
    guard.once('error', () => resolve());
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const letGo = () => guard.stdin.end();

  const first = await firstLine(guard);
  const refuse = (why: string): never => {
    letGo();
    throw new AppError(
      'Upstream',
      'ENGINE_FAILED',
      `${spec.name} ${why}. ${lastWords(spec.logFile, logFrom)}`.trim(),
    );
  };
  if (first.error) refuse(`could not be started: ${first.error}`);
  const giveUpAt = Date.now() + readyWithinMs;
  while (!(await spec.isReady().catch(() => false))) {
    if (hasEnded) refuse('ended while it was starting');
    if (isStopping()) refuse('was stopped while it was starting');
    if (Date.now() > giveUpAt) refuse(`was not ready within ${readyWithinMs / 1000} s`);
    await sleep(25);
  }
  if (hasEnded) refuse('ended while it was starting');
  return { ended, letGo };
}

function firstLine(guard: ChildProcess): Promise<{ pid?: number; error?: string }> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: guard.stdout as NodeJS.ReadableStream });
    lines.once('line', (line) => resolve(JSON.parse(line) as { pid?: number; error?: string }));
    lines.once('close', () => resolve({ error: 'its guard process ended at once' }));
    guard.once('error', (error) => resolve({ error: error.message }));
  });
}

/**
 * Stops an engine on this data that nobody guards any more: its guard was killed, or an earlier program and its
 * guard together. The process must show the folder among its arguments, so a reused number hits nobody.
 */
export async function stopLeftover(spec: Pick<EngineSpec, 'dir' | 'pidFile'>): Promise<void> {
  const pid = Number.parseInt(readOr(spec.pidFile), 10);
  if (!Number.isInteger(pid) || pid <= 1 || !isOn(pid, spec.dir)) return;
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
    const until = Date.now() + waitMs;
    while (Date.now() < until) {
      if (isGone()) return;
      await sleep(20);
    }
  }
}

const isOn = (pid: number, dir: string): boolean =>
  process.platform === 'linux'
    ? argumentsOf(pid).includes(dir)
    : argumentsOf(pid).some((line) => line.includes(dir));

/** What the engine said last, as one line for an error: the sentence that matters, when it is a known one. */
function lastWords(logFile: string, from: number): string {
  const lines = readOr(logFile).slice(from).trim().split('\n').filter(Boolean);
  const telling =
    lines.findLast((line) => /"s":"[EF]"|error|fatal|denied|in use/i.test(line)) ?? lines.at(-1) ?? '';
  const text = /"msg":"([^"]*)"/.exec(telling)?.[1] ?? telling;
  const detail = /"error":"?([^"}]*)/.exec(telling)?.[1];
  return `${text ? `It said: ${text}${detail ? ` (${detail})` : ''}. ` : ''}Its log: ${logFile}`;
}

/** One long file would grow for ever; the last one is kept. */
function keepLogSmall(file: string): void {
  if (sizeOf(file) > 8_000_000) renameSync(file, `${file}.old`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
