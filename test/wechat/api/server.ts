import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { Writable } from 'node:stream';
import { createLog } from '../../../src/kit/log';
import { type ClientOptions, createWechatClient } from '../../../src/wechat/api/client';

/** The port of a server that listens. */
export function portOf(server: NetServer): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
}

export type Seen = { method: string; path: string; query: URLSearchParams; type: string; body: string };
export type Answer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => unknown;
export type Answers = Record<string, Answer | Record<string, unknown> | string>;

/** Breaks the connection without an answer. */
export const hangUp: Answer = (_seen, response) => {
  response.destroy();
};

export const secret = 'canary-secret-7d1f0a';

/**
 * A small WeChat on loopback. `answers` says what each path answers: a value is sent as JSON; a function may also write
 * to the response itself and return undefined. Tokens are `token-1`, `token-2`, …; each forced refresh makes a new one.
 */
export async function startServer(answers: Answers = {}) {
  const seen: Seen[] = [];
  let tokens = 1;
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '', 'http://localhost');
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        type: request.headers['content-type'] ?? '',
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(one);
      const rule =
        answers[one.path] ?? (one.path === '/cgi-bin/stable_token' ? token : { errcode: 0, errmsg: 'ok' });
      const value: unknown = typeof rule === 'function' ? rule(one, response, request) : rule;
      if (value === undefined) return;
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    })();
  });
  const token: Answer = ({ body }) => {
    if (body.includes('"force_refresh":true')) tokens++;
    return { access_token: `token-${tokens}`, expires_in: 7200 };
  };
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const baseUrl = `http://127.0.0.1:${portOf(server)}`;
  const lines: string[] = [];
  const to = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  const log = createLog({ level: 'trace', name: 'test', to });
  return {
    baseUrl,
    seen,
    answers,
    /** What was logged, all of it. */
    logged: () => lines.join(''),
    /** The calls of one path. */
    calls: (path: string) => seen.filter((one) => one.path === path),
    /** WeChat changes its token, as it does when another process forces it. */
    rotateToken: () => {
      tokens++;
    },
    client: (options: Partial<ClientOptions> = {}) =>
      createWechatClient({
        baseUrl,
        appId: 'wx0123456789abcdef',
        appSecret: secret,
        log,
        backoffMs: 1,
        massPacer: { take: async () => {} },
        ...options,
      }),
    stop: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

export type Server = Awaited<ReturnType<typeof startServer>>;
