import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { brotliCompressSync } from 'node:zlib';
import { createApp } from '../../src/app';
import type { ServicesAlone } from '../../src/with-services';
import { startChild } from './child';
import type { Slice } from './driver';
import { percentile, tabled } from './figures';
import { bringPeople } from './people';

/** People at it at once, each opening one page after the other. */
const atOnce = 10;
const rounds = 6;
/** What a page may take (ms), and what its first paint may weigh. */
const asked = { pageMs: 300, paintKb: 150, callbackMs: 250 };

/**
 * The console over a crowd of `size`: ten people open every page of the menu, callbacks are answered beside it. Told for each
 * page: the server's time, and how heavy its first paint is with all that it loads.
 */
export async function consoleCosts(house: ServicesAlone, size: number): Promise<void> {
  await bringPeople(house, size);
  const { config, mongoUri, redisUrl } = house;
  const app = await createApp({ ...config, LOG_LEVEL: 'silent' }, { mongoUri, redisUrl, role: 'console' });
  await app.prepare();
  const inside = app.console();
  const paths = inside.items.flatMap((item) =>
    item.kind === 'page' && !item.path.includes(':') ? [item.path] : [],
  );
  const took = new Map<string, number[]>(paths.map((path) => [path, []]));
  const bytes = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const began = performance.now();
    response.once('finish', () => took.get(request.url ?? '')?.push(performance.now() - began));
    void inside.handler(request, response);
  });
  const web = startChild({
    file: 'peer',
    part: 'ours',
    env: {
      MONGODB_URI: mongoUri,
      REDIS_URL: redisUrl,
      DATA_KEY: 'a key for measuring, longer than thirty-two',
    },
  });
  const driver = startChild({ file: 'driver', part: 'load', env: {} });
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const cookie = await signedIn(app.services.team);
    const open = (path: string) => fetched(`http://127.0.0.1:${port}${path}`, cookie, agent);
    for (const path of paths) bytes.set(path, brotliCompressSync(await open(path)).length);
    const assets = await Promise.all(
      ['tabler.css', 'console.css', 'htmx.js', 'console.js', 'icon.svg'].map((name) =>
        open(`/assets/${name}`),
      ),
    );
    const loaded = assets.reduce((sum, one) => sum + one.length, 0);

    const callbacks = { connections: 32, letters: 1_000, again: false, says: 'keyword' as const };
    const callbackPort = await web.ask<number>('port');
    const run = (from: number, seconds: number) =>
      driver.ask<Slice>('run', { ...callbacks, port: callbackPort, rate: 100, seconds, from });
    await run(0, 5);
    const alone = await run(1_000, 10);
    for (const list of took.values()) list.length = 0;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const beside = run(3_000, 20);
    const began = performance.now();
    await Promise.all(
      Array.from({ length: atOnce }, async (_, who) => {
        for (let round = 0; round < rounds; round++)
          for (let n = 0; n < paths.length; n++)
            await open(paths[(n + who * 7 + round) % paths.length] as string);
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    delay.disable();
    const { latencies } = await beside;

    const rows = paths
      .map((path) => {
        const times = (took.get(path) ?? []).toSorted((a, b) => a - b);
        const kb = ((bytes.get(path) ?? 0) + loaded) / 1_024;
        return { path, p50: percentile(times, 0.5), p95: percentile(times, 0.95), kb };
      })
      .toSorted((a, b) => b.p95 - a.p95);
    const told = rows.map(({ path, p50, p95, kb }) => [
      path,
      p50.toFixed(0),
      p95.toFixed(0),
      (p95 / asked.pageMs).toFixed(2),
      kb.toFixed(0),
    ]);
    console.log(tabled([['page', 'p50 ms', 'p95 ms', `÷ ${asked.pageMs}`, 'first paint KB'], ...told]));
    const p99 = (list: number[]) =>
      percentile(
        list.toSorted((a, b) => a - b),
        0.99,
      );
    console.log(
      [
        `${await house.services.people.count()} people; ${atOnce} at the console opened ${atOnce * rounds * paths.length} pages in ${seconds.toFixed(1)} s.`,
        `Slowest page ${rows[0]?.path}: p95 ÷ ${asked.pageMs} ms = ${((rows[0]?.p95 ?? 0) / asked.pageMs).toFixed(2)}. Heaviest first paint ÷ ${asked.paintKb} KB = ${(Math.max(...rows.map(({ kb }) => kb)) / asked.paintKb).toFixed(2)}.`,
        `Callbacks at 100/s: p99 ${p99(alone.latencies).toFixed(1)} ms alone, ${p99(latencies).toFixed(1)} ms beside (÷ ${asked.callbackMs}: ${(p99(latencies) / asked.callbackMs).toFixed(2)}). Loop delay of the console p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms.`,
      ].join('\n'),
    );
  } finally {
    agent.destroy();
    await Promise.all([web.stop(), driver.stop()]);
    await new Promise((resolve) => server.close(resolve));
    await app.close();
  }
}

async function signedIn(team: ServicesAlone['services']['team']): Promise<string> {
  const token = await team.invite({ roles: ['administrator'], name: `量${Date.now() % 1e6}`, by: 'bench' });
  const { code } = await team.invitation(token);
  const login = `bench${Date.now()}`;
  const { who } = await team.join(token, {
    login,
    name: `量${login.slice(-8)}`,
    password: 'measured and measured again',
    code,
  });
  const session = await team.openFor({
    who: who.id,
    ip: '127.0.0.1',
    agent: 'bench',
    device: `device-${login}`,
  });
  return `xiaoyi=${session}`;
}

const fetched = (url: string, cookie: string, agent: Agent): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers: { cookie, 'accept-encoding': 'br' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(Buffer.concat(chunks))
          : reject(
              new Error(`${url}: ${response.statusCode} ${Buffer.concat(chunks).toString().slice(0, 300)}`),
            ),
      );
    }).on('error', reject);
  });
