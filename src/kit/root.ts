import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, whether we run from `src` (tests) or from `dist/src`. */
export const root: string = (() => {
  let dir = __dirname;
  while (!existsSync(join(dir, 'package.json'))) dir = dirname(dir);
  return dir;
})();
