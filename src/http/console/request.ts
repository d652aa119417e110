import type { Context } from 'koa';
import type { Session } from '../../domain/team/team';
import type { Script } from '../../kit/text';

/** What stands with a request once it is known who asks. */
export type State = { session?: Session; nonce: string; script: Script };
export const stateOf = (ctx: Context): State => ctx.state;

/** A whole page, for whoever is there or for nobody yet. */
export type Fill = (
  ctx: Context,
  template: string,
  data: object,
  about: { title: string; path: string },
) => string;

export type Cookies = { session: string; device: string };

/** `__Host-` where there is TLS; a browser takes it from nowhere else (K6). */
export const cookiesOf = (secure: boolean): Cookies => {
  const prefix = secure ? '__Host-' : '';
  return { session: `${prefix}xiaoyi`, device: `${prefix}xiaoyi-device` };
};
