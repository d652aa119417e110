import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../errors';
import type { Log } from '../../kit/log';
import { createPacer, type Pacer } from '../../kit/pacer';
import { type AccountKind, featureOf, whyNot } from './account-types';
import { faultOf, isWechatError, passesSoon, WechatError, type WechatFault } from './errors';
import { isObject, type JsonObject, parseExact } from './exact-json';
import { createToken, type SharedToken } from './token';
import { type Asked, exchange as overWire, WireFault } from './wire';

export type WechatAnswer = JsonObject;
export type Query = Record<string, string | number>;
export type Upload = {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  fields?: Record<string, string>;
};
export type Download =
  | { kind: 'file'; bytes: Buffer<ArrayBuffer>; type: string; name?: string }
  | { kind: 'json'; answer: WechatAnswer };

/** One call that ended, for metrics. `errcode` is 0 for success and `network` when there was no readable answer. */
export type CallEnd = { path: string; errcode: number | 'network'; ms: number };

export type ClientOptions = {
  /** `https://api.weixin.qq.com`, or the simulator. Nothing else is ever called, but for pictures of QR codes. */
  baseUrl: string;
  appId: string;
  appSecret: string;
  /** What the account is: calls that it may not make are refused before they are sent. Absent: WeChat says so itself. */
  account?: AccountKind;
  /** Where all processes keep one token; absent: this client asks for its own, which is the same. */
  sharedToken?: SharedToken;
  /** For the whole call, answer included. 10,000 ms; an upload or download may take three times as long. */
  timeoutMs?: number;
  log: Log;
  onEnd?: (end: CallEnd) => void;
  /** The first pause before a read is repeated; it doubles. 300 ms. */
  backoffMs?: number;
  /** Spaces the mass calls of this process; 54 a minute, because WeChat takes 60 of all processes together. */
  massPacer?: Pacer;
  /** Monotonic ms, for the token's life. */
  now?: () => number;
};

/** Where WeChat itself shows the pictures of QR codes; whatever plays WeChat shows its own. */
const picturesOf = (baseUrl: string): string =>
  new URL(baseUrl).hostname.endsWith('.weixin.qq.com') ? 'https://mp.weixin.qq.com' : baseUrl;

/** The code of the AppError for a call that the account's type may not make. */
export const notForAccount = 'wechat.account-type';

const bodyCap = 8 * 1024 * 1024;
const fileCap = 32 * 1024 * 1024;
const readTries = 3;
const pathShape = /^(?:\/[A-Za-z0-9_-]+)+$/;

/** The network said that the request was never sent; after anything else it may have taken effect. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

type Init = Pick<Asked, 'method' | 'headers' | 'body'>;
type Request = { path: string; url: string; init: Init; cap?: number; timeoutMs?: number };
type Raw = { type: string; name?: string; bytes: Buffer<ArrayBuffer> };

/**
 * The only door to WeChat's API. Adds the token, refuses redirects, bounds time and size, keeps 64-bit numbers exact
 * (as strings) and throws `WechatError` for every refusal. Neither the token nor the secret appears in an error or a
 * log line. A refused token is replaced and the call repeated once; reads are repeated up to three times when WeChat is
 * busy; a `post` that is not `repeatable` is never repeated for any other reason. What the account's type may not do
 * throws AppError `Forbidden` (`wechat.account-type`) with the reason, and mass sends wait for their turn.
 */
