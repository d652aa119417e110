import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../kit/root';
import { inScript, type Script } from '../kit/text';
import { createEngine } from './engine';

/**
 * The console's pages, `templates/console/<name>.html`; `_<name>.html` are parts that others take in, `_layout.html` is what stands
 * round every page. Written in Traditional; what stands between the tags, and what is read aloud of them, comes out in the
 * reader's script. What is somebody's own stays as it is: in a field, in `<textarea>`, in `<pre>`, and in any element with
 * `translate="no"`.
 */
export function createConsolePages(folder: string = join(root, 'templates', 'console')) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.html'));
  const sources = Object.fromEntries(
    files.map((file) => [file.slice(0, -5), readFileSync(join(folder, file), 'utf8')]),
  );
  const parts = Object.fromEntries(Object.entries(sources).filter(([name]) => name.startsWith('_')));
  const engine = createEngine({
    outputEscape: 'escape',
    templates: parts,
    lenientIf: true,
    memoryLimit: 2e7,
  });
  const pages = new Map(Object.entries(sources).map(([name, source]) => [name, engine.parse(source)]));

  function fill(name: string, data: object): string {
    const template = pages.get(name);
    if (!template) throw new Error(`There is no page templates/console/${name}.html.`);
    return String(engine.renderSync(template, data));
  }

  return {
    names: [...pages.keys()].filter((name) => !name.startsWith('_')),
    parts: Object.keys(parts),
    /** A piece of a page. */
    part: (name: string, data: object, script: Script): string => inScriptOf(script, fill(name, data)),
    /** A whole page: `data` fills the page, `around` the layout. */
    page(name: string, data: object, around: object, script: Script): string {
      const lang = script === 'hans' ? 'zh-Hans' : 'zh-Hant';
      const [before = '', after = ''] = fill('_layout', { ...around, lang }).split('<!--page-->');
      return inScriptOf(script, before + fill(name, data) + after);
    },
  };
}

export type ConsolePages = ReturnType<typeof createConsolePages>;

/** Elements whose words are somebody's own. */
const own = /^<(textarea|pre|script|style)\b|^<[a-z0-9]+\b[^>]*\btranslate="no"/i;
const readAloud = /\b(placeholder|title|alt|aria-label|data-confirm)="([^"]*)"/g;

/** Only a page that is to be read in Simplified is looked at again. */
function inScriptOf(script: Script, html: string): string {
  if (script === 'hant') return html;
  let out = '';
  /** The element whose words are left alone, and how deep we are in elements of its name. */
  let kept: { name: string; depth: number } | undefined;
  for (const [piece] of html.matchAll(/<!--[\s\S]*?-->|<[^>]+>|[^<]+/g)) {
    const isTag = piece.startsWith('<');
    const name = isTag ? (/^<\/?([a-z0-9]+)/i.exec(piece)?.[1]?.toLowerCase() ?? '') : '';
    if (kept) {
      if (name === kept.name && !piece.endsWith('/>')) kept.depth += piece.startsWith('</') ? -1 : 1;
      if (kept.depth === 0) kept = undefined;
      out += piece;
    } else if (isTag) {
      out += piece.replaceAll(
        readAloud,
        (_, attribute: string, words: string) => `${attribute}="${inScript(words, script)}"`,
      );
      if (own.test(piece) && !empty.has(name)) kept = { name, depth: 1 };
    } else out += inScript(piece, script);
  }
  return out;
}
const empty = new Set(['input', 'img', 'br', 'hr', 'meta', 'link', 'col']);
