import { fstatSync, write, writeSync } from 'node:fs';

/** Characters that wait for a reader at most. */
const mostWaiting = 1_000_000;
const againAfterMs = 100;

/**
 * Lines to a file descriptor. Never blocks, never fails, never grows: the disk may be full, the terminal closed, the
 * pipe read by nobody. What cannot be written is dropped and counted, and one line says so when it goes on.
 */
export function createLineOut(fd: number) {
  // Node makes a pipe non-blocking when it opens it for itself. In one that blocks, a write that nobody takes would hold
  // a thread for good, and `process.exit` waits for all threads.
  if (fd === 1 && isPipe(fd)) void process.stdout;
  let waiting: string[] = [];
  let size = 0;
  let underWay: { rest: Buffer; lines: number; inCall: boolean } | undefined;
  let lost = 0;
  let untold = 0;
  let idle: (() => void)[] = [];

  function lose(lines: number): void {
    lost += lines;
    untold += lines;
  }

  function push(line: string): void {
    waiting.push(line);
    size += line.length;
    if (!underWay) next();
  }

  function next(): void {
    underWay = undefined;
    if (waiting.length === 0) {
      for (const done of idle) done();
      idle = [];
      return;
    }
    underWay = { rest: Buffer.from(waiting.join('')), lines: waiting.length, inCall: false };
    waiting = [];
    size = 0;
    attempt(underWay);
  }

  function attempt(chunk: NonNullable<typeof underWay>): void {
    chunk.inCall = true;
    write(fd, chunk.rest, (err, written) => {
      chunk.inCall = false;
      if (err?.code === 'EAGAIN') return void setTimeout(attempt, againAfterMs, chunk).unref();
      if (err) {
        lose(chunk.lines);
        return next();
      }
      chunk.rest = chunk.rest.subarray(written);
      if (chunk.rest.length > 0) return attempt(chunk);
      if (untold > 0) {
        // What was written last may have been cut in the middle of a line.
        waiting.unshift(`\n${lossOf(untold)}\n`);
        untold = 0;
      }
      next();
    });
  }

  return {
    /** A whole line, its end included. */
    write(line: string): void {
      if (size + line.length > mostWaiting) lose(1);
      else push(line);
    },
    /** Lines that were dropped since the start. */
    lost: (): number => lost,
    /** Resolves when nothing waits to be written. */
    drained: (): Promise<void> =>
      underWay ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve(),
    /** A write is with the system, which may keep it for good. */
    isHeld: (): boolean => underWay?.inCall ?? false,
    /** At the very end: what waits is written now or never. */
    flush(): void {
      try {
        if (!underWay?.inCall && underWay) writeSync(fd, underWay.rest);
        if (waiting.length > 0) writeSync(fd, waiting.join(''));
      } catch {
        // there is nobody left to tell
      }
      waiting = [];
    },
  };
}

const isPipe = (fd: number): boolean => {
  const stats = fstatSync(fd);
  return stats.isFIFO() || stats.isSocket();
};

const lossOf = (lines: number): string =>
  JSON.stringify({
    level: 40,
    time: new Date().toISOString(),
    name: 'log',
    pid: process.pid,
    lost: lines,
    msg: `${lines} lines of this log were lost: they could not be written`,
  });
