import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engineSettings } from '../../src/config';
import { startEngines } from '../../src/store/engines';
import { withServices } from '../../src/with-services';
import { type Child, startChild } from './child';
import { consoleCosts } from './console';
import type { Load, Slice } from './driver';
import { figure, percentile, ratio, shown, tabled } from './figures';
import { fans } from './letters';
import { microCosts } from './micro';
import type { Proved, Usage } from './peer';
import { peopleCosts } from './people';
import type { Told } from './players';
import { pushCosts } from './pushes';

/** At fixed rates, and as fast as it goes. */
const shapes = {
  steady: { title: '500 callbacks a second', rate: 500, connections: 64, seconds: 2, letters: 1_000 },
  brisk: { title: '1,000 callbacks a second', rate: 1_000, connections: 256, seconds: 2, letters: 2_000 },
  saturated: { title: 'Saturated', connections: 128, seconds: 1.2, letters: fans },
};
type Shape = keyof typeof shapes;
const every = Object.keys(shapes) as Shape[];
/** Written behind the answers: waited for, so that it is counted too. */
const settleMs = 400;

type Name = 'ours' | 'quiz answer' | 'usual' | 'usual quiz' | 'co-wechat' | 'co-wechat again' | 'floor';
/** What stands in the tables, and which part plays it. The second co-wechat is the control: it must come out at 1.00. */
const contestants: { name: Name; part: string; ours?: true; keeps?: true; says: Load['says'] }[] = [
  { name: 'ours', part: 'ours', ours: true, keeps: true, says: 'keyword' },
  { name: 'quiz answer', part: 'quiz', ours: true, keeps: true, says: 'quiz' },
  { name: 'usual', part: 'usual', keeps: true, says: 'keyword' },
  { name: 'usual quiz', part: 'usual quiz', keeps: true, says: 'quiz' },
  { name: 'co-wechat', part: 'co-wechat', says: 'keyword' },
  { name: 'co-wechat again', part: 'co-wechat', says: 'keyword' },
  { name: 'floor', part: 'floor', says: 'keyword' },
];

type Measured = {
  perSecond: number;
  cpuMicros: number;
  p50: number;
  p99: number;
  rssMiB: number;
  /** Of the worker beside the quiz, and of MongoDB, for one callback. */
  workerMicros: number;
  mongoMicros: number;
};
type Contestant = (typeof contestants)[number] & {
  child: Child;
  port: number;
  worker: Child | undefined;
  made: number;
  answered: number;
  measured: Record<Shape, Measured[]>;
};

/** `npm run bench -- [--rounds 4] [--profile FOLDER] [--people 1000000] [--console 1000000] [--pushes 1000000 [--whole]]`. Everything it starts is stopped, however it ends. */
export async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '4' },
      profile: { type: 'string' },
      people: { type: 'string' },
      console: { type: 'string' },
      pushes: { type: 'string' },
      whole: { type: 'boolean', default: false },
    },
  });
  // Segments over a crowd: on DATA_DIR, so that a crowd that was brought once is there.
  if (values.people) return withServices('bench', (house) => peopleCosts(house, Number(values.people)));
  if (values.console) return withServices('bench', (house) => consoleCosts(house, Number(values.console)));
  if (values.pushes) return pushCosts(Number(values.pushes), values.whole);
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
    for (const one of contestants) {
      const cpuProf = (name: string) =>
        values.profile ? ['--cpu-prof', '--cpu-prof-dir', join(values.profile, name)] : [];
      const child = begin('peer', one.part, one.ours ? cpuProf(one.part) : []);
      const port = await child.ask<number>('port');
      const worker = one.ours && one.says === 'quiz' ? begin('peer', 'worker', cpuProf('worker')) : undefined;
      await worker?.ask('port');
      const measured = { steady: [], brisk: [], saturated: [] };
      all.push({ ...one, child, port, worker, made: 0, answered: 0, measured });
    }
    await measure(driver, all, Number(values.rounds));
    report(all);
    for (const one of all.filter(({ keeps }) => keeps)) await prove(one, driver);
    console.log(`\nSingle steps, µs\n${tabled(await microCosts())}\n`);
    say(`${((Date.now() - started) / 1_000).toFixed(0)} s in all.`);
  } finally {
    await stop();
  }
}

async function measure(driver: Child, all: Contestant[], rounds: number): Promise<void> {
  say('Warming up: every fan speaks twice, so that all are known and every player is at her questions …');
  const everybody = { connections: 128, seconds: 60, letters: fans };
  for (const one of all)
    for (let i = 0; i < 2; i++)
      await slice(driver, one, { ...everybody, seconds: one.ours || (one.keeps && i === 0) ? 60 : 1 });
  for (const one of all) await slice(driver, one, shapes.saturated);
  for (let round = 0; round < rounds; round++) {
    say(`Round ${round + 1} of ${rounds} …`);
    // Everybody has every place in turn.
    for (let i = 0; i < all.length; i++) {
      const one = all[(round + i) % all.length] as Contestant;
      for (const shape of every) one.measured[shape].push(await slice(driver, one, shapes[shape]));
    }
  }
}

