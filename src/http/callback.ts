import { randomInt } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { AppError } from '../errors';
import { type Log, shorten } from '../kit/log';
import type { CallbackReader } from '../wechat/protocol/callback';
import type { Message } from '../wechat/protocol/inbound';
import type { Reply } from '../wechat/protocol/reply';
import { readBody } from './body';

/** WeChat's own messages stay under 10 KB. */
const bodyLimit = 64 * 1024;

export type CallbackCounts = { refused(code: string): void; answered(seconds: number): void };

/** Whether a request is for the callback: `/wechat`, with a slash at its end or without, whatever its query. */
export const isCallback = (url = ''): boolean => /^\/wechat\/?(\?|$)/.test(url);

/**
 * `GET` and `POST /wechat`: body → size cap → verify → decrypt → typed message → `answer` → sealed reply. Nothing is
 * written for a callback that is refused. A failure of ours is 503, so that WeChat sends again.
 *
 * It stands before Koa, whose context costs a fifth of such a request.
 */
export function createCallback(given: {
  reader: CallbackReader;
  answer: (message: Message, body: string) => Promise<Reply | null>;
  counts: CallbackCounts;
  log: Log;
}): RequestListener {
  const { reader, answer, counts, log } = given;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const query = queryOf(request);
    const inbound = reader.read(query, await readBody(request, bodyLimit), Math.floor(Date.now() / 1_000));
    let reply: Reply | null;
    try {
      reply = await answer(inbound.message, inbound.plain);
    } catch (err) {
      log.warn(
        { err, from: shorten(inbound.message.openid) },
        'a callback could not be answered; WeChat will send it again',
      );
      return say(response, 503, '');
    }
    const now = { seconds: Math.floor(Date.now() / 1_000), nonce: String(randomInt(1_000_000_000)) };
    const body = reader.answer(reply ?? undefined, inbound, now);
    say(
      response,
      200,
      body,
      reply === null ? 'text/plain' : inbound.format === 'json' ? 'application/json' : 'application/xml',
    );
    counts.answered((performance.now() - started) / 1_000);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method === 'POST') await receive(request, response);
      else if (request.method === 'GET') say(response, 200, reader.verify(queryOf(request)));
      else say(response, 405, 'GET or POST');
    } catch (err) {
      if (err instanceof AppError) {
        counts.refused(err.code);
        log.debug({ code: err.code }, 'a callback was refused');
        return say(response, err.code === 'body.too-large' ? 413 : err.status, err.code);
      }
      log.error({ err }, 'the callback failed');
      say(response, 500, '');
    }
  }

  return (request, response) => void handle(request, response);
}

function say(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  response
    .writeHead(status, {
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(body),
      'X-Content-Type-Options': 'nosniff',
    })
    .end(body);
}

/** Repeated parameters are lists: the reader refuses them. */
const queryOf = ({ url = '' }: IncomingMessage) => parseQuery(url.slice(url.indexOf('?') + 1 || url.length));
