import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataLock, lockHolder, takeLock } from '../../src/store/data-lock';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-lock-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const leave = (name: string, owner: string) => {
  mkdirSync(join(dataDir, 'lock'), { recursive: true });
  writeFileSync(join(dataDir, 'lock', name), owner);
};

test('a folder has one owner at a time', () => {
  const first = takeLock(dataDir) as DataLock;
  expect(takeLock(dataDir)).toEqual({ heldBy: process.pid });
  expect(lockHolder(dataDir)).toEqual({ pid: process.pid, owner: first.owner });
  first.release();
  expect(lockHolder(dataDir)).toBeUndefined();
  expect(takeLock(dataDir)).toHaveProperty('release');
});

test('the lock of a process that ended is free', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  leave('7', `${pid}/12345/boot`);
  expect(takeLock(dataDir)).toHaveProperty('release');
  expect(readdirSync(join(dataDir, 'lock'))).toEqual(['8']);
});

test('a process number that was given to somebody else does not hold a lock', () => {
  leave('1', `${process.pid}/1/another boot`);
  expect(lockHolder(dataDir)).toBeUndefined();
  expect(takeLock(dataDir)).toHaveProperty('release');
});

test('a file that is no lock, or an empty one, does no harm', () => {
  leave('2', '');
  leave('notes.txt', 'hello');
  expect(takeLock(dataDir)).toHaveProperty('release');
});
