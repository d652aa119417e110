import { connect, createServer, type Socket } from 'node:net';

/**
 * Stands between a program and a server and misbehaves on command: cut, black hole, slow, one byte at a time, or an
 * answer of MongoDB lost after the command was carried out.
 */
export async function createFaultProxy(first: { host: string; port: number }) {
  let target = first;
  type Pair = { client: Socket; upstream: Socket; watched: Set<number>; hangs?: true };
  const pairs = new Set<Pair>();
  let refusing = false;
  let swallowing = false;
  let latencyMs = 0;
  let slicing = false;
  let cutAfter = Infinity;
  let counts: Map<string, number> | undefined;
  let breaking: { every: number; seen: number } | undefined;
  let lossy: { commands: Set<string>; every: number; seen: number; lost: number } | undefined;

  const destroy = (pair: Pair) => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.upstream.destroy();
  };

  const forward = (pair: Pair, from: Socket, to: Socket, chunk: Buffer) => {
    if (swallowing || pair.hangs) return;
    cutAfter -= chunk.length;
    if (cutAfter < 0) return destroy(pair);
    const send = () => {
      if (to.destroyed) return;
      if (slicing) for (const byte of chunk) to.write(Buffer.of(byte));
      else if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    if (latencyMs > 0) setTimeout(send, latencyMs);
    else send();
  };

  const server = createServer((client) => {
    client.on('error', () => {});
    if (refusing) return void client.destroy();
    const upstream = connect(target.port, target.host);
    upstream.on('error', () => {});
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const pair: Pair = { client, upstream, watched: new Set() };
    pairs.add(pair);
    const asked = frames((frame) => {
      const name = commandOf(frame);
      if (counts && name) counts.set(name, (counts.get(name) ?? 0) + 1);
      if (!lossy || !lossy.commands.has(name?.split(' ')[0] ?? '')) return;
      if (++lossy.seen % lossy.every === 0) pair.watched.add(frame.readInt32LE(4));
    });
    const answered = frames((frame) => {
      if (!pair.watched.has(frame.readInt32LE(8))) return;
      if (lossy) lossy.lost++;
      destroy(pair);
    });
    client.on('data', (chunk: Buffer) => {
      if (lossy || counts) asked(chunk);
      if (!breaking || ++breaking.seen % breaking.every !== 0) return forward(pair, client, upstream, chunk);
      // Every other one is carried out all the same.
      if (breaking.seen % (2 * breaking.every) === 0) upstream.write(chunk, () => destroy(pair));
      else destroy(pair);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (lossy) answered(chunk);
      if (pairs.has(pair)) forward(pair, upstream, client, chunk);
    });
    client.on('close', () => destroy(pair));
    upstream.on('close', () => destroy(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  return {
    port,
    /** Breaks every connection and takes no new one, as if the other end were gone. */
    cut(): void {
      refusing = true;
      for (const pair of [...pairs]) destroy(pair);
    },
    /** Connections stand, nothing passes: the worst way to be gone. */
    blackHole(): void {
      swallowing = true;
    },
    /** The connections that stand hang from now on; new ones pass. */
    hang(): void {
      for (const pair of pairs) pair.hangs = true;
    },
    /** Breaks the connection instead of every n-th piece that is sent, or right behind it, by turns. */
    breakEvery(n: number): void {
      breaking = { every: n, seen: 0 };
    },
    /** As good as new. What was swallowed stays lost, so the connections that lost something are broken. */
    restore(): void {
      for (const pair of [...pairs]) if (swallowing || pair.hangs) destroy(pair);
      refusing = false;
      swallowing = false;
      latencyMs = 0;
      slicing = false;
      cutAfter = Infinity;
      breaking = undefined;
      lossy = undefined;
    },
    slow: (ms: number): void => {
      latencyMs = ms;
    },
    slice: (): void => {
      slicing = true;
    },
    /** Breaks the connection over which the n-th byte from now would pass. */
    cutAfterBytes: (n: number): void => {
      cutAfter = n;
    },
    /** Breaks the connection instead of delivering the answer to every n-th of these MongoDB commands: it was carried out. */
    loseAnswers: (commands: string[], every: number): void => {
      lossy = { commands: new Set(commands), every, seen: 0, lost: 0 };
    },
    /** How many answers were lost so far. */
    lost: () => lossy?.lost ?? 0,
    connections: () => pairs.size,
    /** From now on: how often each MongoDB command was asked, as `insert inbox`. */
    countCommands(): ReadonlyMap<string, number> {
      counts = new Map();
      return counts;
    },
    /** New connections lead there from now on. */
    retarget: (next: { host: string; port: number }): void => {
      target = next;
    },
    async close(): Promise<void> {
      for (const pair of [...pairs]) destroy(pair);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type FaultProxy = Awaited<ReturnType<typeof createFaultProxy>>;

/** Of several hosts the first. */
export const placeOf = (uri: string): { host: string; port: number } => {
  const { hostname, port } = new URL(uri.replace(/,[^/]*/, ''));
  return { host: hostname, port: Number(port) };
};

/** The same server and user, reached by another port: in a replica set the driver would ask for its own address. */
export function throughPort(uri: string, port: number): string {
  const through = new URL(uri);
  through.port = String(port);
  if (through.searchParams.has('replicaSet')) {
    through.searchParams.delete('replicaSet');
    through.searchParams.set('directConnection', 'true');
  }
  return through.href;
}

/** Cuts a stream into messages of the MongoDB wire protocol: each begins with its length. */
function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      onFrame(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  };
}

/** The first key of the document in an OP_MSG and its value: the command and, for most, the collection. */
function commandOf(frame: Buffer): string | undefined {
  const opMsg = 2013;
  if (frame.length < 30 || frame.readInt32LE(12) !== opMsg || frame[20] !== 0) return undefined;
  const name = 26;
  const end = frame.indexOf(0, name);
  const command = frame.toString('latin1', name, end);
  const string = 2;
  if (frame[name - 1] !== string) return command;
  return `${command} ${frame.toString('utf8', end + 5, end + 4 + frame.readInt32LE(end + 1))}`;
}
