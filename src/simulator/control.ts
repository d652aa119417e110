import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Context } from 'koa';
import { z } from 'zod';
import { AppError } from '../errors';
import { root } from '../kit/root';
import { type ChatItem, wordsOf } from './chat';
import type { Deed } from './deeds';
import { createFanFace, dot } from './fan-face';
import type { Fan } from './fans';
import { type Knobs, knobShape } from './knobs';
import { places } from './places';
import { readBody } from './weixin';
import type { Platform } from './weixin/platform';
import type { Happening } from './world';

const pageFiles: Record<string, { file: string; type: string }> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/sheets.js': { file: 'sheets.js', type: 'text/javascript; charset=utf-8' },
  '/view.js': { file: 'view.js', type: 'text/javascript; charset=utf-8' },
};

// Pictures in news cards come from the account's own pages, which listen on another port of this machine.
const contentPolicy =
  "default-src 'self'; img-src 'self' data: blob: http://127.0.0.1:* http://localhost:*; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const words = z.string().trim().min(1).max(200);
const picture = z
  .string()
  .regex(/^data:image\/(png|jpeg|gif);base64,[A-Za-z0-9+/=]+$/)
  .transform((url) => ({
    contentType: url.slice(5, url.indexOf(';')),
    bytes: Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'),
  }));
const place = z.object({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  label: words,
  name: words.optional(),
  scale: z.number().int().optional(),
});
const how = { storm: z.boolean().optional() };

const shapes = {
  fan: z.strictObject({ name: z.string().trim().min(1).max(20) }),
  say: z.strictObject({ text: z.string().min(1).max(4000), menuItem: z.string().optional(), ...how }),
  send: z.union([
    z.strictObject({ location: place, ...how }),
    z.strictObject({ image: z.union([picture, z.literal(true)]), ...how }),
    z.strictObject({ voice: z.object({ recognition: words.optional() }), ...how }),
    z.strictObject({ video: z.literal(true), ...how }),
    z.strictObject({
      link: z.object({ title: words, description: z.string().max(500), url: z.url() }),
      ...how,
    }),
  ]),
  click: z.strictObject({ key: words, ...how }),
  tap: z.strictObject({
    path: words,
    place: place.optional(),
    code: words.optional(),
    image: picture.optional(),
    ...how,
  }),
  scan: z.strictObject({ scene: words, ...how }),
  follow: z.strictObject({ scene: words.optional(), ...how }),
  leave: z.strictObject({ ...how }),
  grant: z.strictObject({ template: words, ...how }),
  arrive: z.strictObject({ place, ...how }),
  clock: z.union([
    z.strictObject({ to: z.number().int() }),
    z.strictObject({ by: z.number().int().positive() }),
  ]),
};

/** Optional fields without `undefined`, as the deeds want them. */
type Exact<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const exact = <T extends object>(value: T): Exact<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Exact<T>;

/**
 * The phone page and the JSON API behind it (`/sim/…`), which tests in other processes use too. What happens is
 * told over Server-Sent Events at `/sim/events`.
 */
