import type { ServicesAlone } from '../../src/with-services';

export const options = {
  by: { type: 'string', default: '' },
  to: { type: 'string', multiple: true, default: [] as string[] },
  reason: { type: 'string', multiple: true, default: [] as string[] },
  out: { type: 'string', default: '' },
  yes: { type: 'boolean', default: false },
  anyway: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
} as const;

export type Values = {
  /** Who does it, with the login of this machine. */
  by: string;
  /** As she wrote it. */
  saidBy: string;
  to: string[];
  reason: string[];
  out: string;
  yes: boolean;
  /** Though it reaches nobody. */
  anyway: boolean;
  watch: boolean;
  list: boolean;
};
export type Asked = ServicesAlone & { values: Values; args: string[] };
export type Command = {
  /** What stands behind its name. */
  args: readonly string[];
  /** How many of these may be left out. */
  maybe?: number;
  help: string;
  run(asked: Asked): Promise<number>;
};

/** 「請求：npm run push -- plan weekend」 */
export const call = (command: string): string => `npm run push -- ${command}`;
