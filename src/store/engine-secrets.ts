import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keptSecret } from '../kit/private-files';

/** Who we are to our own engines; nobody else is anybody there. */
export const engineUser = 'xiaoyi';

export type EngineSecrets = {
  /** What mongod's own processes would know each other by: we set the server up with it, and it is all-powerful. */
  keyFile: string;
  key: string;
  /** Passwords of `engineUser`. Redis is told its one in plain text, so it must give nothing else away. */
  mongod: string;
  redis: string;
};

const fileIn = (dataDir: string): string => join(dataDir, 'engines-key');

/** The secrets of the engines on this data, made at the first start, also on data of a version that had none. */
export function engineSecrets(dataDir: string): EngineSecrets {
  const keyFile = fileIn(dataDir);
  const key = keptSecret(keyFile, {
    // mongod reads its key file as base64, of which these are a part.
    make: () => randomBytes(48).toString('hex'),
    cure: '資料裡沒有用到它：刪掉，再啟動一次，會重新產生。',
  });
  const passwordFor = (engine: string) => createHmac('sha256', key).update(engine).digest('hex');
  return { keyFile, key, mongod: passwordFor('mongod'), redis: passwordFor('redis') };
}

export const hasSecrets = (dataDir: string): boolean => existsSync(fileIn(dataDir));
