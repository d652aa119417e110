import { closeSync, fstatSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createLineOut } from './line-out';

/** A file is put aside when it is this long; what was put aside before it goes. */
const mostBytes = 10_000_000;
const warn = 40;

type Out = { write(line: string): void };

/**
 * The log of a program that a person runs in a terminal: all lines go to `file`, and `people` are shown those only that
 * tell of trouble, each as one line that can be read. Where the file cannot be written they get all lines, as they are.
 */
export function createLogFile(file: string, people: Out): Out & { flush(): void } {
  let open: { fd: number; out: ReturnType<typeof createLineOut>; bytes: number } | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    open = opened();
  } catch {
    return { write: (line) => people.write(line), flush: () => {} };
  }

  function opened() {
    const fd = openSync(file, 'a', 0o600);
    return { fd, out: createLineOut(fd), bytes: fstatSync(fd).size };
  }

  function turnOver(full: NonNullable<typeof open>): void {
    full.bytes = 0;
    try {
      renameSync(file, `${file}.1`);
      open = opened();
    } catch {
      return; // it goes on in the one that is open
    }
    void full.out.drained().then(() => closeSync(full.fd));
  }

  return {
    write(line) {
      if (!open) return;
      if (open.bytes > mostBytes) turnOver(open);
      open.bytes += line.length;
      open.out.write(line);
      if (Number(/^\{"level":(\d+)/.exec(line)?.[1]) >= warn) people.write(forPeople(line, file));
    },
    flush: () => open?.out.flush(),
  };
}

function forPeople(line: string, file: string): string {
  const { level, msg, err } = JSON.parse(line) as {
    level: number;
    msg?: string;
    err?: { message?: string };
  };
  const what = [msg, err?.message].filter(Boolean).join('：').replace(/\s+/g, ' ').slice(0, 300);
  return `${level > warn ? '✗' : '·'} ${what}（詳見日誌 ${basename(file)}）\n`;
}
