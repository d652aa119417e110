import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export type Asked = {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** For the whole exchange, answer included. */
  timeoutMs: number;
  /** Bytes of an answer. */
  cap: number;
};
export type Answered = { status: number; headers: IncomingMessage['headers']; bytes: Buffer<ArrayBuffer> };

/** Thrown by us, beside what Node throws. */
export class WireFault extends Error {
  readonly code: 'TIMED_OUT' | 'TOO_LARGE' | 'CUT_OFF';
  constructor(code: WireFault['code']) {
    super(code);
    this.code = code;
  }
}

/** Idle connections are let go before the other side does, or a request would meet a closing door. */
const kept = { keepAlive: true, timeout: 4_000 };
const http = new HttpAgent(kept);
const https = new HttpsAgent(kept);

/**
 * One exchange over a kept connection. Node's own client: `fetch` costs three times its CPU for a small call, and a push makes a
 * million of them. Follows no redirect.
 */
export function exchange(url: string, { method, headers, body, timeoutMs, cap }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:');
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = { method, headers: { ...headers, ...length }, agent: secure ? https : http };
    const sent = secure ? httpsRequest(url, options) : httpRequest(url, options);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
      sent.destroy();
    };
    const timer = setTimeout(() => fail(new WireFault('TIMED_OUT')), timeoutMs);
    sent.on('error', fail);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > cap) fail(new WireFault('TOO_LARGE'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        if (!response.complete) return fail(new WireFault('CUT_OFF'));
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(chunks),
        });
      });
    });
    sent.end(body);
  });
}
