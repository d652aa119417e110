import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../src/kit/root';

test('every template that a handler names is there', () => {
  const folder = join(root, 'handlers');
  const named = readdirSync(folder).flatMap((file) =>
    Array.from(
      readFileSync(join(folder, file), 'utf8').matchAll(/\brender\(\s*'([\w-]+)'/g),
      ([, name]) => `${file}: ${name}`,
    ),
  );
  const there = (name: string) =>
    ['txt', 'news.json', 'json'].some((ending) =>
      existsSync(join(root, 'templates/replies', `${name}.${ending}`)),
    );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((one) => !there(one.split(': ')[1] ?? ''))).toEqual([]);
});
