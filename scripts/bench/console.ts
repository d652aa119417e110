import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { createApp } from '../../src/app';
import { startSampleQuiz } from '../../src/domain/quiz/workbook/sample';
import type { ServicesAlone } from '../../src/with-services';
import { startChild } from './child';
import type { Slice } from './driver';
import { percentile, tabled } from './figures';
import { bringPeople } from './people';
import { benchQuiz } from './quiz';
import type { Taken } from './sender';

/** People at it at once, each opening one page after the other as a browser does: with what the page then asks for. */
const atOnce = 10;
const rounds = 3;
/** What a page may take (ms), what its first paint may weigh, how long a callback may wait. */
const asked = { pageMs: 300, paintKb: 150, callbackMs: 250, loopMs: 50 };

/**
 * The console over a crowd of `size`, while a push to all of it goes out and callbacks are answered: ten people open every kind of page
 * that links lead to. Told for each: the server's time, and how heavy its first paint is with all that it loads.
 */
export async function consoleCosts(house: ServicesAlone, size: number): Promise<void> {
  await bringPeople(house, size);
  const { config, mongoUri, redisUrl, db } = house;
  const { campaigns, tickets } = house.services;
  await startSampleQuiz({ campaigns, tickets, takenBy: () => undefined, file: benchQuiz().file });
  const app = await createApp({ ...config, LOG_LEVEL: 'silent' }, { mongoUri, redisUrl, role: 'console' });
  await app.prepare();
  const inside = app.console();
  const kinds = inside.items
    .filter(({ kind }) => kind !== 'act')
    .map(({ kind, path }) => ({ kind, path, like: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`) }))
    .toSorted((a, b) => a.path.split(':').length - b.path.split(':').length);
  const kindOf = (url: string) => kinds.find(({ like }) => like.test(url.split('?')[0] as string));
  const took = new Map<string, number[]>();
  const server: Server = createServer((request, response) => {
    const began = performance.now();
    const kind = kindOf(request.url ?? '');
    const name = kind ? `${kind.kind === 'page' ? '' : '… '}${kind.path}` : '';
    response.once('finish', () => took.set(name, [...(took.get(name) ?? []), performance.now() - began]));
    void inside.handler(request, response);
  });
  const env = {
    MONGODB_URI: mongoUri,
    REDIS_URL: redisUrl,
    DATABASE: db.name,
    TO: '所有人',
    DATA_KEY: config.dataKey,
    PUSH_APPROVAL_ABOVE: '100000000',
    LOG_LEVEL: 'error',
  };
  const platform = startChild({ file: 'sender', part: 'platform', env: { LATENCY_MS: '100' } });
  const children = [platform];
  const begin = (file: 'driver' | 'peer' | 'sender', part: string, more: Record<string, string> = {}) => {
    const child = startChild({ file, part, env: { ...env, ...more } });
    children.push(child);
    return child;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce * 6 });
  try {
    const sender = begin('sender', 'ours', {
      WECHAT_API_URL: `http://127.0.0.1:${await platform.ask<number>('port')}`,
    });
    // Everybody wrote a moment ago, so that each of them is really sent to.
    await db.collection('reach').updateMany({}, { $set: { talk: house.clock.now() } });
    const froze = await sender.ask<number>('begin', `bench-${Date.now()}`);
    await sender.ask('work');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const cookie = await signedIn(app.services.team);
    const open = (path: string) => fetched(`http://127.0.0.1:${port}${path}`, cookie, agent);

    // One of every kind that there is a way to, and what it weighs.
    const paths: string[] = [];
    const bytes = new Map<string, number>();
    const waiting = inside.items.flatMap((item) => (item.kind === 'page' && item.menu ? [item.path] : []));
    const known = new Set(waiting);
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const { html } = await open(path);
      bytes.set(kindOf(path)?.path ?? path, brotliCompressSync(html).length);
      paths.push(path);
      const pieces = await Promise.all(loadedBy(html).map((piece) => open(piece)));
      for (const one of [html, ...pieces.map((piece) => piece.html)])
        for (const [, href = ''] of one.matchAll(/href="(\/[^"#]*)/g)) {
          const kind = kindOf(plain(href));
          if (kind?.kind !== 'page' || known.has(kind.path)) continue;
          known.add(kind.path);
          waiting.push(plain(href));
        }
    }
    const first = new Map([...took].map(([name, [ms = 0]]) => [name, ms]));
    const unseen = kinds.filter(({ kind, path }) => kind === 'page' && !known.has(path));
    const assets = await Promise.all(
      ['tabler.css', 'console.css', 'htmx.js', 'console.js', 'icon.svg'].map((name) =>
        open(`/assets/${name}`),
      ),
    );
    const loaded = assets.reduce((sum, { body }) => sum + body.length, 0);

    const web = begin('peer', 'ours');
    const driver = begin('driver', 'load');
    const callbackPort = await web.ask<number>('port');
    const callbacks = { connections: 32, letters: 1_000, again: false, says: 'keyword' as const, rate: 100 };
    const run = (from: number, seconds: number) =>
      driver.ask<Slice>('run', { ...callbacks, port: callbackPort, seconds, from });
    await run(0, 5);
    const alone = await run(1_000, 10);
    took.clear();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const sentBefore = (await platform.ask<Taken>('taken')).messages;
    const began = performance.now();
    const over = new AbortController();
    const latencies: number[] = [];
    const beside = (async () => {
      for (let from = 3_000; !over.signal.aborted; from += 500)
        latencies.push(...(await run(from, 5)).latencies);
    })();
    beside.catch(() => {}); // what went wrong with the pages is told first
    await Promise.all(
      Array.from({ length: atOnce }, async (_, who) => {
        for (let n = 0; n < paths.length * rounds; n++) {
          const { html } = await open(paths[(n + who * 7) % paths.length] as string);
          await Promise.all(loadedBy(html).map((piece) => open(piece)));
        }
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    delay.disable();
    over.abort();
    await beside;
    const sent = (await platform.ask<Taken>('taken')).messages - sentBefore;

    const rowsOf = (pages: boolean) =>
      [...took]
        .filter(([name]) => name !== '' && name.startsWith('…') !== pages)
        .map(([name, all]) => {
          const times = all.toSorted((a, b) => a - b);
          const kb = ((bytes.get(name) ?? 0) + loaded) / 1_024;
          return { name, p50: percentile(times, 0.5), p95: percentile(times, 0.95), kb };
        })
        .toSorted((a, b) => b.p95 - a.p95);
    const pages = rowsOf(true);
    const told = (rows: typeof pages) =>
      rows.map(({ name, p50, p95 }) => [
        name,
        (first.get(name) ?? 0).toFixed(0),
        p50.toFixed(0),
        p95.toFixed(0),
      ]);
    console.log(
      tabled([
        ['page', 'one alone, ms', 'p50 ms', 'p95 ms', `÷ ${asked.pageMs}`, 'first paint KB'],
        ...pages.map(({ name, p50, p95, kb }) => [
          name,
          (first.get(name) ?? 0).toFixed(0),
          p50.toFixed(0),
          p95.toFixed(0),
          (p95 / asked.pageMs).toFixed(2),
          kb.toFixed(0),
        ]),
      ]),
    );
    console.log(
      `\nFilled in after:\n${tabled([['piece', 'one alone, ms', 'p50 ms', 'p95 ms'], ...told(rowsOf(false))])}\n`,
    );
    const p99 = (list: number[]) =>
      percentile(
        list.toSorted((a, b) => a - b),
        0.99,
      );
    const all = [...took].filter(([name]) => !name.startsWith('…')).flatMap(([, times]) => times);
    const loop = delay.percentile(99) / 1e6;
    console.log(
      [
        `${await house.services.people.count()} people; ${atOnce} at the console opened ${atOnce * rounds * paths.length} pages of ${paths.length} kinds in ${seconds.toFixed(0)} s${unseen.length > 0 ? `; no way led to ${unseen.map(({ path }) => path).join(' ')}` : ''}.`,
        `All pages: p95 ${percentile(
          all.toSorted((a, b) => a - b),
          0.95,
        ).toFixed(
          0,
        )} ms. Slowest, ${pages[0]?.name}: p95 ÷ ${asked.pageMs} ms = ${((pages[0]?.p95 ?? 0) / asked.pageMs).toFixed(2)}. Heaviest first paint ÷ ${asked.paintKb} KB = ${(Math.max(...pages.map(({ kb }) => kb)) / asked.paintKb).toFixed(2)}.`,
        `Beside it a push to all (frozen in ${(froze / 1_000).toFixed(1)} s) sent ${(sent / seconds).toFixed(0)} messages a second.`,
        `Callbacks at 100/s: p99 ${p99(alone.latencies).toFixed(1)} ms without them, ${p99(latencies).toFixed(1)} ms beside (÷ ${asked.callbackMs}: ${(p99(latencies) / asked.callbackMs).toFixed(2)}). Loop delay of the console p99 ${loop.toFixed(0)} ms (÷ ${asked.loopMs}: ${(loop / asked.loopMs).toFixed(2)}).`,
      ].join('\n'),
    );
  } finally {
    agent.destroy();
    await Promise.all(children.map((child) => child.stop()));
    await new Promise((resolve) => server.close(resolve));
    await app.close();
  }
}

const plain = (address: string): string => address.replaceAll('&amp;', '&');

/** What a browser asks for as soon as the page is there: pieces and charts. */
const loadedBy = (html: string): string[] => [
  ...[...html.matchAll(/<[^>]+hx-get="(\/[^"]+)"[^>]*>/g)]
    .filter(([tag]) => /hx-trigger="[^"]*\bload\b/.test(tag))
    .map(([, path = '']) => plain(path)),
  ...[...html.matchAll(/<img[^>]+src="(\/(?!assets\/)[^"]+)"/g)].map(([, path = '']) => plain(path)),
];

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

type Fetched = { html: string; body: Buffer };

const fetched = (url: string, cookie: string, agent: Agent): Promise<Fetched> =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers: { cookie, 'accept-encoding': 'br' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const html = (
          response.headers['content-encoding'] === 'br' ? brotliDecompressSync(body) : body
        ).toString();
        if (response.statusCode === 200) return resolve({ html, body });
        reject(new Error(`${url}: ${response.statusCode} ${html.slice(0, 300)}`));
      });
    }).on('error', reject);
  });
