import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import type { Log } from '../kit/log';
import type { Script } from '../kit/text';
import type { Pages } from '../render/pages';
import { isCallback } from './callback';
import { mountHealth, type Readiness } from './health';
import { translateErrors } from './middleware/translate-errors';
import { type AnyPage, mountPages } from './page';
import { keepPlaces } from './places';
import { mountVerifyFiles } from './verify-files';

/** The public server: the callback first (it is the busy one), then health and pages. */
export function createHttp<Needs>(given: {
  callback: RequestListener;
  pages: AnyPage<NoInfer<Needs>>[];
  /** What the pages need. */
  services: Needs;
  /** Fills a page of `templates/h5`. */
  fill: Pages['page'];
  /** Where the files lie by which WeChat knows our domain. */
  verifyFolder: string;
  ready: Readiness;
  /** Of whoever opens what is not there: nobody knows hers. */
  script: Script;
  log: Log;
}) {
  const { callback, ready, script, log } = given;
  const app = new Koa();
  app.silent = true;
  let stopping = false;

  app.use(translateErrors(log, script));
  const router = new Router();
  mountHealth(router, { ready, isStopping: () => stopping });
  mountVerifyFiles(router, given.verifyFolder);
  mountPages(router, given);
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
