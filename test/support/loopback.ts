import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Asked = {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: string;
};

/** Somebody else's service, on a free loopback port: says what `answer` does, and remembers what it was asked. */
export async function createLoopback(answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  let say = answer;
  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://loopback');
    const { method = '', headers } = request;
    const query = Object.fromEntries(url.searchParams);
    const one = { method, path: url.pathname, query, headers, body: await textOf(request) };
    asked.push(one);
    say(one, response);
  }
  const server = createServer((request, response) => void hear(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answers: (next: typeof answer) => {
      say = next;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** A machine clock that only moves when told. */
export function createHandClock(at = Date.parse('2026-11-22T06:30:00Z')) {
  return {
    now: () => at,
    pass: (ms: number) => {
      at += ms;
    },
  };
}
