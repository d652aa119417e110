import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../src/kit/root';
import { endOf, processesWith, until } from './support/processes';

/** A project of its own, with a compiler and an npm that only write down that they were called. */
let project: string;
const at = (path: string) => join(project, path);
const write = (path: string, text: string) => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), text);
};
const lock = (version: string) =>
  JSON.stringify({
    packages: {
      '': {},
      'node_modules/koa': { version },
      'node_modules/koa-for-elsewhere': { version, optional: true, os: ['plan9'] },
    },
  });

const compiler = `
const { appendFileSync, cpSync, existsSync } = require('node:fs');
appendFileSync('calls', 'tsc ');
const to = process.argv[process.argv.indexOf('--outDir') + 1];
cpSync('src', to + '/src', { recursive: true });
if (existsSync('broken')) { console.error('src/a.ts(1,1): error TS1'); process.exit(2); }
if (existsSync('slow')) setInterval(() => undefined, 1000);
`;
const npm = `
const { appendFileSync, cpSync } = require('node:fs');
appendFileSync('calls', 'npm ' + process.argv.slice(2, 4).join(' ') + ' ');
cpSync('package-lock.json', 'node_modules/.package-lock.json');
`;

beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'xiaoyi-setup-')));
  for (const name of ['setup.js', 'check-node.js'])
    cpSync(join(root, 'scripts', name), at(`scripts/${name}`));
  write('package.json', JSON.stringify({ engines: { node: '>=20.19' } }));
  write('package-lock.json', lock('1.0.0'));
  write('node_modules/.package-lock.json', lock('1.0.0'));
  write('node_modules/typescript/bin/tsc', compiler);
  write('npm.js', npm);
  write('tsconfig.json', '{}');
  write('tsconfig.build.json', '{}');
  write('src/a.ts', 'a');
  write('src/b.ts', 'b');
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const calls = () => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim() : '');

function start() {
  const child = spawn(
    process.execPath,
    ['-e', "require('./scripts/setup.js').main(() => require('./scripts/setup.js').setup())"],
    {
      cwd: project,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, npm_execpath: at('npm.js') },
    },
  );
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  return { child, said: () => said };
}

async function setUp() {
  const { child, said } = start();
  return { code: await endOf(child), said: said() };
}

test('the first start compiles, the next one does nothing', async () => {
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(await setUp()).toEqual({ code: 0, said: '' });
  expect(calls()).toBe('tsc');
});

test('a changed source is compiled, and what was deleted is gone from the build', async () => {
  await setUp();
  write('src/a.ts', 'other');
  rmSync(at('src/b.ts'));
  await setUp();
  expect(readFileSync(at('dist/src/a.ts'), 'utf8')).toBe('other');
  expect(existsSync(at('dist/src/b.ts'))).toBe(false);
});

test('a source that does not compile is told and leaves the build that was; mended, it is compiled', async () => {
  await setUp();
  write('src/a.ts', 'wrong');
  write('broken', '');
  const { code, said } = await setUp();
  expect(code).toBe(1);
  expect(said).toContain('src/a.ts(1,1): error TS1');
  expect(said).toMatch(/Compiling failed \(code 2\); what it said stands above\.\n$/);
  expect(readFileSync(at('dist/src/a.ts'), 'utf8')).toBe('a');
  rmSync(at('broken'));
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(readFileSync(at('dist/src/a.ts'), 'utf8')).toBe('wrong');
});

test('a kill in the middle of a compile costs nothing: the next start waits for what still works, and compiles', async () => {
  write('slow', '');
  const killed = start();
  await until(() => existsSync(at('dist.new/src/a.ts')), { what: 'it compiles' });
  killed.child.kill('SIGKILL');
  await endOf(killed.child);
  rmSync(at('slow'));
  const next = start();
  await until(() => next.said().includes('waiting for it'), { what: 'the next start waits' });
  expect(existsSync(at('dist'))).toBe(false);
  for (const { pid } of processesWith(at('node_modules/typescript/bin/tsc'))) process.kill(pid, 'SIGKILL');
  expect(await endOf(next.child)).toBe(0);
  expect(existsSync(at('dist/src/a.ts'))).toBe(true);
});

test('two starts at once compile once', async () => {
  const both = await Promise.all([setUp(), setUp()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(calls()).toBe('tsc');
});

test('packages are installed when the lock file asks for others, without running their scripts', async () => {
  write('package-lock.json', lock('1.0.1'));
  await setUp();
  await setUp();
  expect(calls()).toBe('npm ci --ignore-scripts tsc');
});

test('what is meant for another system need not be there', async () => {
  const installed = JSON.parse(lock('1.0.0')) as { packages: Record<string, unknown> };
  delete installed.packages['node_modules/koa-for-elsewhere'];
  write('node_modules/.package-lock.json', JSON.stringify(installed));
  await setUp();
  expect(calls()).toBe('tsc');
});

test('a Node that is too old is told what is needed', async () => {
  write('package.json', JSON.stringify({ engines: { node: '>=99.1' } }));
  const { code, said } = await setUp();
  expect(code).toBe(1);
  expect(said).toContain(`needs Node 99.1 or newer; this is ${process.versions.node}`);
});
