import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { AppError, messageOf } from '../errors';
import type { TurnableClock } from '../kit/clock';
import type { Log } from '../kit/log';
import { type CallbackSettings, createCallbacks } from './callbacks';
import { createControl } from './control';
import { createDeeds } from './deeds';
import { createEffects } from './effects';
import { createFanFace } from './fan-face';
import { keepWorld } from './keep-world';
import { createKnobs } from './knobs';
import { createWeixin } from './weixin';
import { mediaUrlOf } from './weixin/media';
import type { Agent, Platform, Template } from './weixin/platform';
import { createQuota } from './weixin/quota';
import { createTokens } from './weixin/tokens';
import { createWorld } from './world';

export type SimulatorOptions = {
  /** Where the account listens, `http://127.0.0.1:3000/wechat`; several for several processes. */
  callbackUrl: string | string[];
  appId: string;
  appSecret: string;
  token: string;
  encodingAesKey?: string | undefined;
  /** The account's original id, `gh_…`. */
  account: string;
  /** The name on top of the chat. */
  accountName?: string;
  /** Where the console is, for the link to it. */
  consoleUrl?: string;
  accountType?: 'service' | 'subscription';
  /** Business time: WeChat's own clock here, for windows, tokens and days. */
  clock: TurnableClock;
  log: Log;
  /** Turns business time by stepping; without it the clock jumps. */
  turn?: (to: number) => Promise<void>;
  /** How deliveries behave; for tests. */
  callbacks?: Partial<
    Pick<CallbackSettings, 'mode' | 'format' | 'timeoutMs' | 'gapMs' | 'copies' | 'machineNow'>
  >;
  /** Every accepted effect is appended here and on disk before it is answered. */
  effectsFile?: string;
  /** Where the world is kept over a restart. */
  stateFile?: string;
  historyPerFan?: number;
  /** What the account's console holds: old auto-replies (`get_current_autoreply_info`), templates, human agents. */
  autoReplies?: object;
  templates?: Template[];
  notices?: Template[];
  agents?: Agent[];
  /** True refuses to make one at all. */
  production?: boolean;
};

/**
 * WeChat from the other side: fans who say, send, click, scan, follow and leave, and a fake `api.weixin.qq.com` that
 * holds the account to the platform's rules. `listen` opens both, with the phone page, on one port.
 */
export function createSimulator(options: SimulatorOptions) {
  if (options.production) {
    throw new AppError(
      'Forbidden',
      'simulator.in-production',
      'The simulator plays WeChat and must never run in production: set WECHAT_APP_ID and the other WECHAT_ settings.',
    );
  }
  const { clock, log, appId, account } = options;
  const world = createWorld({
    appId,
    account,
    clock,
    ...(options.historyPerFan === undefined ? {} : { historyPerFan: options.historyPerFan }),
  });
  const kept = options.stateFile === undefined ? undefined : keepWorld(world, options.stateFile);
  const effects = createEffects(options.effectsFile === undefined ? {} : { file: options.effectsFile });
  const knobs = createKnobs();
  const tokens = createTokens(clock);
  const callbacks = createCallbacks({
    urls: [options.callbackUrl].flat(),
    appId,
    token: options.token,
    ...(options.encodingAesKey ? { encodingAesKey: options.encodingAesKey } : {}),
    ...options.callbacks,
  });

  let server: Server | undefined;
  let publicUrl = 'http://127.0.0.1:3001';
  let nextId = Date.now() * 100;
  const running = new Set<Promise<unknown>>();
  const later = (work: () => Promise<unknown>) => {
    const run = new Promise((resolve) => setImmediate(resolve))
      .then(work)
      .catch((error: unknown) => log.warn({ err: error }, 'simulator: an event of the platform failed'))
      .finally(() => running.delete(run));
    running.add(run);
  };

  const deeds = createDeeds({
    world,
    callbacks,
    mediaUrl: (id) => mediaUrlOf({ world, publicUrl: () => publicUrl }, id),
  });
  const platform: Platform = {
    world,
    effects,
    tokens,
    deeds,
    callbacks,
    appSecret: options.appSecret,
    accountType: options.accountType ?? 'service',
    publicUrl: () => publicUrl,
    nextId: () => nextId++,
    autoReplies: () => options.autoReplies ?? { is_add_friend_reply_open: 0, is_autoreply_open: 0 },
    templates: () => options.templates ?? [],
    notices: () => options.notices ?? [],
    agents: () => options.agents ?? [],
    quota: createQuota(clock),
    refusals: new Map(),
    later,
  };

  let turning = false;
  /** Moves business time forward; steps through `options.turn` where there is one. One turn at a time. */
  async function turn(to: number): Promise<void> {
    if (turning) throw new AppError('Conflict', 'simulator.clock-turning', '時鐘正在走，請等它走完');
    if (!(to >= clock.now())) throw new AppError('Invalid', 'simulator.clock-backwards', '時鐘只能往前調');
    turning = true;
    const from = clock.now();
    const tick = setInterval(
      () => world.tell({ kind: 'clock', now: clock.now(), turning: { from, to } }),
      200,
    ).unref();
    world.tell({ kind: 'clock', now: from, turning: { from, to } });
    try {
      if (options.turn) await options.turn(to);
      else clock.setOffset(clock.offset() + (to - clock.now()));
      clearInterval(tick);
      world.tell({ kind: 'clock', now: clock.now() });
    } catch (error) {
      clearInterval(tick);
      world.tell({ kind: 'clock', now: clock.now(), turning: { failed: messageOf(error) } });
      throw error;
    } finally {
      turning = false;
    }
  }

  const control = createControl({
    platform,
    knobs,
    turn,
    accountName: options.accountName ?? '小藝',
    consoleUrl: options.consoleUrl ?? '',
  });
  const koa = new Koa();
  koa.on('error', (error: NodeJS.ErrnoException) => {
    // A phone that closes its page is no fault.
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
      log.warn({ err: error }, 'simulator: request failed');
  });
  koa.use(createWeixin({ platform, knobs }));
  koa.use(control.middleware);

  return {
    world,
    effects,
    knobs,
    tokens,
    callbacks,
    deeds,
    turn,
    /** How many phone pages are listening. */
    watched: control.watched,
    /** What one fan does and sees; she is a stranger until she follows. */
    fan: (name: string) => createFanFace({ world, deeds, fan: world.fan(name) }),
    /** Where it can be reached: base URL of the fake API and address of the phone page. */
    get url() {
      return publicUrl;
    },
    /** Waits for what the platform sends on its own, such as TEMPLATESENDJOBFINISH. */
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
    /** Opens the port, 0 for any free one; loopback only unless a host is named. */
    listen(port: number, host = '127.0.0.1'): Promise<{ url: string }> {
      control.allowOnly(host);
      return new Promise((resolve, reject) => {
        const handle = koa.callback();
        const opening = createServer((req, res) => void handle(req, res));
        server = opening;
        opening.once('error', reject);
        opening.listen(port, host, () => {
          publicUrl = `http://127.0.0.1:${(opening.address() as AddressInfo).port}`;
          resolve({ url: publicUrl });
        });
      });
    },
    async close(): Promise<void> {
      control.close();
      await Promise.all(running);
      kept?.close();
      effects.close();
      const open = server;
      server = undefined;
      if (!open) return;
      await new Promise<void>((resolve) => {
        open.close(() => resolve());
        open.closeAllConnections();
      });
    },
  };
}

export type Simulator = ReturnType<typeof createSimulator>;
