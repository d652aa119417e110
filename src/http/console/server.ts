import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { z } from 'zod';
import type { AuditEntry } from '../../domain/audit/audit';
import { may, type Right } from '../../domain/team/rights';
import { type Session, signedBy, type Teammate } from '../../domain/team/team';
import { AppError } from '../../errors';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { loginIn } from '../../kit/signed';
import { inScript, type Script } from '../../kit/text';
import type { ConsolePages } from '../../render/console';
import type { Services } from '../../services';
import { keepPlaces } from '../places';
import { serveAssets } from './assets';
import { type Act, type Done, type House, type Item, type Visit } from './console';
import { mountDoors } from './doors';
import { readForm, type Upload } from './form';
import { headersOf } from './headers';
import { menuFor } from './menu';
import { cookiesOf, stateOf } from './request';

export type ConsoleOptions = {
  items: Item[];
  services: Services;
  house: House;
  pages: ConsolePages;
  /** Where it is reached: nothing else counts as us (K14). */
  url: string;
  /** Proxies of ours in front of it, whose word on addresses counts. */
  proxies: number;
  clock: { now(): number };
  script: Script;
  log: Log;
};

const plainForm = 256 * 1024;

/** The server of the console: by itself, on an address of its own, so that it can stay inside. */
export function createConsole(given: ConsoleOptions) {
  const { items, services, house, pages, log } = given;
  const { team, audit } = services;
  const app = new Koa({
    proxy: given.proxies > 0,
    ...(given.proxies > 0 ? { maxIpsCount: given.proxies } : {}),
  });
  app.silent = true;
  const secure = given.url.startsWith('https:');
  const origins = originsOf(given.url);
  const cookies = cookiesOf(secure);

  app.use(async (ctx, next) => {
    const state = stateOf(ctx);
    state.nonce = randomId(16);
    state.script = given.script;
    // TLS ends before us, where there is any.
    ctx.cookies.secure = secure;
    ctx.set(headersOf(state.nonce, secure));
    await next();
  });
  app.use(tellErrors());
  app.use(serveAssets());
  app.use(async (ctx, next) => {
    const state = stateOf(ctx);
    const id = ctx.cookies.get(cookies.session);
    const session = id ? await team.session(id) : undefined;
    if (session) {
      state.session = session;
      state.script = session.who.script ?? given.script;
    }
    if (!['GET', 'HEAD'].includes(ctx.method)) requireOurs(ctx, session);
    await next();
  });

  const router = new Router();
  mountDoors(router, { ...given, cookies, secure, fill });
  for (const item of fixedFirst(items)) mount(item);
  app.use(router.routes());
  app.use((ctx) => {
    if (!stateOf(ctx).session) return toDoor(ctx);
    throw new AppError(
      'NotFound',
      'console.no-page',
      '這裡沒有這一頁。可能鏈接抄少了，或這個東西已經不在了。',
    );
  });

  /** No state changes unless our own page asked for it: the header no form can send, our origin, and her session's token (K7). */
  function requireOurs(ctx: Context, session: Session | undefined): void {
    const origin = ctx.get('origin');
    const site = ctx.get('sec-fetch-site');
    if (!origins.includes(origin) || (site !== '' && site !== 'same-origin')) throw foreign();
    const token = ctx.get('x-token');
    if (token === '' || (session && !isSame(token, session.token))) throw foreign();
  }

  function mount(item: Item): void {
    const serve: Middleware = async (ctx) => {
      const { session } = stateOf(ctx);
      if (session?.step !== 'whole') return toDoor(ctx);
      if (!may(session.who.roles, item.right)) {
        await audit.add({
          ...entryOf(ctx, session),
          what: whatOf(item),
          end: 'refused',
          why: `沒有 ${item.right} 的權限`,
        });
        throw new AppError(
          'Forbidden',
          'console.right',
          `你的角色不能做這件事（${item.right}）。需要的話請管理員加上。`,
        );
      }
      const visit = visitOf(ctx, session, item.right);
      switch (item.kind) {
        case 'page': {
          const asked = read(item.asks, { ...ctx.query, ...ctx.params });
          if (item.sees) await audit.add({ ...entryOf(ctx, session), what: item.sees, end: 'seen' });
          const data = await item.show(visit, asked);
          ctx.type = 'html';
          ctx.body = fill(ctx, item.template, data, { title: item.title, path: item.path });
          return;
        }
        case 'part': {
          const sent = ctx.method === 'POST' ? await readForm(ctx.req, plainForm) : {};
          const asked = read(item.asks, { ...ctx.query, ...sent, ...ctx.params });
          const data = await item.show(visit, asked);
          ctx.type = 'html';
          ctx.body = pages.part(item.template, withCommon(ctx, data), visit.script);
          return;
        }
        case 'picture': {
          const svg = await item.draw(visit, read(item.asks, { ...ctx.query, ...ctx.params }));
          ctx.type = 'image/svg+xml';
          ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
          ctx.body = inScript(svg, visit.script);
          return;
        }
        case 'download': {
          const asked = read(item.asks, { ...ctx.query, ...ctx.params });
          await audit.add({ ...entryOf(ctx, session), what: item.what, asked: asIsKept(asked), end: 'seen' });
          const { name, type, body } = await item.does(visit, asked);
          ctx.attachment(name);
          ctx.type = type;
          ctx.body = body;
          return;
        }
        case 'act':
          return doIt(ctx, session, item, visit);
      }
    };
    if (item.kind === 'act') router.post(item.path, serve);
    else router.get(item.path, serve);
    if (item.kind === 'part') router.post(item.path, serve);
  }

  /** It is written down that it begins, then done, then written down how it ended (K20). */
  async function doIt<Asked>(ctx: Context, session: Session, item: Act<Asked>, visit: Visit): Promise<void> {
    const entry = { ...entryOf(ctx, session), what: item.what };
    let of: number | undefined;
    try {
      const sent = await readForm(ctx.req, item.most ?? plainForm);
      const asked = read(item.asks, { ...sent, ...ctx.params });
      of = await audit.add({ ...entry, asked: asIsKept(asked), end: 'begun' });
      const end = await item.does(visit, asked);
      if ('template' in end) {
        await audit.add({ ...entry, of, end: 'done' });
        ctx.body = { html: pages.part(end.template, withCommon(ctx, end.data), visit.script) };
        return;
      }
      const { said, to, before, after }: Done = end;
      await audit.add({
        ...entry,
        of,
        end: 'done',
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      });
      ctx.body = { said: inScript(said, visit.script), ...(to ? { to } : {}) };
    } catch (error) {
      const refused = error instanceof AppError && error.expose;
      const why = refused ? error.message : 'error';
      await audit.add({
        ...entry,
        ...(of === undefined ? {} : { of }),
        end: refused ? 'refused' : 'failed',
        why,
      });
      throw error;
    }
  }

  const entryOf = (ctx: Context, session: Session): Pick<AuditEntry, 'by' | 'ip' | 'path'> => ({
    by: signedBy(session.who),
    ip: ctx.ip,
    path: ctx.path,
  });

  function visitOf(ctx: Context, session: Session, right: Right): Visit {
    const { who } = session;
    const by = signedBy(who);
    return {
      services,
      house,
      who,
      session: session.id,
      by,
      may: (asked) => may(who.roles, asked),
      script: stateOf(ctx).script,
      now: given.clock.now(),
      async asSecond(others) {
        const logins = others.map(loginIn);
        if (
          await team.sharesDevice(
            session.device,
            logins.filter((login) => login !== who.login),
          )
        )
          throw new AppError(
            'Forbidden',
            'console.same-browser',
            '寫的人也在這個瀏覽器登錄過：請同意的人用自己的電腦或手機登錄，才算第二個人。',
          );
      },
      async start(task, input) {
        const id = await services.tasks.start(task, input, { id: who.id, by, right });
        return `/tasks/${id}`;
      },
    };
  }

  /** A whole page for whoever is there, or for nobody yet. */
  function fill(
    ctx: Context,
    template: string,
    data: object,
    about: { title: string; path: string },
  ): string {
    const { session, nonce, script } = stateOf(ctx);
    const who = session?.step === 'whole' ? session.who : undefined;
    const shown = withCommon(ctx, data) as { title?: string };
    const around = {
      title: shown.title ?? about.title,
      nonce,
      token: session?.token ?? 'none',
      who: who && { name: who.name, login: who.login },
      script,
      groups: who ? menuFor(items, who.roles, about.path) : [],
      simulated: house.simulated,
      phoneUrl: house.phoneUrl ?? '',
      at: given.clock.now(),
    };
    return pages.page(template, shown, around, script);
  }

  const withCommon = (ctx: Context, data: object): object => {
    const { session, nonce } = stateOf(ctx);
    const held: Teammate['roles'] = session?.who.roles ?? [];
    const rights = Object.fromEntries(items.map(({ right }) => [right.replace('.', '_'), may(held, right)]));
    return { can: rights, nonce, here: ctx.url, ...data };
  };

  function tellErrors(): Middleware {
    return async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        const { script, session } = stateOf(ctx);
        const known = error instanceof AppError && error.expose ? error : undefined;
        const ref = known ? undefined : randomId(6);
        if (ref) log.error({ err: error, id: ref, path: ctx.path }, 'a request of the console failed');
        ctx.status = known?.status ?? (error instanceof AppError ? error.status : 500);
        const message = known?.message ?? `出了點問題，沒有做成。編號 ${ref}，告訴運維就能查到。`;
        ctx.set('Cache-Control', 'no-store');
        if (ctx.method !== 'GET' || ctx.get('hx-request') !== '') {
          const fields = (known?.details as { fields?: Record<string, string> } | undefined)?.fields;
          ctx.body = {
            refused: inScript(message, script),
            ...(fields ? { fields: inWords(fields, script) } : {}),
          };
          return;
        }
        ctx.type = 'html';
        ctx.body = fill(
          ctx,
          'error',
          { message, status: ctx.status, home: session ? '/' : '/sign-in' },
          { title: '沒有做成', path: '' },
        );
      }
    };
  }

  const server: Server = createServer(
    { keepAliveTimeout: 65_000, headersTimeout: 10_000, requestTimeout: 60_000 },
    (request, response) => void app.callback()(request, response),
  );
  keepPlaces(server, 1_000);

  return {
    /** For supertest. */
    handler: app.callback(),
    items,
    listen: (port: number, host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    async close(): Promise<void> {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const impatient = setTimeout(() => server.closeAllConnections(), 5_000);
      await closed;
      clearTimeout(impatient);
    },
  };
}

