import { randomInt } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { AppError } from '../errors';
import { shorten, type Log } from '../kit/log';
import type { CallbackReader, Query } from '../wechat/protocol/callback';
import type { Message } from '../wechat/protocol/inbound';
import type { Reply } from '../wechat/protocol/reply';
import { readBody } from './body';

/** WeChat's own messages stay under 10 KB. */
const bodyLimit = 64 * 1024;

export type CallbackCounts = { refused(code: string): void; answered(seconds: number): void };

/**
 * `GET` and `POST /wechat`: body → size cap → verify → decrypt → typed message → `answer` → sealed reply. Nothing is
 * written for a callback that is refused. A failure of ours is 503, so that WeChat sends again.
 */
export function callbackRoute(given: {
  reader: CallbackReader;
  answer: (message: Message, body: string) => Promise<Reply | null>;
  counts: CallbackCounts;
  log: Log;
}): Middleware {
  const { reader, answer, counts, log } = given;

  async function receive(ctx: Context): Promise<void> {
    const started = process.hrtime.bigint();
    const query = readQuery(ctx.querystring);
    const inbound = reader.read(query, await readBody(ctx.req, bodyLimit), Math.floor(Date.now() / 1_000));
    const reply = await answer(inbound.message, inbound.plain).catch((err: unknown): typeof failed => {
      log.warn(
        { err, from: shorten(inbound.message.openid) },
        'a callback could not be answered; WeChat will send it again',
      );
      return failed;
    });
    if (reply === failed) {
      say(ctx, 503, '');
      return;
    }
    const now = { seconds: Math.floor(Date.now() / 1_000), nonce: String(randomInt(1_000_000_000)) };
    const body = reader.answer(reply ?? undefined, inbound, now);
    say(
      ctx,
      200,
      body,
      reply === null ? 'text/plain' : inbound.format === 'json' ? 'application/json' : 'application/xml',
    );
    counts.answered(Number(process.hrtime.bigint() - started) / 1e9);
  }

  return async (ctx, next) => {
    if (ctx.path !== '/wechat') return next();
    try {
      if (ctx.method === 'POST') await receive(ctx);
      else if (ctx.method === 'GET') say(ctx, 200, reader.verify(readQuery(ctx.querystring)));
      else say(ctx, 405, 'GET or POST');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      counts.refused(error.code);
      log.debug({ code: error.code }, 'a callback was refused');
      say(ctx, error.code === 'BODY_TOO_LARGE' ? 413 : error.status, error.code);
    }
  };
}

const failed: unique symbol = Symbol('failed');

function say(ctx: Context, status: number, body: string, type = 'text/plain'): void {
  ctx.status = status;
  ctx.set('Content-Type', `${type}; charset=utf-8`);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.body = body;
}

/** Repeated parameters stay lists: the reader refuses them. */
function readQuery(querystring: string): Query {
  const query: Query = Object.create(null);
  for (const [name, value] of new URLSearchParams(querystring)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}
