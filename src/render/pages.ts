import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../kit/root';
import type { Script } from '../kit/text';
import { createEngine, htmlIn } from './engine';

/**
 * The pages that fans open, `templates/h5/<name>.html`. Every value is escaped; a missing one is an error. They are written
 * in Traditional; what stands between the tags comes out in the script asked for.
 */
export function createPages(folder: string = join(root, 'templates', 'h5')) {
  const engine = createEngine({ outputEscape: 'escape' });
  const pages = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.html'))
      .map((file) => [file.slice(0, -5), engine.parse(readFileSync(join(folder, file), 'utf8'))]),
  );

  return {
    names: [...pages.keys()],
    page(name: string, data: object, script: Script): string {
      const template = pages.get(name);
      if (!template) throw new Error(`There is no page templates/h5/${name}.html.`);
      return htmlIn(script, engine, template, data);
    },
  };
}

export type Pages = ReturnType<typeof createPages>;
