import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Names a running process so that a later process with the same number is told apart: its start time, and on
 * Linux the boot too. `undefined` when it does not run (a zombie counts as dead: nobody will do its work).
 */
export function identityOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = read(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${pid}/${fields[19]}/${read('/proc/sys/kernel/random/boot_id')?.trim()}`;
  }
  const started = ps(pid, 'lstart');
  return started && !ps(pid, 'stat')?.startsWith('Z') ? `${pid}/${started}` : undefined;
}

/** The arguments a process was started with, or `[]` when it does not run. Outside Linux one string holds them all. */
export function argumentsOf(pid: number): string[] {
  if (process.platform === 'linux') return read(`/proc/${pid}/cmdline`)?.split('\0').filter(Boolean) ?? [];
  const line = ps(pid, 'command');
  return line ? [line] : [];
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid: number, field: string): string | undefined {
  try {
    const out = execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return out.toString().trim() || undefined;
  } catch {
    return undefined;
  }
}
