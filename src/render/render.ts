import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors';
import { root } from '../kit/root';
import type { Reply } from '../wechat/protocol/reply';
import { createEngine } from './engine';

/** Plain data for a template: no functions (LiquidJS would call them), no class instances. */
export type RenderData = object;

type Compiled = (data: RenderData) => Reply;
type Fill = (data: RenderData) => string;
type News = { title: string; description?: string; picUrl?: string; url: string };

/**
 * Every word a fan reads in chat lies in `templates/replies`: `weather.txt` is a text, `guide.news.json` a card whose
 * values are filled after the JSON is parsed; `_question.txt` is a part that others take in by `{% render '_question' %}`.
 * All are compiled at start; a missing value is an error, never a gap.
 */
export function createRender(folder: string = join(root, 'templates', 'replies')) {
  const files = readdirSync(folder).toSorted();
  const source = (file: string) => readFileSync(join(folder, file), 'utf8');
  const parts = Object.fromEntries(
    files.filter(isPart).map((file) => [file.replace('.txt', ''), source(file).trimEnd()]),
  );
  const engine = createEngine({ templates: parts });
  const filling = (text: string): Fill => {
    const template = engine.parse(text);
    return (data) => tidied(String(engine.renderSync(template, data)));
  };
  const compiled = new Map<string, Compiled>();
  for (const file of files.filter((one) => !isPart(one))) {
    const { name, compile } = kindOf(file);
    compiled.set(name, compile(filling, source(file)));
  }
  /** A template with the same (unchanged) data object says the same: domains hand out cached objects, and filling costs 50 µs. */
  const filled = new Map<string, WeakMap<RenderData, Reply>>();
  const nothing = {};

  function render(name: string, data: RenderData = nothing): Reply {
    const fill = compiled.get(name);
    if (!fill)
      throw new AppError(
        'NotFound',
        'render.no-template',
        `There is no template templates/replies/${name}.txt (or .news.json).`,
      );
    let known = filled.get(name);
    if (!known) filled.set(name, (known = new WeakMap()));
    const kept = known.get(data);
    if (kept) return kept;
    const reply = fill(data);
    known.set(data, reply);
    return reply;
  }

  return { render, names: [...compiled.keys()] };
}

const isPart = (file: string): boolean => file.startsWith('_');

export type Render = ReturnType<typeof createRender>['render'];

type Compile = (filling: (text: string) => Fill, source: string) => Compiled;

function kindOf(file: string): { name: string; compile: Compile } {
  if (file.endsWith('.txt')) return { name: file.slice(0, -4), compile: compileText };
  if (file.endsWith('.news.json')) return { name: file.slice(0, -10), compile: compileNews };
  throw new AppError(
    'Invalid',
    'render.template-kind',
    `templates/replies/${file}: the ending must be .txt or .news.json.`,
  );
}

const compileText: Compile = (filling, source) => {
  const fill = filling(source);
  return (data) => ({ kind: 'text', text: fill(data) });
};

const compileNews: Compile = (filling, source) => {
  const articles = (JSON.parse(source) as { articles: News[] }).articles.map((article) =>
    Object.entries(article).map(([key, value]) => [key, filling(value)] as const),
  );
  return (data) => ({
    kind: 'news',
    articles: articles.map(
      (article) => Object.fromEntries(article.map(([key, fill]) => [key, fill(data)])) as News,
    ),
  });
};

/** Blank lines that a condition leaves behind are folded, so that templates can be laid out for reading. */
const tidied = (text: string): string =>
  text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
