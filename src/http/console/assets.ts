import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Middleware } from 'koa';
import { root } from '../../kit/root';

/** What pages load, all of it served by us: from packages, and our own few. */
const files: Record<string, { type: string; path: string }> = {
  'tabler.css': {
    type: 'text/css; charset=utf-8',
    path: require.resolve('@tabler/core/dist/css/tabler.min.css'),
  },
  'console.css': { type: 'text/css; charset=utf-8', path: join(root, 'templates', 'console', 'console.css') },
  'htmx.js': { type: 'text/javascript; charset=utf-8', path: require.resolve('htmx.org/dist/htmx.min.js') },
  'console.js': {
    type: 'text/javascript; charset=utf-8',
    path: join(root, 'templates', 'console', 'console.js'),
  },
  'icon.svg': { type: 'image/svg+xml', path: join(root, 'templates', 'console', 'icon.svg') },
};

type Kept = { type: string; plain: Buffer; gzip: Buffer; br: Buffer; tag: string };
const kept = new Map<string, Kept>();

function load(name: string): Kept | undefined {
  const file = files[name];
  if (!file) return undefined;
  const known = kept.get(name);
  if (known) return known;
  const plain = readFileSync(file.path);
  const made: Kept = {
    type: file.type,
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
    tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 16)}"`,
  };
  kept.set(name, made);
  return made;
}

/** Compressed once, asked again only by tag. */
export const serveAssets = (): Middleware => async (ctx, next) => {
  const name = /^\/assets\/([a-z.]{1,20})$/.exec(ctx.path)?.[1];
  const file = name && ['GET', 'HEAD'].includes(ctx.method) ? load(name) : undefined;
  if (!file) return next();
  ctx.set('Cache-Control', 'no-cache');
  ctx.set('Vary', 'Accept-Encoding');
  ctx.etag = file.tag;
  ctx.status = 200;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  const encoding = ctx.acceptsEncodings('br', 'gzip', 'identity');
  ctx.type = file.type;
  if (encoding === 'br' || encoding === 'gzip') ctx.set('Content-Encoding', encoding);
  ctx.body = encoding === 'br' ? file.br : encoding === 'gzip' ? file.gzip : file.plain;
};
