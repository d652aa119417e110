import { Agent, request } from 'node:http';

export type Answer = { status: number; body: string; ms: number } | { error: string; ms: number };

/**
 * One HTTP POST as WeChat makes it: a new connection each time, unless an `agent` that keeps them is given (for
 * measuring). Never rejects: a timeout, a refused or reset connection and a half body are answers too.
 */
export function postOnce(options: {
  url: URL;
  body: string;
  contentType: string;
  timeoutMs: number;
  agent?: Agent;
}): Promise<Answer> {
  const { url, body, contentType, timeoutMs, agent } = options;
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let settled = false;
    const settle = (answer: { status: number; body: string } | { error: string }) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve({ ...answer, ms: Math.round((performance.now() - startedAt) * 10) / 10 });
    };
    const sending = request(
      url,
      {
        method: 'POST',
        agent: agent ?? false,
        headers: {
          'user-agent': 'Mozilla/4.0',
          accept: '*/*',
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
          ...(agent ? {} : { connection: 'close' }),
        },
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('end', () =>
          settle({ status: incoming.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
        );
        incoming.on('aborted', () => settle({ error: '回應只到一半，連線就斷了' }));
        incoming.on('error', (error) => settle({ error: error.message }));
      },
    );
    const timer = setTimeout(() => {
      settle({ error: `${timeoutMs / 1000} 秒內沒有回應` });
      sending.destroy();
    }, timeoutMs);
    sending.on('error', (error: NodeJS.ErrnoException) =>
      settle({ error: error.code === 'ECONNREFUSED' ? '連不上：程式沒有在聽這個位址' : error.message }),
    );
    sending.end(body);
  });
}
