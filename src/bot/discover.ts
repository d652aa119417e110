import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Need } from '../domain/offers/offers';
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
        'bot.not-a-handler',
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
      'bot.unclaimed-menu-key',
      `templates/menu.json has keys that no handler claims: ${unclaimed.join(', ')}. Add clicks('${unclaimed[0]}', …) to a handler, or take the button out.`,
    );
}

/** Buttons of a menu that could only be told that there is nothing. */
export function lackingIn(
  menu: unknown,
  { rules, has }: { rules: Rules; has: (need: Need) => boolean },
): { name: string; need: Need }[] {
  return buttonsIn(menu).flatMap(({ type, key, name }) => {
    // A location is answered with the hotels round it.
    const need = type === 'location_select' ? 'nearby' : type === 'click' ? rules.needOf(key) : undefined;
    return need === undefined || has(need) ? [] : [{ name, need }];
  });
}

/** The keys of a menu's buttons that come back to us as clicks. */
const keysIn = (menu: unknown): string[] =>
  buttonsIn(menu).flatMap(({ type, key }) => (type === 'click' ? [key] : []));

type Button = { type: string; key: string; name: string };

function buttonsIn(menu: unknown): Button[] {
  if (Array.isArray(menu)) return menu.flatMap(buttonsIn);
  if (typeof menu !== 'object' || menu === null) return [];
  const { type, key, name = '', ...rest } = menu as Record<string, unknown>;
  const own = typeof type === 'string' && typeof key === 'string' ? [{ type, key, name: String(name) }] : [];
  return [...own, ...Object.values(rest).flatMap(buttonsIn)];
}
