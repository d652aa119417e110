import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a running start is reached: the public server, the console, and the simulator where it plays WeChat. */
export type Addresses = { web: string; console?: string; phone?: string };

const fileIn = (dataDir: string): string => join(dataDir, 'addresses.json');

/** Kept beside the data, so that a command on the same data finds the start. The result forgets them again. */
export function keepAddresses(dataDir: string, addresses: Addresses): () => void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(fileIn(dataDir), `${JSON.stringify(addresses)}\n`);
  return () => rmSync(fileIn(dataDir), { force: true });
}

/** A start that was killed leaves its addresses behind: whoever asks finds nobody there. */
export function readAddresses(dataDir: string): Addresses | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Addresses;
  } catch {
    return undefined;
  }
}
