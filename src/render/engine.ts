import { Liquid, type LiquidOptions, type Template } from 'liquidjs';
import { inScript, type Script } from '../kit/text';
import { addFilters } from './filters';

/**
 * LiquidJS as all our templates use it: a missing value or an unknown filter is an error, never a gap. `templates` are the
 * parts that others take in, by name; HTML asks for every value to be escaped; `lenientIf` lets a page ask whether something is there.
 */
export function createEngine(
  own: Pick<LiquidOptions, 'templates' | 'outputEscape' | 'lenientIf' | 'memoryLimit'> = {},
): Liquid {
  return addFilters(
    new Liquid({
      templates: {},
      memoryLimit: 1e6,
      ...own,
      strictFilters: true,
      strictVariables: true,
      ownPropertyOnly: true,
      // Else every part is parsed again at every rendering.
      cache: true,
      parseLimit: 20_000,
      // By the clock on the wall: a busy process must not lose a reply to it. Templates are ours; no fan writes one.
      renderLimit: 10_000,
    }),
  );
}

/** HTML templates are written in Traditional; what stands between the tags comes out in the script asked for. */
export function htmlIn(script: Script, engine: Liquid, template: Template[], data: object): string {
  const lang = script === 'hans' ? 'zh-Hans' : 'zh-Hant';
  const html = String(engine.renderSync(template, { ...data, lang }));
  return script === 'hant' ? html : html.replaceAll(/>[^<]+</g, (words) => inScript(words, script));
}
