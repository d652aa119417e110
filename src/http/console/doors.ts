import type Router from '@koa/router';
import type { Context } from 'koa';
import { toDataURL } from 'qrcode';
import { z } from 'zod';
import { roleNames } from '../../domain/team/rights';
import { signedBy } from '../../domain/team/team';
import { AppError } from '../../errors';
import { randomId } from '../../kit/ids';
import type { ConsolePages } from '../../render/console';
import type { Services } from '../../services';
import type { House } from './console';
import { line, readForm } from './form';
import { type Cookies, type Fill, stateOf } from './request';

type Doors = {
  services: Services;
  house: House;
  pages: ConsolePages;
  cookies: Cookies;
  secure: boolean;
  fill: Fill;
};

const halfDay = 12 * 3_600_000;
const halfYear = 180 * 86_400_000;
const smallForm = 16 * 1024;

/** How people come in and go out: signing in by two steps, joining by a link, leaving. */
export function mountDoors(router: Router, given: Doors): void {
  const { services, cookies, secure, fill, house } = given;
  const { team, audit } = services;

  const put = (ctx: Context, name: string, value: string, maxAge: number) =>
    ctx.cookies.set(name, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure,
      maxAge,
      path: '/',
      overwrite: true,
    });
  const agentOf = (ctx: Context): string => ctx.get('user-agent').slice(0, 200);
  const deviceIn = (ctx: Context): string | undefined => {
    const device = ctx.cookies.get(cookies.device);
    return device && /^[A-Za-z0-9_-]{16,64}$/.test(device) ? device : undefined;
  };
  const note = (
    ctx: Context,
    what: string,
    end: 'done' | 'refused',
    more: { by?: string; why?: string } = {},
  ) => audit.add({ ip: ctx.ip, path: ctx.path.replace(/^\/join\/.*/, '/join'), what, end, ...more });

  router.get('/healthz', (ctx: Context) => {
    ctx.body = 'ok';
  });

  router.get('/sign-in', (ctx: Context) => {
    const { session } = stateOf(ctx);
    const next = insideOnly(ctx.query['next']);
    if (session?.step === 'whole') return ctx.redirect(next);
    ctx.type = 'html';
    ctx.body = fill(ctx, 'sign-in', { next }, { title: '登錄', path: '' });
  });

  router.post('/sign-in', async (ctx: Context) => {
    const asked = await read(
      ctx,
      z.object({
        login: line(64),
        password: z.string().min(1).max(200),
        next: z.string().max(2_000).optional(),
      }),
    );
    const device = deviceIn(ctx);
    try {
      const made = await team.signIn({
        login: asked.login,
        password: asked.password,
        ip: ctx.ip,
        agent: agentOf(ctx),
        device,
      });
      put(ctx, cookies.session, made.session, halfDay);
      put(ctx, cookies.device, made.device, halfYear);
    } catch (error) {
      await note(ctx, '登錄', 'refused', {
        why: `${asked.login.slice(0, 32)}：${error instanceof AppError ? error.code : 'error'}`,
      });
      throw error;
    }
    ctx.body = { to: `/sign-in/second?next=${encodeURIComponent(insideOnly(asked.next))}` };
  });

  router.get('/sign-in/second', async (ctx: Context) => {
    const { session } = stateOf(ctx);
    const next = insideOnly(ctx.query['next']);
    if (!session) return ctx.redirect(`/sign-in?next=${encodeURIComponent(next)}`);
    if (session.step === 'whole') return ctx.redirect(next);
    const code = house.simulated ? await team.codeFor(session.who.id) : '';
    ctx.type = 'html';
    ctx.body = fill(ctx, 'second', { next, code }, { title: '第二步', path: '' });
  });

  router.post('/sign-in/second', async (ctx: Context) => {
    const asked = await read(ctx, z.object({ code: line(20), next: z.string().max(2_000).optional() }));
    const { session } = stateOf(ctx);
    const by = session ? signedBy(session.who) : '';
    try {
      put(
        ctx,
        cookies.session,
        await team.second(ctx.cookies.get(cookies.session) ?? '', asked.code),
        halfDay,
      );
    } catch (error) {
      await note(ctx, '登錄第二步', 'refused', { by, why: error instanceof AppError ? error.code : 'error' });
      throw error;
    }
    await note(ctx, '登錄', 'done', { by });
    ctx.body = { to: insideOnly(asked.next) };
  });

  router.post('/sign-out', async (ctx: Context) => {
    const { session } = stateOf(ctx);
    await team.signOut(ctx.cookies.get(cookies.session) ?? '');
    put(ctx, cookies.session, '', 0);
    if (session) await note(ctx, '登出', 'done', { by: signedBy(session.who) });
    ctx.body = { to: '/sign-in' };
  });

  router.get('/join/:token', async (ctx: Context) => {
    const invite = await team.invitation(tokenIn(ctx));
    const login = invite.login ?? '';
    ctx.type = 'html';
    ctx.body = fill(
      ctx,
      'join',
      {
        token: tokenIn(ctx),
        login,
        name: invite.name ?? '',
        reset: invite.kind === 'reset',
        first: invite.kind === 'first',
        roles: invite.roles.map((role) => roleNames[role]).join('、'),
        qr: await toDataURL(invite.uri(login || '小藝'), { margin: 1, width: 220 }),
        secret: invite.secret.match(/.{1,4}/g)?.join(' ') ?? '',
        code: house.simulated ? invite.code : '',
      },
      { title: invite.kind === 'reset' ? '重設密碼' : '加入團隊', path: '' },
    );
  });

  router.post('/join/:token', async (ctx: Context) => {
    const asked = await read(
      ctx,
      z.object({
        login: z.string().max(64).default(''),
        name: z.string().max(64).default(''),
        password: z.string().max(400),
        code: line(20),
      }),
    );
    const { who, recovery } = await team.join(tokenIn(ctx), asked);
    const device = deviceIn(ctx) ?? randomId(24);
    const session = await team.openFor({ who: who.id, ip: ctx.ip, agent: agentOf(ctx), device });
    put(ctx, cookies.session, session, halfDay);
    put(ctx, cookies.device, device, halfYear);
    await note(ctx, '加入團隊或重設密碼', 'done', { by: signedBy(who) });
    ctx.body = { html: given.pages.part('recovery', { codes: recovery }, stateOf(ctx).script) };
  });
}

async function read<Asked>(ctx: Context, asks: z.ZodType<Asked>): Promise<Asked> {
  const asked = asks.safeParse(await readForm(ctx.req, smallForm));
  if (asked.success) return asked.data;
  const fields = Object.fromEntries(asked.error.issues.map(({ path }) => [path.join('.'), '請填這一格']));
  throw new AppError('Invalid', 'console.asked', '有地方沒填好。', { details: { fields } });
}

const tokenIn = (ctx: Context): string => {
  const { token } = ctx['params'] as { token: string };
  if (!/^[A-Za-z0-9_-]{20,64}$/.test(token))
    throw new AppError('NotFound', 'team.invite', '這個鏈接不完整，請整行複製。');
  return token;
};

/** Only to a page of ours (K15): one slash and then no other, nothing a browser would read as a host. */
export const insideOnly = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(next) && !next.startsWith('/sign-in')
    ? next
    : '/';
