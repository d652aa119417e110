import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkMenu, loadHandlers } from '../../src/bot/discover';
import { inScript } from '../../src/kit/text';
import { root } from '../../src/kit/root';
import { createRender } from '../../src/render/render';
import { replyProblem } from '../../src/wechat/protocol/reply';

const templates = join(root, 'templates');
const { render, names } = createRender();
const sampleOf = (name: string): object =>
  JSON.parse(readFileSync(join(templates, 'samples', `${name}.json`), 'utf8')) as object;

test.each(names)('%s can be filled from its sample, and WeChat takes it in both scripts', (name) => {
  expect(existsSync(join(templates, 'samples', `${name}.json`))).toBe(true);
  const reply = render(name, sampleOf(name));
  expect(replyProblem(reply, 'text')).toBeUndefined();
  if (reply.kind !== 'text') return;
  expect(reply.text).not.toMatch(/\{\{|\}\}|\{%|undefined|NaN|\[object/);
  expect(replyProblem({ kind: 'text', text: inScript(reply.text, 'hans') }, 'text')).toBeUndefined();
});

test('every sample belongs to a template', () => {
  const samples = readdirSync(join(templates, 'samples')).map((file) => file.replace(/\.json$/, ''));
  expect(samples.filter((name) => !names.includes(name))).toEqual([]);
});

test('a value that is missing is an error, never a gap', () => {
  const { place: _, ...lacking } = sampleOf('weather') as { place: string };
  expect(() => render('weather', lacking)).toThrow(/place/);
});

test('templates are written in Traditional, so that both scripts come out right', () => {
  const simplified = names.flatMap((name) => {
    const reply = render(name, sampleOf(name));
    const text =
      reply.kind === 'text' ? reply.text.replaceAll('「简体」', '').replaceAll('简体都行', '') : '';
    return /[这们说还为国来时会个东车门问间应点号码]/.test(text) ? [name] : [];
  });
  expect(simplified).toEqual([]);
});

test('every key of the default menu is claimed by a handler', () => {
  expect(() => checkMenu(loadHandlers())).not.toThrow();
});
