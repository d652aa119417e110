/*
 * `node engine-mongod-download.js FOLDER`: fetches a mongod into FOLDER with the binary fetcher of
 * mongodb-memory-server-core and prints its path as the last line. A program of its own so that a download that hangs can be ended,
 * and because that fetcher reads its settings (MONGOMS_DOWNLOAD_MIRROR, MONGOMS_VERSION, proxies) from the environment.
 */
'use strict';
const { readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');

const [dir] = process.argv.slice(2);
const firstByteWithinMs = 6_000;
const stalledAfterMs = 60_000;

// Without this the fetcher accepts any certificate.
process.env.npm_config_strict_ssl ??= 'true';

const { DryMongoBinary } = require('mongodb-memory-server-core/lib/util/DryMongoBinary');
const { MongoBinaryDownload } = require('mongodb-memory-server-core/lib/util/MongoBinaryDownload');
const config = require('mongodb-memory-server-core/lib/util/resolveConfig');

// One try (it counts tries, not retries): without a way to the outside the next source should get its turn soon.
config.setDefaultValue(config.ResolveConfigVariables.MAX_RETRIES, '1');

let seen = 0;
let seenAt = Date.now();
setInterval(() => {
  const size = bytesIn(dir);
  if (size !== seen) {
    seen = size;
    seenAt = Date.now();
  }
  const patience = seen === 0 ? firstByteWithinMs : stalledAfterMs;
  if (Date.now() - seenAt > patience) fail(`no answer within ${patience / 1000} s`);
}, 250);

download().then(
  (path) => {
    process.stdout.write(`\n${path}\n`);
    process.exit(0);
  },
  (error) => fail(error.message),
);

/** Always into our folder: whatever else lies on this machine was looked at before. */
async function download() {
  if (!config.envToBool(config.resolveConfig(config.ResolveConfigVariables.RUNTIME_DOWNLOAD))) {
    throw new Error('MONGOMS_RUNTIME_DOWNLOAD says not to');
  }
  const options = await DryMongoBinary.generateOptions({ downloadDir: dir });
  return await new MongoBinaryDownload({ ...options, downloadDir: dir }).getMongodPath();
}

function fail(why) {
  process.stderr.write(`${why.replace(/\s+/g, ' ')}\n`);
  process.exit(1);
}

/** What has arrived: the archive while it is loaded, the program while it is unpacked. The fetcher's lock file is neither. */
function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))
    .reduce(
      (sum, entry) => sum + (statSync(join(folder, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}
