import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../kit/root';

/** Sequences to begin with, by what they are about. */
export const examples = {
  birthday: '生日那天 09:00',
  level: '停在第二關',
  prize: '獎品再過三天到期',
} as const;
export type Example = keyof typeof examples;

export const sequenceTemplate = (example: Example): Buffer =>
  readFileSync(join(root, `src/simulator/sample/sequences/${example}.json`));