export type Console = ReturnType<typeof createConsole>;

/** 「/quiz/new」 before 「/quiz/:id」. */
const fixedFirst = (items: Item[]): Item[] => {
  const rank = ({ path }: Item) => path.replaceAll(':', '\uffff');
  return items.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
};

/** Who is reached at this address; a house on this machine goes by both of its names. */
function originsOf(url: string): string[] {
  const { origin, hostname, port } = new URL(url);
  return /^(127\.0\.0\.1|localhost)$/.test(hostname)
    ? [`http://127.0.0.1:${port}`, `http://localhost:${port}`, origin]
    : [origin];
}

const foreign = () =>
  new AppError(
    'Forbidden',
    'console.foreign',
    '這個請求不是從這裡的頁面發出的，沒有做。請重新整理頁面再試。',
  );

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one as Buffer, other as Buffer);
};

/** Whoever is not signed in goes to the door, and comes back where she was going. A page that is already open says so by itself. */
function toDoor(ctx: Context): void {
  if (ctx.method !== 'GET' || ctx.get('hx-request') !== '') {
    ctx.status = 401;
    ctx.body = { refused: '登錄過期了。', door: '/sign-in' };
    return;
  }
  ctx.redirect(ctx.url === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(ctx.url)}`);
}

function read<Asked>(asks: z.ZodType<Asked>, given: object): Asked {
  const asked = asks.safeParse(given);
  if (asked.success) return asked.data;
  const fields: Record<string, string> = {};
  for (const { path, message, code } of asked.error.issues) {
    const told = code === 'invalid_type' ? '不能空著' : code === 'invalid_value' ? '請選一個' : message;
    fields[path.join('.')] ??= told;
  }
  const first = Object.entries(fields)[0];
  throw new AppError('Invalid', 'console.asked', `有地方要改：${first?.[1] ?? ''}`, { details: { fields } });
}

const inWords = (fields: Record<string, string>, script: Script): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, words]) => [name, inScript(words, script)]));

const whatOf = (item: Item): string =>
  item.kind === 'act' || item.kind === 'download'
    ? item.what
    : item.kind === 'page'
      ? `看「${item.title}」`
      : `看 ${item.path}`;

/** And nothing that names a fan or is hers: the audit stays when she is erased. */
const secrets =
  /password|secret|code|token|words|note|phone|mail|address|openid|receiver|^(now|next|q|text)$/i;
/** What was asked, as the audit keeps it: no secret, no file, no long text. */
function asIsKept(asked: unknown): Record<string, unknown> {
  const short = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.length > 200 ? `${value.slice(0, 200)}…（共 ${value.length} 字）` : value;
    if (typeof value === 'object' && value !== null && 'bytes' in value)
      return `文件 ${(value as unknown as Upload).name}`;
    if (Array.isArray(value)) return value.length > 20 ? `${value.length} 項` : value.map(short);
    if (typeof value === 'object' && value !== null && !(value instanceof Date))
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, secrets.test(name) ? '…' : short(inner)]),
      );
    return value;
  };
  return (short(asked) ?? {}) as Record<string, unknown>;
}
