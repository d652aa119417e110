import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

type Question = { n: number; name: string; given: unknown };
type Answer = { n: number; value?: unknown; error?: string };

/** A child process that answers questions. It ends when it is told to, or when its parent is gone. */
export type Child = {
  ask<Value>(name: string, given?: unknown): Promise<Value>;
  stop(): Promise<void>;
};

/** Runs a file that stands beside this one. `nodeArgs` go to Node itself. */
export function startChild(given: {
  file: 'driver' | 'peer' | 'sender';
  part: string;
  nodeArgs?: string[];
  env: Record<string, string>;
}): Child {
  const { file, part } = given;
  const child: ChildProcess = fork(join(__dirname, file), [part], {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...given.env },
    execArgv: ['--no-deprecation', ...(given.nodeArgs ?? [])],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let asked = 0;
  child.on('message', ({ n, value, error }: Answer) => {
    const one = waiting.get(n);
    waiting.delete(n);
    if (error === undefined) one?.resolve(value as never);
    else one?.reject(new Error(`${part}: ${error}`));
  });
  child.on('exit', (code) => {
    for (const one of waiting.values()) one.reject(new Error(`${part} ended (${code}) before it answered`));
    waiting.clear();
  });
  return {
    ask: (name, value) =>
      new Promise((resolve, reject) => {
        const n = ++asked;
        waiting.set(n, { resolve, reject });
        child.send({ n, name, given: value } satisfies Question, (error) => error && reject(error));
      }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const impatient = setTimeout(() => child.kill('SIGKILL'), 8_000);
      if (child.connected) child.disconnect();
      await gone;
      clearTimeout(impatient);
    },
  };
}

/** In the child: answers the parent's questions until the parent lets go, then closes and ends. */
export function answerParent(
  answers: Record<string, (given: never) => unknown>,
  close: () => Promise<void>,
): void {
  process.on('message', ({ n, name, given }: Question) => {
    void (async () => answers[name]?.(given as never))().then(
      (value) => process.send?.({ n, value } satisfies Answer),
      (error: unknown) => process.send?.({ n, error: String(error) } satisfies Answer),
    );
  });
  // A Ctrl-C in the terminal reaches every process; the parent closes its children in order.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => void close().finally(() => process.exit(0)));
}
