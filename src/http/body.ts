import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors';

/** The raw body, at most `limit` bytes. A larger one is refused as soon as it is seen to be larger. */
export function readBody(request: IncomingMessage, limit: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data').resume();
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(
        chunks.length === 1 ? (chunks[0] as Buffer).toString('utf8') : Buffer.concat(chunks).toString('utf8'),
      ),
    );
    request.on('error', reject);
    request.on('aborted', () =>
      reject(new AppError('Invalid', 'body.aborted', 'The sender hung up before the body ended.')),
    );
  });
}

const tooLarge = (limit: number) =>
  new AppError('Invalid', 'body.too-large', `The body is larger than ${limit} bytes.`);
