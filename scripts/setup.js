/*
 * Sets up what a fresh clone lacks: packages, and the build. Does nothing, quickly, when nothing is lacking.
 * No dependencies: it runs before there are any.
 */
'use strict';
require('./check-node');
const { spawn } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const { constants } = require('node:os');
const { join, relative } = require('node:path');

const root = join(__dirname, '..');
const dist = join(root, 'dist');

/**
 * Installs packages when the lock file asks for others than there are, and compiles when the sources changed.
 * Throws with a sentence for people when that fails. `compile: false` leaves the build alone (tests need none).
 */
async function setup({ compile = true, quiet = false } = {}) {
  const say = quiet ? () => undefined : (line) => process.stderr.write(`${line}\n`);
  if (isInstalled() && (!compile || isCompiled())) return;
  await oneAtATime(say, async (lock) => {
    if (!isInstalled()) await install({ say, lock });
    if (compile && !isCompiled()) await build({ say, lock });
  });
}

/** npm writes what it installed as the last thing it does, so after a kill half-way this says no. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const present = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  if (!present) return false;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || present[path]?.version === entry.version || !isForHere(entry),
  );
}

/** Packages for another system or processor are not installed here. */
function isForHere({ os, cpu, libc, optional }) {
  if (optional && !os && !cpu) return false;
  if (os && !os.includes(process.platform)) return false;
  if (cpu && !cpu.includes(process.arch)) return false;
  return !libc || libc.includes(process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl');
}

async function install({ say, lock }) {
  say('Installing packages (once, and when package-lock.json changes) …');
  // Nothing that is used here needs an install script: native parts come as packages of their own.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  await step({ say, lock, what: 'Installing packages', command: [...npm, ...args] });
}

function isCompiled() {
  return readText(join(dist, '.made-of')) === sourcesHash();
}

/** Compiles beside `dist/` and swaps: a deleted source is gone, and a kill half-way leaves no half build in use. */
async function build({ say, lock }) {
  const hash = sourcesHash();
  const fresh = join(root, 'dist.new');
  const old = join(root, 'dist.old');
  for (const dir of [fresh, old]) fs.rmSync(dir, { recursive: true, force: true });
  say('正在編譯 …');
  const tsc = [process.execPath, join(root, 'node_modules/typescript/bin/tsc')];
  await step({
    say,
    lock,
    what: 'Compiling',
    command: [...tsc, '-p', 'tsconfig.build.json', '--outDir', fresh],
  });
  fs.writeFileSync(join(fresh, '.made-of'), hash);
  if (fs.existsSync(dist)) fs.renameSync(dist, old);
  fs.renameSync(fresh, dist);
  fs.rmSync(old, { recursive: true, force: true });
}

/** Of everything the compiler reads that is ours, and of the compiler's version. */
function sourcesHash() {
  const hash = createHash('sha1');
  const files = [
    ...filesIn('src', /\.(ts|json)$/),
    ...filesIn('handlers', /\.ts$/),
    ...filesIn('scripts', /\.ts$/),
    join(root, 'tsconfig.json'),
    join(root, 'tsconfig.build.json'),
  ];
  for (const file of files)
    hash
      .update(`${relative(root, file)}\n`)
      .update(fs.readFileSync(file))
      .update('\0');
  hash.update(String(readJson(join(root, 'package-lock.json')).packages['node_modules/typescript']?.version));
  return hash.digest('hex');
}

function filesIn(folder, pattern) {
  const dir = join(root, folder);
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { recursive: true })
    .filter((name) => pattern.test(name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => join(dir, name));
}

/** Runs one step to its end, with its output shown; says that it still works where nothing moves on the screen. */
function step({ say, lock, what, command: [program, ...args] }) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const timer = setInterval(() => process.stderr.isTTY || say(`${what}: ${seconds()} s so far …`), 5_000);
  return new Promise((resolve, reject) => {
    // Its output goes to stderr: stdout belongs to whatever is run afterwards. It holds the lock too: when we are
    // killed and it works on, the next start waits for it.
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2, lock] });
    child.once('error', (error) =>
      reject(new Error(`${what}: ${program} could not be run: ${error.message}`)),
    );
    child.once('exit', (code, signal) => {
      if (code === 0) {
        say(`${what}: done after ${seconds()} s.`);
        resolve();
      } else reject(new Error(`${what} failed (${signal ?? `code ${code}`}); what it said stands above.`));
    });
  }).finally(() => clearInterval(timer));
}

/**
 * Two starts of one clone at once must not install over each other. A listening port is the lock, since the
 * system takes it back however its owner ends; which one follows from the clone's folder.
 */
async function oneAtATime(say, work) {
  const port = 20_000 + (createHash('sha1').update(root).digest().readUInt32BE() % 10_000);
  let told = false;
  let lock = await listenOn(port);
  for (const giveUpAt = Date.now() + 15 * 60_000; !lock; lock = await listenOn(port)) {
    if (!told) say('Another start is setting this clone up; waiting for it …');
    told = true;
    if (Date.now() > giveUpAt) {
      throw new Error(`Port ${port}, by which starts wait for each other, is used by something else.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    await work(lock._handle.fd);
  } finally {
    lock.close();
  }
}

function listenOn(port) {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => socket.end());
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(file) {
  const text = readText(file);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The exit code of a child, when it has ended; 128 and the signal's number when a signal ended it. */
function codeOf(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** Runs `work` and ends with what it gives; a failure is one sentence, not a stack. */
function main(work) {
  work().then(
    (code) => process.exit(code),
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
}

module.exports = { setup, main, codeOf, root };