export function createWechatClient(options: ClientOptions) {
  const { log, appId, appSecret, timeoutMs = 10_000, backoffMs = 300 } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const massPacer = options.massPacer ?? createPacer({ perSecond: 0.9 });
  const token = createToken({
    fetch: fetchToken,
    shared: options.sharedToken,
    onSharedFailure: (err) =>
      log.warn({ err }, 'the shared access token is out of reach; asking WeChat alone'),
    ...(options.now ? { now: options.now } : {}),
  });

  async function fetchToken(force: boolean) {
    const path = '/cgi-bin/stable_token';
    const who = { grant_type: 'client_credential', appid: appId, secret: appSecret, force_refresh: force };
    const attempt = () =>
      ended(path, () =>
        exchange({ path, url: baseUrl + path, init: jsonPost(who) }).then((raw) => readJson(path, raw)),
      );
    const answer = await repeated(attempt).catch((thrown: unknown) => {
      if (!isWechatError(thrown)) throw thrown;
      // Here the same code means that the secret is wrong, and whatever happened, the call that needs a token was not sent.
      const wrongSecret = thrown.details.retry === 'token';
      throw new WechatError(path, {
        ...thrown.details,
        ambiguous: false,
        ...(wrongSecret ? { retry: 'never', reason: 'AppSecret 不對' } : {}),
      });
    });
    const { access_token: value, expires_in: expiresInS } = answer;
    if (typeof value !== 'string' || typeof expiresInS !== 'number') {
      throw new WechatError(path, broken('the answer has no access_token'));
    }
    if (force) log.warn('WeChat access token refreshed by force');
    return { token: value, expiresInS };
  }

  /** Sends once and reads the whole body. Every failure of the network becomes a WechatError. */
  async function exchange(request: Request): Promise<Raw> {
    const { path, url, init, cap = bodyCap } = request;
    try {
      const asked = { ...init, cap, timeoutMs: request.timeoutMs ?? timeoutMs };
      const { status, headers, bytes } = await overWire(url, asked);
      if (status >= 300 && status < 400) throw new WechatError(path, refusedRedirect(status));
      if (status !== 200) throw new WechatError(path, broken(`HTTP ${status}`));
      const name = /filename="?([^";]+)"?/.exec(headers['content-disposition'] ?? '')?.[1];
      return {
        type: headers['content-type']?.split(';')[0]?.trim() ?? '',
        ...(name ? { name } : {}),
        bytes,
      };
    } catch (thrown) {
      if (isWechatError(thrown)) throw thrown;
      throw new WechatError(path, networkFault(thrown, cap));
    }
  }

  /** With a token, and with another one when WeChat refuses it: the next it gives, at last one by force. */
  async function withToken<T>(path: string, once: (accessToken: string) => Promise<T>): Promise<T> {
    let accessToken = await token.get();
    for (let renewed = 0; ; renewed++) {
      try {
        return await once(accessToken);
      } catch (thrown) {
        if (!refusesToken(thrown) || renewed === 2) throw thrown;
        const next = await token.renew(accessToken);
        if (next === undefined) {
          log.error({ path }, 'WeChat refuses the token it gave; no forced refresh left for now');
          throw thrown;
        }
        accessToken = next;
      }
    }
  }

  /** Counts and logs one attempt: path, time and code, never the URL. */
  async function ended<T>(path: string, attempt: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const end = (errcode: CallEnd['errcode']) => {
      const ms = Math.round(performance.now() - startedAt);
      options.onEnd?.({ path, errcode, ms });
      log.debug({ path, ms, errcode }, 'wechat call');
    };
    try {
      const result = await attempt();
      end(0);
      return result;
    } catch (thrown) {
      end(isWechatError(thrown) ? (thrown.details.errcode ?? 'network') : 'network');
      throw thrown;
    }
  }

  async function repeated<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (thrown) {
        if (tries >= readTries || !isWechatError(thrown) || !passesSoon(thrown.details)) throw thrown;
        await wait(backoffMs * 2 ** (tries - 1) * (0.5 + Math.random()));
      }
    }
  }

  // The repetitions are inside: a token that cannot be had has had its own.
  async function call<T>(
    path: string,
    repeatable: boolean,
    once: (accessToken: string) => Promise<T>,
  ): Promise<T> {
    mustBeAllowed(path);
    return withToken(path, async (accessToken) => {
      const attempt = async () => {
        if (path.startsWith('/cgi-bin/message/mass/')) await massPacer.take();
        return ended(path, () => once(accessToken));
      };
      return repeatable ? repeated(attempt) : attempt();
    });
  }

  /** Says why before anything is sent. */
  function mustBeAllowed(path: string): void {
    const feature = featureOf(path);
    const why = options.account && feature && whyNot(options.account, feature);
    if (why) throw new AppError('Forbidden', notForAccount, why);
  }

  /** No error may carry what the URL carries, not even WeChat's own words. */
  const scrub = (text: string, accessToken?: string) =>
    [appSecret, accessToken]
      .reduce<string>((clean, secret) => (secret ? clean.replaceAll(secret, '[hidden]') : clean), text)
      .replace(/(access_token|secret)=[^&\s"]+/g, '$1=[hidden]');

  function readJson(path: string, raw: Raw, accessToken?: string): WechatAnswer {
    const text = raw.bytes.toString('utf8');
    let parsed: unknown;
    try {
      parsed = parseExact(text);
    } catch {
      throw new WechatError(path, broken(`the answer is not JSON (${text.length} characters)`));
    }
    if (!isObject(parsed)) throw new WechatError(path, broken('the answer is not a JSON object'));
    const { errcode = 0, errmsg } = parsed;
    // Some old calls write the code as a string.
    if (Number(errcode) === 0) return parsed;
    const words = typeof errmsg === 'string' ? scrub(errmsg, accessToken) : '';
    const msgId = parsed['msg_id'];
    const named = typeof msgId === 'number' || typeof msgId === 'string' ? { msgId: String(msgId) } : {};
    const fault = { ...faultOf(Number(errcode), words), ...named };
    throw new WechatError(path, fault, openidsIn(parsed['fail_openid_list']));
  }

  function urlOf(path: string, accessToken: string | undefined, query: Query = {}): string {
    if (!pathShape.test(path)) throw new TypeError(`not a path of WeChat's API: ${path}`);
    const params = new URLSearchParams(accessToken ? { access_token: accessToken } : {});
    for (const [name, value] of Object.entries(query)) params.set(name, String(value));
    return `${baseUrl}${path}?${params.toString()}`;
  }

  const json = async (request: Request, accessToken: string) =>
    readJson(request.path, await exchange(request), accessToken);

  return {
    /** Reads; repeated when WeChat is busy. */
    get(path: string, query?: Query): Promise<WechatAnswer> {
      return call(path, true, (accessToken) =>
        json({ path, url: urlOf(path, accessToken, query), init: { method: 'GET' as const } }, accessToken),
      );
    },

    /** `repeatable`: doing it twice is the same as once, so it may be repeated like a read. */
    post(
      path: string,
      body: unknown,
      { repeatable = false }: { repeatable?: boolean } = {},
    ): Promise<WechatAnswer> {
      const init = jsonPost(body);
      return call(path, repeatable, (accessToken) =>
        json({ path, url: urlOf(path, accessToken), init }, accessToken),
      );
    },

    /** One file as multipart, in the field `media`; `fields` go along as text. */
    upload(path: string, file: Upload, query?: Query): Promise<WechatAnswer> {
      return call(path, false, async (accessToken) => {
        const init = await formOf(file);
        return json(
          { path, url: urlOf(path, accessToken, query), init, timeoutMs: timeoutMs * 3 },
          accessToken,
        );
      });
    },

    /** A file, or what WeChat says instead of one (`video_url`). Errors are JSON with HTTP 200: the content type decides. */
    download(path: string, query?: Query): Promise<Download> {
      return call(path, true, async (accessToken) => {
        const url = urlOf(path, accessToken, query);
        const raw = await exchange({
          path,
          url,
          init: { method: 'GET' as const },
          cap: fileCap,
          timeoutMs: timeoutMs * 3,
        });
        const isJson = raw.type === 'application/json' || raw.type === 'text/plain';
        return isJson ? { kind: 'json', answer: readJson(path, raw, accessToken) } : { kind: 'file', ...raw };
      });
    },

    /** The picture of a QR code, by its ticket; everybody may see it, so no token goes along. */
    async qrcodePicture(ticket: string): Promise<{ type: string; bytes: Buffer }> {
      const path = '/cgi-bin/showqrcode';
      const url = `${picturesOf(baseUrl)}${path}?${new URLSearchParams({ ticket }).toString()}`;
      const { type, bytes } = await repeated(() =>
        ended(path, () => exchange({ path, url, init: { method: 'GET' as const } })),
      );
      if (!type.startsWith('image/'))
        throw new WechatError(path, broken(`the answer is no picture (${type})`));
      return { type, bytes };
    },

    /** A call that WeChat takes with the secret instead of a token, because there may be none to be had. */
    async postWithSecret(path: string): Promise<WechatAnswer> {
      const init = jsonPost({ appid: appId, appsecret: appSecret });
      return ended(path, () => json({ path, url: urlOf(path, undefined), init }, ''));
    },

    /** Is there a token to be had? For `doctor`; throws what WeChat says when not. */
    async checkToken(): Promise<void> {
      await token.get();
    },

    appId,
  };
}

export type WechatClient = ReturnType<typeof createWechatClient>;

/** `JSON.stringify` writes UTF-8 as it is; WeChat refuses or shows `\\u` escapes (40033, 47002). */
const jsonPost = (body: unknown): Init => ({
  method: 'POST',
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});

async function formOf(file: Upload): Promise<Init> {
  const form = new FormData();
  form.set('media', new Blob([file.bytes], { type: file.type }), file.name);
  for (const [name, text] of Object.entries(file.fields ?? {})) form.set(name, text);
  const written = new Response(form);
  const headers = { 'content-type': written.headers.get('content-type') ?? '' };
  return { method: 'POST', headers, body: new Uint8Array(await written.arrayBuffer()) };
}

const openidsIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];

