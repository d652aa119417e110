import { connect, type Socket } from 'node:net';
import { answerParent } from './child';
import { fanOf, letter, openReply, wordOf } from './letters';
import { createPlayers } from './players';

export type Slice = {
  /** Answered with 200. */
  answered: number;
  failed: number;
  seconds: number;
  /** ms, sorted. At a fixed rate counted from the moment the callback was due, not from when it could be sent. */
  latencies: number[];
  /** One of the replies, opened. */
  said: string;
};

export type Load = {
  port: number;
  seconds: number;
  connections: number;
  /** Callbacks a second; absent: as fast as they are answered. */
  rate?: number;
  /** How many different callbacks are made before the clock starts, and the number of the first. */
  letters: number;
  from: number;
  /** Whether they may go round, or are delivered once each. */
  again: boolean;
  says: 'keyword' | 'quiz';
};

/** The load: WeChat's side in a process of its own, on bare sockets, so that it costs little beside what is measured. */
const quizzes = new Map<number, ReturnType<typeof createPlayers>>();
const playersAt = (port: number) => {
  const players = quizzes.get(port) ?? createPlayers();
  quizzes.set(port, players);
  return players;
};
answerParent({ run, told: (port: number) => playersAt(port).told() }, async () => undefined);

async function run(load: Load): Promise<Slice> {
  const { from } = load;
  const players = playersAt(load.port);
  const saysOf = load.says === 'quiz' ? players.says : wordOf;
  const letters = Array.from({ length: load.letters }, (_, i) => letter(from + i, saysOf(fanOf(from + i))));
  const most = load.again ? Infinity : load.letters;
  const lines = await Promise.all(Array.from({ length: load.connections }, () => openLine(load.port)));
  const latencies: number[] = [];
  let sent = 0;
  let failed = 0;
  const heard: { n: number; body: string }[] = [];
  const started = performance.now();
  const until = started + load.seconds * 1_000;

  async function deliver(line: Line, due: number): Promise<void> {
    const i = sent++;
    const { status, body } = await line.post(letters[i % letters.length] as Buffer);
    if (status !== 200) return void failed++;
    latencies.push(performance.now() - due);
    if (load.says === 'quiz' || heard.length === 0) heard.push({ n: from + i, body });
  }

  if (load.rate === undefined) {
    await Promise.all(
      lines.map(async (line) => {
        for (let now = started; now < until && sent < most; now = performance.now()) await deliver(line, now);
      }),
    );
  } else await atRate(load.rate);
  const seconds = (performance.now() - started) / 1_000;
  for (const line of lines) line.close();
  if (load.says === 'quiz') for (const { n, body } of heard) players.hears(fanOf(n), openReply(body));
  return {
    answered: latencies.length,
    failed,
    seconds,
    latencies: latencies.sort((a, b) => a - b),
    said: openReply(heard[0]?.body ?? ''),
  };

  async function atRate(rate: number): Promise<void> {
    const idle = [...lines];
    const due: number[] = [];
    const under = new Set<Promise<void>>();
    const take = () => {
      while (due.length > 0 && idle.length > 0) {
        const line = idle.pop() as Line;
        const one = deliver(line, due.shift() as number).finally(() => {
          idle.push(line);
          under.delete(one);
          take();
        });
        under.add(one);
      }
    };
    const count = Math.min(most, Math.floor(load.seconds * rate));
    for (let made = 0; made < count; ) {
      for (; made < count && started + (made * 1_000) / rate <= performance.now(); made++)
        due.push(started + (made * 1_000) / rate);
      take();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    while (under.size > 0 || due.length > 0) await Promise.race(under);
  }
}

type Line = { post(request: Buffer): Promise<{ status: number; body: string }>; close(): void };

/** One keep-alive connection, one request at a time. */
function openLine(port: number): Promise<Line> {
  return new Promise((opened, refused) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let told: ((answer: { status: number; body: string }) => void) | undefined;
    let lost: ((error: Error) => void) | undefined;
    let got = Buffer.alloc(0);
    socket.once('error', (error) => (lost ?? refused)(error));
    socket.once('close', () => lost?.(new Error('the connection was closed')));
    socket.on('data', (chunk) => {
      got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
      const end = got.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = got.toString('latin1', 0, end);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
      if (Number.isNaN(length)) return lost?.(new Error(`an answer without a length: ${head}`));
      if (got.length < end + 4 + length) return;
      const answer = {
        status: Number(head.slice(9, 12)),
        body: got.toString('utf8', end + 4, end + 4 + length),
      };
      got = Buffer.alloc(0);
      told?.(answer);
    });
    socket.once('connect', () =>
      opened({
        post: (request) =>
          new Promise((resolve, reject) => {
            [told, lost] = [resolve, reject];
            socket.write(request);
          }),
        close: () => {
          lost = () => undefined;
          socket.destroy();
        },
      }),
    );
  });
}
