import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../kit/root';

/** A place that people ask for. `where`: its country, in China its province. */
export type Elsewhere = { name: string; aliases: string[]; where: string };

let known: readonly Elsewhere[] | undefined;

/** Places of the world by name, so that what we have nothing of can be said honestly; cities of ours may stand among them. */
export function elsewhere(): readonly Elsewhere[] {
  known ??= JSON.parse(readFileSync(join(root, 'src', 'facts', 'elsewhere.json'), 'utf8')) as Elsewhere[];
  return known;
}
