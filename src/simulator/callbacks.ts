import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../errors';
import { monotonicMs } from '../kit/clock';
import { createEnvelope } from '../wechat/protocol/crypto';
import { signatureOf } from '../wechat/protocol/signature';
import type { Delivery, Wire } from './chat';
import { postOnce } from './post';
import { type Fields, type Node, readXml, writeXml } from './xml';

export type CallbackSettings = {
  /** One address, or several (several processes): copies then go round them. */
  urls: string[];
  appId: string;
  token: string;
  /** Without it messages go in the open. */
  encodingAesKey?: string;
  /** `compatible` sends the plain fields beside the sealed ones; `safe` is the default when there is a key. */
  mode?: 'plain' | 'compatible' | 'safe';
  format?: 'xml' | 'json';
  /** How long one delivery may take, ms. WeChat: 5000. */
  timeoutMs?: number;
  /** From the start of one delivery to the next, ms, when the first was not answered. WeChat: 5000. */
  gapMs?: number;
  /** Deliveries in all. WeChat: 3. */
  copies?: number;
  /** Machine time: what the signature's timestamp is made of. */
  machineNow?: () => number;
};

export type Outcome = {
  wire: Wire;
  /**
   * `nothing`: the account said `success`; `reply`: what it said, opened and parsed, not yet judged;
   * `failed`: a fan would see the banner, and why.
   */
  answer:
    | { kind: 'nothing' }
    | { kind: 'reply'; fields: { [name: string]: Node } }
    | { kind: 'failed'; why: string };
};

/**
 * Delivers messages to the account's callback as WeChat does (wechat.md §1): signed and sealed anew for every
 * delivery, a new connection each, 5 s to answer, up to three times when there is no answer with status 200.
 * `storm` sends all copies at once.
 */