export function createControl(options: {
  platform: Platform;
  knobs: Knobs;
  turn: (to: number) => Promise<void>;
  accountName: string;
  /** Where marketers and operators work; '' where there is none. */
  consoleUrl: string;
}) {
  const { platform, knobs, turn, accountName, consoleUrl } = options;
  const { world, deeds, effects } = platform;
  const phones = new Set<ServerResponse>();
  let loopbackOnly = true;

  const briefOf = (fan: Fan) => {
    const last = fan.history.at(-1);
    return {
      name: fan.name,
      openid: fan.openid,
      following: fan.following,
      typing: fan.typing,
      menu: world.menuFor(fan),
      last: last ? { at: last.at, words: lineOf(last).slice(0, 60) } : undefined,
      allowance: Object.entries(fan.windows)
        .filter(([, one]) => one.until > world.clock.now())
        .map(([trigger, one]) => ({ trigger, left: one.left, until: one.until })),
    };
  };

  const stateOf = () => ({
    accountName,
    consoleUrl,
    account: world.account,
    appId: world.appId,
    sealed: platform.callbacks.mode,
    now: world.clock.now(),
    fans: world.phones().map(briefOf),
    menu: world.menu ?? [],
    scenes: [...world.scenes.values()]
      .filter((one) => one.expiresAt > world.clock.now())
      .map((one) => one.scene),
    places,
  });

  const unwatch = world.watch((happening) => {
    const line = `data: ${JSON.stringify(detailOf(happening))}\n\n`;
    for (const phone of phones) {
      // A phone that no longer reads is cut off instead of filling our memory; it comes back by itself.
      if (phone.writableLength > 1_000_000) phone.destroy();
      else phone.write(line);
    }
  });
  const detailOf = (happening: Happening): object => {
    if (happening.kind === 'menu') return { ...happening, menu: world.menu ?? [] };
    if (happening.kind === 'scenes') return { ...happening, scenes: stateOf().scenes };
    const fan = 'openid' in happening ? world.byOpenid(happening.openid) : undefined;
    return fan ? { ...happening, fan: briefOf(fan) } : happening;
  };

  const fanAt = (id: string): Fan => {
    const fan = world.byOpenid(id) ?? world.fans().find((one) => one.name === id);
    if (!fan) throw new AppError('NotFound', 'simulator.no-fan', `沒有「${id}」這位粉絲`);
    return fan;
  };

  async function act(fan: Fan, verb: string, body: unknown): Promise<Deed | undefined> {
    const face = createFanFace({ world, deeds, fan });
    switch (verb) {
      case 'say': {
        const { text, ...rest } = read(shapes.say, body);
        return face.says(text, exact(rest));
      }
      case 'send': {
        const { storm, ...what } = read(shapes.send, body);
        const rest = storm ? { storm } : {};
        if ('location' in what) return face.sends({ location: exact(what.location) }, rest);
        if ('image' in what) return face.sends({ image: what.image === true ? dot : what.image }, rest);
        if ('voice' in what) return face.sends({ voice: exact(what.voice) }, rest);
        return face.sends(what, rest);
      }
      case 'click': {
        const { key, ...rest } = read(shapes.click, body);
        return face.clicks(key, exact(rest));
      }
      case 'tap': {
        const { path, storm, place: where, ...rest } = read(shapes.tap, body);
        return face.taps(path, exact({ ...rest, place: where && exact(where) }), storm ? { storm } : {});
      }
      case 'scan': {
        const { scene, ...rest } = read(shapes.scan, body);
        return face.scans(scene, exact(rest));
      }
      case 'follow': {
        const { scene, ...rest } = read(shapes.follow, body);
        return face.follows(scene, exact(rest));
      }
      case 'leave':
        return face.leaves(exact(read(shapes.leave, body)));
      case 'grant': {
        const { template, ...rest } = read(shapes.grant, body);
        return face.grants(template, exact(rest));
      }
      case 'arrive': {
        const { place: where, ...rest } = read(shapes.arrive, body);
        return face.arrives(exact(where), exact(rest));
      }
      default:
        throw new AppError('NotFound', 'simulator.no-verb', `粉絲不會「${verb}」`);
    }
  }

  const answerOf = (deed: Deed | undefined) =>
    deed
      ? {
          item: deed.item.id,
          seen: deed.seen,
          words: deed.seen ? wordsOf(deed.seen) : '',
          statuses: deed.outcome.wire.deliveries.map((one) => one.status ?? one.error),
        }
      : {};

  async function route(ctx: Context): Promise<unknown> {
    const [, , noun, id, verb] = ctx.path.split('/').map(decodeURIComponent);
    const body = async (): Promise<unknown> => {
      // A JSON content type cannot be sent from another site's page without asking first.
      if (!ctx.is('application/json'))
        throw new AppError('Invalid', 'simulator.not-json', '請用 application/json');
      try {
        return JSON.parse((await readBody(ctx)).toString('utf8') || '{}');
      } catch {
        throw new AppError('Invalid', 'simulator.bad-json', '內容不是 JSON');
      }
    };
    const at = `${ctx.method} ${noun}${id === undefined ? '' : '/:id'}${verb === undefined ? '' : '/:verb'}`;
    switch (at) {
      case 'GET state':
        return stateOf();
      case 'GET events':
        return openEvents(ctx);
      case 'POST fans':
        return briefOf(world.fan(read(shapes.fan, await body()).name));
      case 'GET fans':
        return { fans: world.phones().map(briefOf) };
      case 'GET fans/:id/:verb': {
        if (verb !== 'chat') break;
        const after = Number(ctx.query['after'] ?? 0);
        const fan = fanAt(id ?? '');
        return { fan: briefOf(fan), items: fan.history.filter((item) => item.id > after) };
      }
      case 'POST fans/:id/:verb':
        return answerOf(await act(fanAt(id ?? ''), verb ?? '', await body()));
      case 'GET media/:id': {
        const media = world.media.get(id ?? '');
        if (!media) break;
        ctx.type = media.contentType;
        ctx.set('cache-control', 'max-age=3600');
        return media.bytes;
      }
      case 'GET effects': {
        const after = Number(ctx.query['after'] ?? 0);
        return { effects: effects.list().filter((one) => one.n > after) };
      }
      case 'GET knobs':
        return { knobs: knobs.list() };
      case 'POST knobs':
        knobs.set(read(knobShape, await body()));
        return { knobs: knobs.list() };
      case 'DELETE knobs':
        knobs.clear();
        return { knobs: [] };
      case 'POST clock': {
        const asked = read(shapes.clock, await body());
        await turn('to' in asked ? asked.to : world.clock.now() + asked.by);
        return { now: world.clock.now() };
      }
      case 'GET clock':
        return { now: world.clock.now() };
    }
    throw new AppError('NotFound', 'simulator.no-route', `模擬器沒有 ${ctx.method} ${ctx.path}`);
  }

  function openEvents(ctx: Context): undefined {
    ctx.respond = false;
    ctx.res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'keep-alive',
    });
    ctx.res.write(`retry: 1000\ndata: ${JSON.stringify({ kind: 'hello', now: world.clock.now() })}\n\n`);
    phones.add(ctx.res);
    ctx.res.on('close', () => phones.delete(ctx.res));
    return undefined;
  }

  return {
    async middleware(ctx: Context): Promise<void> {
      // A name that leads to this machine but is not it (DNS rebinding) gets nothing.
      if (loopbackOnly && !/^(127\.0\.0\.1|localhost|\[::1\])$/.test(ctx.hostname || ''))
        return void (ctx.status = 403);
      ctx.set('x-content-type-options', 'nosniff');
      const page = ctx.method === 'GET' ? pageFiles[ctx.path] : undefined;
      if (page) {
        ctx.set('content-security-policy', contentPolicy);
        ctx.set('cache-control', 'no-cache');
        ctx.type = page.type;
        ctx.body = createReadStream(join(root, 'src/simulator/page', page.file));
        return;
      }
      if (!ctx.path.startsWith('/sim/')) return;
      try {
        const answer = await route(ctx);
        if (ctx.respond !== false) ctx.body = answer;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        ctx.status = error.status;
        ctx.body = { error: error.code, message: error.message };
      }
    },
    allowOnly: (host: string) => {
      loopbackOnly = host === '127.0.0.1' || host === 'localhost' || host === '::1';
    },
    watched: () => phones.size,
    close: () => {
      unwatch();
      for (const phone of phones) phone.end();
    },
  };
}

function read<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AppError(
    'Invalid',
    'simulator.bad-input',
    `${issue?.path.join('.') || '內容'}:${issue?.message ?? '不對'}`,
  );
}

/** One line for the list of fans. */
function lineOf(item: ChatItem): string {
  if (item.from === 'account')
    return wordsOf(item.body)
      .replace(/<[^>]*>/g, '')
      .replaceAll('\n', ' ');
  switch (item.body.kind) {
    case 'text':
      return item.body.text;
    case 'event':
      return `(${item.body.words})`;
    case 'image':
      return '[圖片]';
    case 'voice':
      return '[語音]';
    case 'video':
      return '[影片]';
    case 'location':
      return `[位置] ${item.body.label}`;
    case 'link':
      return `[鏈接] ${item.body.title}`;
  }
}
