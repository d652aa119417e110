import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** One thing WeChat accepted from the account. The list of them is the only truth about what fans received. */
export type Effect = {
  n: number;
  /** Business time, ms. */
  at: number;
  path: string;
  openid?: string;
  /** What was asked for, as parsed. */
  body: unknown;
  /** What the platform made of it: msgid, tag id, ticket … */
  result: unknown;
};

/**
 * Records effects in memory and, when `file` is given, as JSON lines that are on disk (fsync) before the call
 * is answered, so that a killed process takes nothing back. Memory keeps the last `keep`.
 */
export function createEffects({ file, keep = 100_000 }: { file?: string; keep?: number } = {}) {
  const fd = file === undefined ? undefined : openSync(file, 'a');
  let list: Effect[] = [];
  let n = 0;

  return {
    record(effect: Omit<Effect, 'n'>): Effect {
      const whole = { n: ++n, ...effect };
      list.push(whole);
      if (list.length > keep * 1.1) list = list.slice(-keep);
      if (fd !== undefined) {
        writeSync(fd, `${JSON.stringify(whole)}\n`);
        fsyncSync(fd);
      }
      return whole;
    },
    /** All of them, or those of one path, oldest first. */
    list: (path?: string): Effect[] =>
      path === undefined ? [...list] : list.filter((one) => one.path === path),
    clear: () => {
      list = [];
    },
    close: () => {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

export type Effects = ReturnType<typeof createEffects>;
