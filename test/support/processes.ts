import { type ChildProcess, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export type Seen = { pid: number; parent: number; command: string };

/** The processes that show a text among their arguments, this one and its like left out. */
export function processesWith(text: string): Seen[] {
  return all().filter(({ pid, command }) => pid !== process.pid && command.includes(text));
}

function all(): Seen[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command=']).toString().split('\n');
    return lines.flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name), command: commandOf(name) }));
}

/** Empty for what ended meanwhile, and for a zombie. */
const commandOf = (pid: string): string => readProc(`${pid}/cmdline`).replaceAll('\0', ' ').trim();

function parentOf(pid: string): number {
  const stat = readProc(`${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function readProc(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The children of a process, their children, and so on. */
export function descendantsOf(pid: number): Seen[] {
  const everything = all();
  const below = (parent: number): Seen[] =>
    everything.filter((one) => one.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** Waits until a question is answered with yes; fails with `what` when that takes longer than `withinMs`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { what, withinMs = 150_000 }: { what: string; withinMs?: number },
): Promise<void> {
  for (const giveUpAt = Date.now() + withinMs; !(await isSo()); ) {
    if (Date.now() > giveUpAt) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await sleep(20);
  }
}

/** The JSON lines that a program prints, one after the other; a line that is none is passed over. */
export function linesOf(program: ChildProcess) {
  const lines: Record<string, unknown>[] = [];
  let ended = false;
  if (!program.stdout) throw new Error('its stdout is not piped');
  createInterface({ input: program.stdout })
    .on('line', (line) => {
      try {
        lines.push(JSON.parse(line) as Record<string, unknown>);
      } catch {
        // a line for people
      }
    })
    .on('close', () => {
      ended = true;
    });
  return {
    /** The first line, past or to come, that has this key. */
    async with(key: string): Promise<Record<string, unknown>> {
      const found = () => lines.find((line) => key in line);
      await until(() => found() !== undefined || ended, { what: `a line with ${key}`, withinMs: 150_000 });
      const line = found();
      if (!line) throw new Error(`It ended without a line with ${key}; it said ${JSON.stringify(lines)}`);
      return line;
    },
    lines,
  };
}

/** How a program ended: its code, or the name of the signal. */
export function endOf(program: ChildProcess): Promise<number | string> {
  if (program.exitCode !== null) return Promise.resolve(program.exitCode);
  if (program.signalCode !== null) return Promise.resolve(program.signalCode);
  return new Promise((resolve) => {
    program.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}
