import { type ChildProcess, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export type Seen = { pid: number; command: string };

/** The processes that show a text among their arguments, this one and its like left out. */
export function processesWith(text: string): Seen[] {
  return all().filter(({ pid, command }) => pid !== process.pid && command.includes(text));
}

function all(): Seen[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,command=']).toString().split('\n');
    return lines.map((line) => ({
      pid: Number.parseInt(line, 10),
      command: line.trim().replace(/^\d+\s+/, ''),
    }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }));
}

/** Empty for what ended meanwhile, and for a zombie. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Waits until a question is answered with yes; fails with `what` when that takes longer than `withinMs`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { what, withinMs = 20_000 }: { what: string; withinMs?: number },
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
      await until(() => found() !== undefined || ended, { what: `a line with ${key}`, withinMs: 60_000 });
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
