import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../src/kit/root';

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** What a page would have somebody write: `handlers/rate.ts`. */
const examples = /\brate\b|<|\*|…/;

test('every file that a page names in back-ticks is there', () => {
  const gone = pages.flatMap((page) =>
    [
      ...readFileSync(join(root, page), 'utf8').matchAll(
        /`((?:src|test|scripts|handlers|templates|docs)\/[^`\s]+)`/g,
      ),
    ]
      .map(([, path = '']) => path.replace(/:\d+$/, ''))
      .filter((path) => !examples.test(path) && !existsSync(join(root, path)))
      .map((path) => `${page}: ${path}`),
  );
  expect(gone).toEqual([]);
});
