import type { Middleware } from 'koa';
import { AppError } from '../../errors';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { inScript, type Script } from '../../kit/text';

/** The HTTP edge: an AppError becomes its status and sentence; anything else a 500 with an id to look up in the log. */
export function translateErrors(log: Log, script: Script): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (err) {
      if (err instanceof AppError && err.expose) {
        ctx.status = err.status;
        ctx.body = inScript(err.message, script);
        return;
      }
      const id = randomId(6);
      log.error({ err, id, path: ctx.path }, 'a request failed');
      ctx.status = err instanceof AppError ? err.status : 500;
      ctx.body = inScript(`出了點問題，編號 ${id}。`, script);
    }
  };
}
