/*
 * `node engine-redis-build.js FOLDER VERSION SHA256`: builds redis-server from its sources in FOLDER, where the
 * package redis-memory-server is installed, and prints its path as the last line. A program of its own because that
 * package is not one of ours, reads its settings (REDISMS_DOWNLOAD_MIRROR, proxies) from the environment, and the
 * sources must be the ones we know before `make` runs anything of them.
 */
'use strict';
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [dir, version, sha256] = process.argv.slice(2);

// Without this the package accepts any certificate.
process.env.npm_config_strict_ssl ??= 'true';

async function build() {
  const { default: Download } = createRequire(join(dir, 'package.json'))(
    'redis-memory-server/lib/util/RedisBinaryDownload',
  );
  const download = new Download({ downloadDir: join(dir, 'redis'), version });
  const archive = await download.startDownload();
  const found = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (found !== sha256)
    throw new Error(`the sources are not the ones we know (SHA-256 ${found}); they were not used`);
  await download.makeInstall(await download.extract(archive));
  return join(dir, 'redis', version, 'redis-server');
}

build().then(
  (path) => process.stdout.write(`\n${path}\n`),
  (error) => {
    process.stderr.write(`${error.message.replace(/\s+/g, ' ')}\n`);
    process.exit(1);
  },
);
