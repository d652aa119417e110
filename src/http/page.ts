import type { IncomingHttpHeaders } from 'node:http';
import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { z } from 'zod';
import type { AppError } from '../errors';
import { randomId } from '../kit/ids';
import type { Script } from '../kit/text';
import type { Pages } from '../render/pages';

/** What is shown: a page of `templates/h5` in her script, or the way to somewhere else. */
export type Shown =
  | { kind: 'page'; template: string; data: object; script: Script }
  | { kind: 'redirect'; to: string }
  | { kind: 'file'; name: string; type: string; body: string };

/**
 * An address that fans open. `asks` reads what stands in the path and in the query; for whoever asks otherwise the page is
 * not there, and `otherwise` says so. What it needs of the services it states in the type of `show`'s first parameter.
 */
export type Page<Asked, Needs> = {
  path: string;
  /** To show it does something: not for a program that only looks ahead (HEAD, a prefetch). */
  acts?: true;
  /** `nonce` is new for each showing: the policy may let the page's own style through by it. */
  headers(nonce: string): Record<string, string>;
  asks: z.ZodType<Asked>;
  otherwise(): AppError;
  show(needs: Needs, asked: Asked): Shown | Promise<Shown>;
  /** What a POST does: of a program, which is answered 200 and nothing. What its body says does not count: the address is signed. */
  post?(needs: Needs, asked: Asked): Promise<void>;
};

export const definePage = <Asked, Needs>(page: Page<Asked, Needs>): Page<Asked, Needs> => page;

/** A page as the server sees it: it reads what is asked and gives it all services. */
// oxlint-disable-next-line typescript/no-explicit-any -- pages that ask for many things lie in one list; `asks` parses before `show` sees it.
export type AnyPage<Needs> = Page<any, Needs>;

export function mountPages<Needs>(
  router: Router,
  given: { pages: AnyPage<Needs>[]; services: Needs; fill: Pages['page'] },
): void {
  const { pages, services, fill } = given;
  for (const { path, acts, headers, asks, otherwise, show, post } of pages) {
    const read = (ctx: Pick<RouterContext, 'query' | 'params'>) => {
      const asked = asks.safeParse({ ...ctx.query, ...ctx.params });
      if (!asked.success) throw otherwise();
      return asked.data;
    };
    router.get(path, async (ctx) => {
      if (acts && (ctx.method === 'HEAD' || looksAhead(ctx.headers))) {
        ctx.status = 405;
        ctx.set('Allow', 'GET');
        return;
      }
      const shown = await show(services, read(ctx));
      const nonce = randomId();
      ctx.set(headers(nonce));
      if (shown.kind === 'redirect') return ctx.redirect(shown.to);
      if (shown.kind === 'file') {
        ctx.attachment(shown.name);
        ctx.type = shown.type;
        ctx.body = shown.body;
        return;
      }
      ctx.type = 'html';
      ctx.body = fill(shown.template, { ...shown.data, nonce }, shown.script);
    });
    if (post)
      router.post(path, async (ctx) => {
        await post(services, read(ctx));
        ctx.set('Cache-Control', 'no-store');
        ctx.body = '';
        ctx.status = 200;
      });
  }
}

const looksAhead = (headers: IncomingHttpHeaders): boolean =>
  [headers['sec-purpose'], headers['purpose'], headers['x-purpose'], headers['x-moz']].some((one) =>
    /prefetch|prerender|preview/i.test(String(one)),
  );
