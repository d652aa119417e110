import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/kit/log';
import { createLogFile } from '../../src/kit/log-file';
import { until } from '../support/processes';

let folder: string;
let shown: string[];
const people = { write: (line: string) => void shown.push(line) };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xiaoyi-logs-'));
  shown = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const logTo = (file: string) => createLog({ level: 'debug', name: 'web', to: createLogFile(file, people) });
const isIn = (file: string, last: string) =>
  until(() => readFileSync(file, 'utf8').includes(last), { what: 'it is written', withinMs: 10_000 });
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; err?: { stack: string } });

test('a person sees what is wrong, one line each; all of it lies in the file, for its owner alone', async () => {
  const file = join(folder, 'logs', 'web.log');
  const log = logTo(file);
  log.debug('a call');
  log.info({ port: 3000 }, 'web is ready');
  log.warn({ role: 'worker' }, 'a process ended and is started again');
  log.error({ err: new Error('no such\nword') }, 'a request failed');
  await isIn(file, 'a request failed');
  expect(shown).toEqual([
    '· a process ended and is started again（詳見日誌 web.log）\n',
    '✗ a request failed：no such word（詳見日誌 web.log）\n',
  ]);
  expect(linesOf(file).map(({ msg }) => msg)).toEqual([
    'a call',
    'web is ready',
    'a process ended and is started again',
    'a request failed',
  ]);
  expect(linesOf(file)[3]?.err?.stack).toContain('log-file.test');
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('a file that is full is put aside, and what was put aside before it goes', async () => {
  const file = join(folder, 'web.log');
  writeFileSync(`${file}.1`, 'older');
  writeFileSync(file, 'x'.repeat(10_000_001));
  const log = logTo(file);
  log.info('the first of a new file');
  log.info('the second');
  await isIn(file, 'the second');
  expect(statSync(`${file}.1`).size).toBe(10_000_001);
  expect(linesOf(file).map(({ msg }) => msg)).toEqual(['the first of a new file', 'the second']);
});

test('where no file can be, the lines are shown as they are', () => {
  writeFileSync(join(folder, 'logs'), 'no folder');
  const log = logTo(join(folder, 'logs', 'web.log'));
  log.info('web is ready');
  expect(shown).toHaveLength(1);
  expect(JSON.parse(shown[0] ?? '')).toMatchObject({ msg: 'web is ready' });
  expect(existsSync(join(folder, 'logs', 'web.log'))).toBe(false);
});
