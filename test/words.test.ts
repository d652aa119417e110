import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { root } from '../src/kit/root';
import { inScript } from '../src/kit/text';

/** Beside Chinese the full-width marks stand: ，：；！？（）. */
const halfWidth =
  /[\p{Script=Han}」』）…][,:;!?](?!\/\/)|[,:;!?]\p{Script=Han}|[\p{Script=Han}]\(|\)\p{Script=Han}/u;
/** Sources of regular expressions, the one list of marks, the lists that a workbook's cells choose from, 5:3:2 in words. */
const isCode = (text: string): boolean =>
  /\(\?|\\d|\[\^|\)\+|\?\||^。！？|^[\p{Script=Han},]+$|易:中:難|^\^|\$$|\?\[/u.test(text);

const files = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));

/** Every text in a program, also the pieces between the holes of a template. */
function literalsOf(source: string, syntax: 'typescript' | 'ecmascript'): string[] {
  const found: string[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, raw } = node as { type?: string; value?: unknown; raw?: unknown };
    if (type === 'StringLiteral') found.push(String(value));
    if (type === 'TemplateElement') found.push(String(raw));
    Object.values(node).forEach(walk);
  };
  walk(parseSync(source, { syntax, target: 'es2022' }));
  return found;
}

function wrongIn(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const place = (text: string) => {
    const at = source.indexOf(text);
    return `${file}:${source.slice(0, Math.max(0, at)).split('\n').length} ${text}`;
  };
  if (/\.[tj]s$/.test(file)) {
    const texts = literalsOf(source, file.endsWith('.ts') ? 'typescript' : 'ecmascript');
    return texts.filter((text) => halfWidth.test(text) && !isCode(text)).map(place);
  }
  const words = source.replace(/\{%.*?%\}|\{\{.*?\}\}/gs, '').split('\n');
  return words.filter((line) => halfWidth.test(line)).map(place);
}

test('what people read has full-width punctuation beside Chinese', () => {
  const read = [
    ...['src', 'scripts', 'handlers'].flatMap((folder) => files(folder, /\.(ts|js|html)$/)),
    ...files('templates', /\.(txt|html)$/),
  ];
  expect(read.flatMap(wrongIn)).toEqual([]);
});

/** As a Simplified reader would see them: words of Taiwan that the mainland has others for. */
const ofTaiwan =
  /连结|杂凑|联络|电邮|简讯|软体|硬体|网路|萤幕|滑鼠|伺服器|视讯|讯息|帐号|影片|资讯|品质|预设|信箱|程式|档案|选单|登入|计程车|捷运|搜寻|储存|列印/;

test('what a Simplified fan reads of our own words is as the mainland says it', () => {
  const own = [
    ...files('templates', /\.(txt|html)$/).map((file) =>
      readFileSync(join(root, file), 'utf8').replace(/\{%.*?%\}|\{\{.*?\}\}/gs, '*'),
    ),
    ...['handlers', 'src/bot'].flatMap((folder) =>
      files(folder, /\.ts$/).flatMap((file) =>
        literalsOf(readFileSync(join(root, file), 'utf8'), 'typescript'),
      ),
    ),
  ];
  const lines = own.flatMap((text) => inScript(text, 'hans').split('\n'));
  expect(lines.filter((line) => ofTaiwan.test(line))).toEqual([]);
});
