import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../src/kit/root';
import { patient } from '../../src/store/patience';
import { endOf, linesOf } from './processes';

export type MemberSettings = {
  mongoUri: string;
  redisUrl: string;
  database: string;
  role: 'web' | 'worker';
  handlersFolder: string;
  more?: string;
  settings: Record<string, string>;
  crash?: [name: string, pass: number];
  /** Business time as the test turned it. */
  followsClock?: true;
  /** The level of its log, which goes to its stdout. */
  logLevel?: string;
  /** How many times longer than in production it waits for its database. */
  patience: number;
};

/** A web or worker in a process of its own (`fixtures/member-program.ts`), ready to serve. */
export async function forkMember(settings: Omit<MemberSettings, 'patience'>) {
  const program = spawn(
    process.execPath,
    [
      '-r',
      join(root, 'test', 'support', 'register-ts.js'),
      join(root, 'test', 'fixtures', 'member-program.ts'),
      JSON.stringify({ ...settings, patience: patient(1) } satisfies MemberSettings),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = linesOf(program);
  const { ready } = await lines.with('ready');
  const { boot, port } = ready as { boot: string; port: number };
  return {
    boot,
    port,
    pid: program.pid as number,
    lines: lines.lines,
    kill: (): void => void program.kill('SIGKILL'),
    signal: (name: NodeJS.Signals): void => void program.kill(name),
    ended: () => endOf(program),
    async close(): Promise<void> {
      program.kill('SIGTERM');
      await endOf(program);
    },
  };
}
