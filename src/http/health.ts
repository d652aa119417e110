import type Router from '@koa/router';
import { createCache } from '../kit/cache';

/** What `/readyz` asks: each problem is one sentence; none means ready. */
export type Readiness = () => Promise<string[]>;

export function mountHealth(router: Router, given: { ready: Readiness; isStopping: () => boolean }): void {
  const { ready, isStopping } = given;
  /** Anybody may ask, as often as they like: the database is asked once a second. */
  const health = createCache<string[]>({ max: 1, freshMs: 1_000, staleMs: 1_000 });

  /** A database that never answers must not keep all who ask for good. */
  const bounded = (): Promise<string[]> => {
    const late = new Promise<string[]>((resolve) => {
      setTimeout(resolve, 3_000, ['the database does not answer']).unref();
    });
    return Promise.race([ready(), late]);
  };

  router.get('/', (ctx) => {
    ctx.body = '小藝在。健康檢查：/readyz\n';
  });
  router.get('/healthz', (ctx) => {
    ctx.body = 'ok';
  });
  router.get('/readyz', async (ctx) => {
    const problems = isStopping() ? ['it is stopping'] : (await health.get('ready', bounded)).value;
    ctx.status = problems.length === 0 ? 200 : 503;
    ctx.body = problems.length === 0 ? 'ready' : problems.join('\n');
  });
}
