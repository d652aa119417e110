import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors';
import { root } from '../kit/root';
import { ruleKeyPrefix } from '../wechat/api/selfmenu';
import type { Rule } from './bot';
import { compileRules, type Loaded, type Rules } from './rules';

/** `handlers/` beside `src/` (or `dist/src/`). */
const handlersFolder = join(__dirname, '..', '..', 'handlers');

/**
 * Finds the handlers by name: every file in `handlers/` that exports a list of rules. Two equal claims or a file without
 * rules stop the boot with a sentence.
 */
export function loadHandlers(folder: string = handlersFolder): Rules {
  const files = readdirSync(folder)
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith('.d.ts'))
    .toSorted();
  const loaded = files.flatMap((name): Loaded[] => {
    const { default: rules } = require(join(folder, name)) as { default?: unknown };
    if (!Array.isArray(rules) || !rules.every(isRule))
      throw new AppError(
        'Invalid',
        'NOT_A_HANDLER',
        `handlers/${written(name)} must export a list of rules by default: export default [says(…)].`,
      );
    return rules.map((rule) => ({ file: `handlers/${written(name)}`, rule }));
  });
  return compileRules(loaded);
}

/** What an author calls the file, also where the compiled one is read. */
const written = (name: string): string => name.replace(/\.js$/, '.ts');

const isRule = (value: unknown): value is Rule =>
  typeof value === 'object' && value !== null && 'on' in value && 'run' in value;

/** A key of the default menu that no file claims stops the boot: the button would answer nothing. */
export function checkMenu(rules: Rules, file: string = join(root, 'templates', 'menu.json')): void {
  if (!existsSync(file)) return;
  const unclaimed = keysIn(JSON.parse(readFileSync(file, 'utf8'))).filter(
    (key) => !rules.menuKeys.includes(key) && !key.startsWith(ruleKeyPrefix),
  );
  if (unclaimed.length > 0)
    throw new AppError(
      'Invalid',
      'UNCLAIMED_MENU_KEY',
      `templates/menu.json has keys that no handler claims: ${unclaimed.join(', ')}. Add clicks('${unclaimed[0]}', …) to a handler, or take the button out.`,
    );
}

/** The keys of a menu's buttons that come back to us as clicks. */
function keysIn(menu: unknown): string[] {
  if (Array.isArray(menu)) return menu.flatMap(keysIn);
  if (typeof menu !== 'object' || menu === null) return [];
  const { type, key, ...rest } = menu as { type?: unknown; key?: unknown };
  const own = type === 'click' && typeof key === 'string' ? [key] : [];
  return [...own, ...Object.values(rest).flatMap(keysIn)];
}