export function createCallbacks(settings: CallbackSettings) {
  const { appId, token } = settings;
  let { urls } = settings;
  const timeoutMs = settings.timeoutMs ?? 5000;
  const gapMs = settings.gapMs ?? 5000;
  const copies = settings.copies ?? 3;
  const format = settings.format ?? 'xml';
  const machineNow = settings.machineNow ?? Date.now;
  const envelope =
    settings.encodingAesKey === undefined
      ? undefined
      : createEnvelope({ appId, encodingAesKey: settings.encodingAesKey });
  const mode = settings.mode ?? (envelope ? 'safe' : 'plain');
  let round = 0;

  const write = (fields: Fields): string => (format === 'json' ? writeJson(fields) : writeXml(fields));
  const read = (body: string): { [name: string]: Node } =>
    format === 'json' ? readJson(body) : readXml(body);

  /** Address and body of one delivery; a fresh timestamp, nonce and random each time. */
  function prepare(fields: Fields, openid: string, base: string): { url: URL; body: string } {
    const timestamp = String(Math.floor(machineNow() / 1000));
    const nonce = String(randomBytes(4).readUInt32BE());
    const url = new URL(base);
    const query = { signature: signatureOf(token, timestamp, nonce), timestamp, nonce, openid };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    if (mode === 'plain' || !envelope) return { url, body: write(fields) };

    const sealed = envelope.seal(write(fields));
    url.searchParams.set('encrypt_type', 'aes');
    url.searchParams.set('msg_signature', signatureOf(token, timestamp, nonce, sealed));
    const to = textOf(fields, 'ToUserName');
    return {
      url,
      body: write(mode === 'safe' ? { ToUserName: to, Encrypt: sealed } : { ...fields, Encrypt: sealed }),
    };
  }

  async function deliverOnce(fields: Fields, openid: string): Promise<Delivery> {
    const { url, body } = prepare(fields, openid, urls[round++ % urls.length] ?? '');
    const at = Date.now();
    const contentType = format === 'json' ? 'application/json' : 'text/xml';
    const answer = await postOnce({ url, body, contentType, timeoutMs });
    const common = { url: url.href, at, ms: answer.ms, body };
    if ('error' in answer) return { ...common, error: answer.error };
    return { ...common, status: answer.status, response: answer.body };
  }

  /** Opens what was answered with status 200. Throws with the reason when it is not something WeChat takes. */
  function open(response: string): { fields?: { [name: string]: Node }; plain: string } {
    if (response.trim() === '' || response === 'success') return { plain: response };
    const outer = read(response);
    const sealed = outer['Encrypt'];
    if (sealed === undefined) {
      if (mode === 'safe') throw new Error('安全模式下，回覆必須加密');
      return { fields: outer, plain: response };
    }
    if (typeof sealed !== 'string' || !envelope || mode === 'plain')
      throw new Error('明文模式下，回覆不該加密');
    const [timestamp, nonce, signature] = ['TimeStamp', 'Nonce', 'MsgSignature'].map((name) => {
      const value = outer[name];
      if (typeof value !== 'string' || value === '') throw new Error(`加密的回覆缺少 ${name}`);
      return value;
    }) as [string, string, string];
    if (signatureOf(token, timestamp, nonce, sealed) !== signature)
      throw new Error('回覆的 MsgSignature 不對');
    const plain = envelope.open(sealed);
    return { fields: read(plain), plain };
  }

  function judge(deliveries: Delivery[], plain: string): Outcome {
    const wire: Wire = { plain, deliveries, remarks: [] };
    const answered = deliveries.find((one) => one.status === 200);
    if (!answered) {
      const last = deliveries.at(-1);
      return { wire, answer: { kind: 'failed', why: last?.error ?? `回了 HTTP ${last?.status}` } };
    }
    try {
      const opened = open(answered.response ?? '');
      wire.plainReply = opened.plain;
      return { wire, answer: opened.fields ? { kind: 'reply', fields: opened.fields } : { kind: 'nothing' } };
    } catch (error) {
      return { wire, answer: { kind: 'failed', why: messageOf(error) } };
    }
  }

  return {
    mode,
    /** Delivers to other addresses from now on, as after a change in the console. */
    pointAt: (...addresses: string[]) => {
      urls = addresses;
    },
    /** Until it is answered with 200, or three times. Never rejects. */
    async deliver(fields: Fields, openid: string, how: { storm?: boolean } = {}): Promise<Outcome> {
      const plain = write(fields);
      if (how.storm) {
        const all = await Promise.all(Array.from({ length: copies }, () => deliverOnce(fields, openid)));
        return judge(all, plain);
      }
      const deliveries: Delivery[] = [];
      for (let n = 0; n < copies; n++) {
        const startedAt = monotonicMs();
        const delivery = await deliverOnce(fields, openid);
        deliveries.push(delivery);
        if (delivery.status === 200) break;
        const rest = gapMs - (monotonicMs() - startedAt);
        if (n + 1 < copies && rest > 0) await wait(rest);
      }
      return judge(deliveries, plain);
    },
    /** One delivery as a request, for tests that spoil it on purpose. */
    prepare: (fields: Fields, openid: string) => prepare(fields, openid, urls[0] ?? ''),
    /** The one-time check when the address is set in the console (GET with `echostr`, never sealed). */
    async verify(): Promise<boolean> {
      const timestamp = String(Math.floor(machineNow() / 1000));
      const nonce = String(randomBytes(4).readUInt32BE());
      const echostr = String(randomBytes(6).readUIntBE(0, 6));
      const url = new URL(urls[0] ?? '');
      const query = { signature: signatureOf(token, timestamp, nonce), timestamp, nonce, echostr };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      return response.ok && (await response.text()) === echostr;
    },
  };
}

export type Callbacks = ReturnType<typeof createCallbacks>;

/** JSON with 64-bit ids as bare numbers, as WeChat writes them. */
const writeJson = (fields: Fields): string =>
  JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === 'bigint' ? `bigint:${value}` : value,
  ).replace(/"bigint:(\d+)"/g, '$1');

/** A field that is a text, '' when it is absent. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** A JSON body with every leaf as a string, as `readXml` gives it. */
function readJson(body: string): { [name: string]: Node } {
  const value: unknown = JSON.parse(body, (_key, leaf: unknown) =>
    typeof leaf === 'number' ? String(leaf) : leaf,
  );
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('回覆不是一個 JSON 物件');
  return value as { [name: string]: Node };
}
