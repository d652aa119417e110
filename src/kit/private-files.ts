import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../errors';
import { randomId } from './ids';

/** A folder that only its owner can look into. One that is there already is closed to the others. */
export function privateFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if ((statSync(dir).mode & 0o077) === 0) return;
  try {
    chmodSync(dir, 0o700);
  } catch (error) {
    throw new AppError(
      'Forbidden',
      'files.open-folder',
      `${dir} can be read by others and is not ours to close: give this start a folder of its own with DATA_DIR, or \`chown\` this one.`,
      { cause: error },
    );
  }
}

/** Creates a file, for its owner's eyes, that is whole from its first moment and on the disk. False when it exists already. */
export function createWhole(file: string, text: string): boolean {
  const draft = `${file}.${randomId(6)}`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flush: true });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const dir = openSync(dirname(file), 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
  return true;
}

const least = 32;

/** A secret that is made once and kept beside the data: of several starts at once all get the same. `cure` ends the error. */
export function keptSecret(file: string, { make, cure }: { make: () => string; cure: string }): string {
  const secret = readKept(file) ?? (createWhole(file, make()), readKept(file) ?? '');
  if (secret.length >= least) return secret;
  throw new AppError(
    'Invalid',
    'files.broken-secret',
    `${file} 只有 ${secret.length} 個字元，應該至少 ${least} 個：它沒有寫完，或被改過。${cure}`,
  );
}

function readKept(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
