import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Asked = { path: string; query: Record<string, string>; headers: IncomingMessage['headers'] };

/** Somebody else's service, on a free loopback port: says what `answer` does, and remembers what it was asked. */
export async function createLoopback(answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  let say = answer;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    const one = { path: url.pathname, query: Object.fromEntries(url.searchParams), headers: request.headers };
    asked.push(one);
    say(one, response);
  });
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
