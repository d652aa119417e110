import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engineSettings } from '../../src/config';
import { startEngines } from '../../src/store/engines';
import { type Child, startChild } from './child';
import type { Load, Slice } from './driver';
import { figure, percentile, ratio, shown, tabled } from './figures';
import { fans } from './letters';
import { microCosts } from './micro';
import type { Usage } from './peer';

const rate = 500;
const connections = { steady: 64, saturated: 128 };
const seconds = { steady: 2, saturated: 1.2 };
/** Written behind the answers: waited for, so that it is counted too. */
const settleMs = 400;

/** What stands in the tables, and which part plays it. The second co-wechat is the control: it must come out at 1.00. */
const contestants = [
  { name: 'ours', part: 'ours' },
  { name: 'co-wechat', part: 'co-wechat' },
  { name: 'co-wechat again', part: 'co-wechat' },
  { name: 'floor', part: 'floor' },
];

type Measured = { perSecond: number; cpuMicros: number; p50: number; p99: number; rssMiB: number };
type Contestant = { name: string; child: Child; port: number; steady: Measured[]; saturated: Measured[] };

/** `npm run bench -- [--rounds 6] [--profile FOLDER]`. Everything it starts is stopped, however it ends. */
export async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '6' }, profile: { type: 'string' } },
  });
  const started = Date.now();
  const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-bench-'));
  const engines = await startEngines({ dataDir, settings: engineSettings(), mongo: true, redis: true, say });
  const children: Child[] = [];
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()));
    await engines.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const interrupted = () => void stop().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const env = {
      MONGODB_URI: engines.mongoUri ?? '',
      REDIS_URL: engines.redisUrl ?? '',
      DATA_KEY: 'a key for measuring, longer than thirty-two',
    };
    const begin = (file: 'driver' | 'peer', part: string, nodeArgs: string[] = []) => {
      const child = startChild({ file, part, env, nodeArgs });
      children.push(child);
      return child;
    };
    const driver = begin('driver', 'load');
    const all: Contestant[] = [];
    for (const { name, part } of contestants) {
      const profiled =
        part === 'ours' && values.profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : [];
      const child = begin('peer', part, profiled);
      all.push({ name, child, port: await child.ask<number>('port'), steady: [], saturated: [] });
    }
    const kept = await measure(driver, all, Number(values.rounds));
    report(all, kept);
    say(`${((Date.now() - started) / 1_000).toFixed(0)} s in all.`);
  } finally {
    await stop();
  }
}

/** Returns what ours answered and what it kept. */
async function measure(
  driver: Child,
  all: Contestant[],
  rounds: number,
): Promise<{ answered: number; kept: number }> {
  let made = 0;
  let answered = 0;

  async function slice(
    one: Contestant,
    shape: Pick<Load, 'seconds' | 'connections' | 'rate' | 'letters'>,
  ): Promise<Measured> {
    const before = await one.child.ask<Usage>('usage');
    // A message twice is a copy to ours and gets a kept reply; the others cannot tell.
    const again = one.name !== 'ours';
    const load: Load = { ...shape, port: one.port, from: made, again, letters: again ? fans : shape.letters };
    const done = await driver.ask<Slice>('run', load);
    await wait(settleMs);
    const after = await one.child.ask<Usage>('usage');
    if (done.failed > 0) throw new Error(`${one.name} refused ${done.failed} callbacks`);
    if (one.name === 'ours') {
      made += shape.letters;
      answered += done.answered;
      if (!done.said.includes('攻略')) throw new Error(`ours said something else: ${done.said}`);
    }
    return {
      perSecond: done.answered / done.seconds,
      cpuMicros: (after.cpuMicros - before.cpuMicros) / done.answered,
      p50: percentile(done.latencies, 0.5),
      p99: percentile(done.latencies, 0.99),
      rssMiB: after.rss / 2 ** 20,
    };
  }

  const steady = {
    connections: connections.steady,
    seconds: seconds.steady,
    rate,
    letters: rate * seconds.steady,
  };
  const saturated = { connections: connections.saturated, seconds: seconds.saturated, letters: 10_000 };
  say('Warming up: every fan speaks once, so that all are known …');
  const first = { connections: connections.saturated, letters: 2 * fans };
  for (const one of all) await slice(one, { ...first, seconds: one.name === 'ours' ? 60 : 2 });
  for (const one of all) await slice(one, saturated);
  for (let round = 0; round < rounds; round++) {
    say(`Round ${round + 1} of ${rounds} …`);
    // Everybody has every place in turn.
    for (let i = 0; i < all.length; i++) {
      const one = all[(round + i) % all.length] as Contestant;
      one.steady.push(await slice(one, steady));
      one.saturated.push(await slice(one, saturated));
    }
  }
  const kept = (await all[0]?.child.ask<number>('kept')) ?? 0;
  return { answered, kept };
}

function report(all: Contestant[], { answered, kept }: { answered: number; kept: number }): void {
  const of = (name: string) => all.find((one) => one.name === name) as Contestant;
  const [peer, floor] = [of('co-wechat'), of('floor')];
  const table = (title: string, kind: 'steady' | 'saturated') => {
    const rows = all.map((one) => {
      const get = (from: Contestant, what: keyof Measured) => from[kind].map((measured) => measured[what]);
      const cpu = get(one, 'cpuMicros');
      return [
        one.name,
        shown(figure(get(one, 'perSecond'))),
        shown(figure(cpu)),
        shown(ratio(cpu, get(peer, 'cpuMicros')), 2),
        shown(ratio(cpu, get(floor, 'cpuMicros')), 2),
        shown(figure(get(one, 'p50')), 1),
        shown(figure(get(one, 'p99')), 1),
        shown(figure(get(one, 'rssMiB'))),
      ];
    });
    const head = ['', 'callbacks/s', 'CPU µs each', '÷ co-wechat', '÷ floor', 'p50 ms', 'p99 ms', 'RSS MiB'];
    console.log(`\n${title}\n${tabled([head, ...rows])}`);
  };
  console.log(
    `\nNode ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}). Middle of ${peer.steady.length} rounds (least–most).`,
  );
  table(`At ${rate} callbacks a second, ${connections.steady} kept connections`, 'steady');
  table(`Saturated, ${connections.saturated} kept connections`, 'saturated');
  console.log(`\nAnswered by ours: ${answered}; of these in the inbox with their reply: ${kept}.`);
  if (kept !== answered) throw new Error('Ours answered callbacks that it did not keep.');
  console.log(`\nSingle steps, µs\n${tabled(microCosts())}\n`);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