const refusesToken = (thrown: unknown): boolean => isWechatError(thrown) && thrown.details.retry === 'token';

/** An answer that cannot be read: the call may have had its effect. */
const broken = (errmsg: string): WechatFault => ({
  errcode: null,
  errmsg,
  reason: '微信的回應讀不懂',
  retry: 'backoff',
  ambiguous: true,
});

const refusedRedirect = (status: number): WechatFault => ({
  ...broken(`HTTP ${status}: redirects are refused`),
  retry: 'never',
  ambiguous: false,
});

/** Only the code and our own words: the messages of HTTP libraries can hold the whole URL, token included. */
function networkFault(thrown: unknown, cap: number): WechatFault {
  const code = codeOf(thrown);
  if (thrown instanceof WireFault && code === 'TOO_LARGE')
    return broken(`the answer is larger than ${cap} bytes`);
  if (code === 'TIMED_OUT')
    return {
      errcode: null,
      errmsg: 'no answer in time',
      reason: '微信沒有及時回應',
      retry: 'backoff',
      ambiguous: true,
    };
  const ambiguous = !neverSent.has(code) && !/CERT|TLS|SSL/.test(code);
  return {
    errcode: null,
    errmsg: code || 'network error',
    reason: '連不上微信',
    retry: 'backoff',
    ambiguous,
  };
}

const codeOf = (thrown: unknown): string =>
  isObject(thrown) && typeof thrown['code'] === 'string' ? thrown['code'] : '';
