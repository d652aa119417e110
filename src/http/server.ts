import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Links } from '../domain/links/links';
import type { QuestionPages } from '../domain/quiz/play/question-page';
import { AppError } from '../errors';
import { createCache } from '../kit/cache';
import { randomId } from '../kit/ids';
import type { Log } from '../kit/log';
import { inScript, type Script } from '../kit/text';
import { createPages } from '../render/pages';
import { isCallback } from './callback';
import { keepPlaces } from './places';

/** What `/readyz` asks: each problem is one sentence; none means ready. */
export type Readiness = () => Promise<string[]>;

/** The public server: the callback first (it is the busy one), then health, links and pages. */
export function createHttp(given: {
  callback: RequestListener;
  links: Links;
  questionPages: QuestionPages;
  ready: Readiness;
  /** Of whoever opens what is not there: nobody knows hers. */
  script: Script;
  log: Log;
}) {
  const { callback, links, questionPages, ready, log } = given;
  const { page } = createPages();
  const app = new Koa();
  app.silent = true;
  let stopping = false;
  /** Anybody may ask, as often as they like: the database is asked once a second. */
  const health = createCache<string[]>({ max: 1, freshMs: 1_000, staleMs: 1_000 });

  app.use(translateErrors(log, given.script));
  const router = new Router();
  router.get('/', (ctx) => {
    ctx.body = '小藝在。健康檢查：/readyz\n';
  });
  router.get('/healthz', (ctx) => {
    ctx.body = 'ok';
  });
  router.get('/readyz', async (ctx) => {
    const problems = stopping ? ['it is stopping'] : (await health.get('ready', ready)).value;
    ctx.status = problems.length === 0 ? 200 : 503;
    ctx.body = problems.length === 0 ? 'ready' : problems.join('\n');
  });
  router.get('/go/:token', async (ctx) => {
    const { url } = await links.open(String(ctx.params['token']));
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.redirect(url);
  });
  router.get('/quiz/:quiz/questions/:question', (ctx) => {
    const { n, order, script, sign } = ctx.query;
    const { quiz, question } = ctx.params;
    const shown = questionPages.read({ quiz, question, n, order, script, sign });
    const nonce = randomId();
    ctx.set({ ...pageHeaders, 'Content-Security-Policy': policy(nonce) });
    ctx.type = 'html';
    ctx.body = page('question', { ...shown, nonce }, shown.script);
  });
  app.use(router.routes());

  const others = app.callback();
  const handler: RequestListener = (request, response) =>
    isCallback(request.url) ? callback(request, response) : void others(request, response);
  const server: Server = createServer(
    { keepAliveTimeout: 65_000, headersTimeout: 10_000, requestTimeout: 15_000 },
    handler,
  );
  keepPlaces(server, 5_000);

  return {
    /** For supertest. */
    handler,
    /** The port it listens on. */
    listen: (port: number, host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    /** No new connections; answers under way are finished. */
    async close(): Promise<void> {
      stopping = true;
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const impatient = setTimeout(() => server.closeAllConnections(), 8_000);
      await closed;
      clearTimeout(impatient);
    },
  };
}

export type Http = ReturnType<typeof createHttp>;

/** A page is one fan's view of it: kept by her phone, by nobody between. It tells nobody where she comes from. */
const pageHeaders = {
  'Cache-Control': 'private, max-age=600',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Our own style, pictures from anywhere safe, nothing else: no script, no form, no frame. */
const policy = (nonce: string): string =>
  `default-src 'none'; style-src 'nonce-${nonce}'; img-src https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The HTTP edge: an AppError becomes its status and sentence; anything else a 500 with an id to look up in the log. */
function translateErrors(log: Log, script: Script): Middleware {
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
