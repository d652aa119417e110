import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createWhole } from '../kit/private-files';
import { identityOf } from './process-identity';

export type DataLock = { owner: string; release(): void };

/**
 * One owner of a folder of data at a time, by numbered files `lock/<n>` of which the highest counts. To take the
 * lock is to create the next number, which only one can; a number is never used twice, so whoever looked at an
 * older state fails instead of undoing a newer owner's lock. The lock of a dead process is free.
 *
 * Returns the lock, or the number of the process that holds it.
 */
export function takeLock(dataDir: string): DataLock | { heldBy: number } {
  const dir = join(dataDir, 'lock');
  mkdirSync(dir, { recursive: true });
  const owner = identityOf(process.pid) ?? String(process.pid);
  for (;;) {
    const last = newest(dir);
    if (last?.alive) return { heldBy: last.pid };
    const n = (last?.n ?? 0) + 1;
    const file = join(dir, String(n));
    if (!createWhole(file, owner)) continue;
    const top = newest(dir);
    if (top && top.n > n) {
      rmSync(file, { force: true });
      continue;
    }
    for (const older of numbers(dir).filter((one) => one < n))
      rmSync(join(dir, String(older)), { force: true });
    // Not written anew: that would need room on a disk that may be full.
    return { owner, release: () => truncateSync(file) };
  }
}

/** Who holds the lock of a folder now, if anybody lives who does. */
export function lockHolder(dataDir: string): { pid: number; owner: string } | undefined {
  const last = newest(join(dataDir, 'lock'));
  return last?.alive ? { pid: last.pid, owner: last.owner } : undefined;
}

/** Whether the last owner was killed: what it ran may still be ending. */
export function wasKilled(dataDir: string): boolean {
  const last = newest(join(dataDir, 'lock'));
  return last !== undefined && last.owner !== '' && !last.alive;
}

function newest(dir: string): { n: number; pid: number; owner: string; alive: boolean } | undefined {
  const n = Math.max(0, ...numbers(dir));
  if (n === 0) return undefined;
  const owner = readOr(join(dir, String(n)), '');
  const pid = Number.parseInt(owner, 10);
  return { n, pid, owner, alive: owner !== '' && identityOf(pid) === owner };
}

function numbers(dir: string): number[] {
  try {
    return readdirSync(dir)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
