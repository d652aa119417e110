import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { createWhole } from '../../src/kit/private-files';
import { root } from '../../src/kit/root';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'xiaoyi-key-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const keyIn = (dataDir: string) => readFileSync(join(dataDir, 'data-key'), 'utf8');

test('first starts at once all hash with the same key, and leave nothing but it', async () => {
  const dataDir = join(dir, 'data');
  const program = `console.log(require(${JSON.stringify(join(root, 'src/config.ts'))}).loadConfig({ DATA_DIR: ${JSON.stringify(dataDir)} }).dataKey)`;
  const keys = await Promise.all(
    [1, 2, 3, 4].map(
      () =>
        new Promise<string>((resolve) => {
          const register = join(root, 'test/support/register-ts.js');
          const start = spawn(process.execPath, ['-r', register, '-e', program]);
          let said = '';
          start.stdout.on('data', (data: Buffer) => {
            said += data.toString();
          });
          start.once('close', () => resolve(said.trim()));
        }),
    ),
  );
  expect(new Set(keys)).toEqual(new Set([keyIn(dataDir)]));
  expect(readdirSync(dataDir)).toEqual(['data-key']);
});

test.each([
  ['empty', '', 0],
  ['a blank line', '\n', 0],
  ['cut off', 'a'.repeat(31), 31],
])(
  'a key that is %s is refused with its file, its length and what to do, and stays as it is',
  (_, kept, length) => {
    writeFileSync(join(dir, 'data-key'), kept);
    expect(() => loadConfig({ DATA_DIR: dir })).toThrow(
      `${join(dir, 'data-key')} 只有 ${length} 個字元，應該至少 32 個：它沒有寫完，或被改過。有備份就把原來的放回去`,
    );
    expect(keyIn(dir)).toBe(kept);
  },
);

test('the data folder is closed to others, also one that was open', () => {
  const mode = (path: string) => statSync(path).mode & 0o777;
  const fresh = join(dir, 'fresh');
  const old = join(dir, 'old');
  mkdirSync(old);
  chmodSync(old, 0o755);
  for (const dataDir of [fresh, old]) {
    loadConfig({ DATA_DIR: dataDir });
    expect(mode(dataDir)).toBe(0o700);
    expect(mode(join(dataDir, 'data-key'))).toBe(0o600);
  }
});

test('of two that create the same file the first one stays, and no draft is left', () => {
  const file = join(dir, 'secret');
  expect([createWhole(file, 'mine'), createWhole(file, 'theirs')]).toEqual([true, false]);
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect(readdirSync(dir)).toEqual(['secret']);
});