async function slice(
  driver: Child,
  one: Contestant,
  shape: Pick<Load, 'seconds' | 'connections' | 'rate' | 'letters'>,
): Promise<Measured> {
  const usage = async () => ({
    own: await one.child.ask<Usage>('usage'),
    worker: (await one.worker?.ask<Usage>('usage'))?.cpuMicros ?? 0,
    mongo: await one.child.ask<number>('mongo'),
  });
  const before = await usage();
  // A message twice is a copy to who keeps them and gets a kept reply; the others cannot tell.
  const done = await driver.ask<Slice>('run', {
    ...shape,
    port: one.port,
    from: one.made,
    again: !one.keeps,
    says: one.says,
  } satisfies Load);
  await wait(settleMs);
  await one.worker?.ask('settled');
  const after = await usage();
  if (done.failed > 0) throw new Error(`${one.name} refused ${done.failed} callbacks`);
  if (one.name === 'ours' && !done.said.includes('攻略'))
    throw new Error(`ours said something else: ${done.said}`);
  if (one.keeps) one.made += done.answered;
  one.answered += done.answered;
  return {
    perSecond: done.answered / done.seconds,
    cpuMicros: (after.own.cpuMicros - before.own.cpuMicros) / done.answered,
    p50: percentile(done.latencies, 0.5),
    p99: percentile(done.latencies, 0.99),
    rssMiB: after.own.rss / 2 ** 20,
    workerMicros: (after.worker - before.worker) / done.answered,
    mongoMicros: (after.mongo - before.mongo) / done.answered,
  };
}

function report(all: Contestant[]): void {
  const of = (name: Name) => all.find((one) => one.name === name) as Contestant;
  const [peer, floor] = [of('co-wechat'), of('floor')];
  const table = (shape: Shape) => {
    const get = (from: Contestant, what: keyof Measured) => from.measured[shape].map((one) => one[what]);
    const rows = all.map((one) => {
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
    const { title, connections } = shapes[shape];
    console.log(`\n${title}, ${connections} kept connections\n${tabled([head, ...rows])}`);
    const beside = (what: 'workerMicros' | 'mongoMicros', name: Name = 'quiz answer') =>
      shown(figure(get(of(name), what)));
    console.log(
      `Beside a quiz answer, µs: the worker ${beside('workerMicros')}, MongoDB ${beside('mongoMicros')}; beside a keyword of ours: MongoDB ${beside('mongoMicros', 'ours')}.`,
    );
  };
  console.log(
    `\nNode ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}). Middle of ${peer.measured.steady.length} rounds (least–most).`,
  );
  for (const shape of every) table(shape);
  const whole = (one: Contestant, shape: Shape) =>
    one.measured[shape].map(
      ({ cpuMicros, workerMicros, mongoMicros }) => cpuMicros + workerMicros + mongoMicros,
    );
  const speed = (one: Contestant, shape: Shape) => one.measured[shape].map(({ perSecond }) => perSecond);
  const against = (name: Name, other: Name) =>
    every.map((shape) => [
      `${name} ÷ ${other}, ${shape}`,
      shown(ratio(speed(of(name), shape), speed(of(other), shape)), 2),
      shown(figure(whole(of(name), shape))),
      shown(figure(whole(of(other), shape))),
      shown(ratio(whole(of(name), shape), whole(of(other), shape)), 2),
    ]);
  console.log(
    `\nBeside what a user would write: throughput, and the CPU of everything (Node, worker, MongoDB) for one callback, µs\n${tabled(
      [
        ['', 'throughput', 'ours', 'usual', 'CPU'],
        ...against('ours', 'usual'),
        ...against('quiz answer', 'usual quiz'),
      ],
    )}`,
  );
}

/** Nothing was measured that did not happen. */
async function prove(one: Contestant, driver: Child): Promise<void> {
  const kept = await one.child.ask<number>('kept');
  console.log(`\nAnswered by ${one.name}: ${one.answered}; kept with their reply: ${kept}.`);
  if (kept !== one.answered) throw new Error(`${one.name} answered callbacks that it did not keep.`);
  const proof = await one.child.ask<Proved | undefined>('proof');
  if (!proof) return;
  const { answers, awards, differences } = proof;
  const told = await driver.ask<Told>('told', one.port);
  console.log(
    `Answers told with a floor: ${told.answers}, floors told: ${told.floors}, the last ${told.highest}; answers in the answer log: ${answers}; prizes given: ${awards}; the audit finds ${differences}.`,
  );
  const counts = [answers, told.answers, told.floors, told.highest, one.answered - fans];
  if (differences > 0 || new Set(counts).size > 1) throw new Error('The answer log is not what was told.');
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
