import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Liquid } from 'liquidjs';
import { root } from '../kit/root';
import { inScript, type Script } from '../kit/text';
import { addFilters } from './filters';

/**
 * The pages that fans open, `templates/h5/<name>.html`. Every value is escaped; a missing one is an error. They are written
 * in Traditional; what stands between the tags comes out in the script asked for.
 */
export function createPages(folder: string = join(root, 'templates', 'h5')) {
  const engine = addFilters(
    new Liquid({
      outputEscape: 'escape',
      strictFilters: true,
      strictVariables: true,
      ownPropertyOnly: true,
      parseLimit: 20_000,
      renderLimit: 10_000,
      memoryLimit: 1e6,
      templates: {},
    }),
  );
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
      const html = String(
        engine.renderSync(template, { ...data, lang: script === 'hans' ? 'zh-Hans' : 'zh-Hant' }),
      );
      return script === 'hant' ? html : html.replaceAll(/>[^<]+</g, (text) => inScript(text, script));
    },
  };
}

export type Pages = ReturnType<typeof createPages>;
