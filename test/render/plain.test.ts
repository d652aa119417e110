import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Liquid } from 'liquidjs';
import { root } from '../../src/kit/root';
import { addFilters } from '../../src/render/filters';
import { compilePlain } from '../../src/render/plain';

const folder = join(root, 'templates/replies');
const source = (file: string) => readFileSync(join(folder, file), 'utf8');
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
const parts = Object.fromEntries(
  files.filter((file) => file.startsWith('_')).map((file) => [file.slice(0, -4), source(file).trimEnd()]),
);
const engine = addFilters(
  new Liquid({ strictFilters: true, strictVariables: true, ownPropertyOnly: true, templates: parts }),
);

function both(text: string) {
  const template = engine.parse(text);
  const plain = compilePlain(engine, template, parts);
  const liquid = (data: object): string | undefined => {
    try {
      return String(engine.renderSync(template, data));
    } catch {
      return undefined;
    }
  };
  return { plain, liquid };
}

const names = files.filter((file) => !file.startsWith('_')).map((file) => file.slice(0, -4));
const sampleOf = (name: string) =>
  JSON.parse(readFileSync(join(root, 'templates/samples', `${name}.json`), 'utf8')) as object;

const oddities = fc.constantFrom<unknown[]>('', '一', 0, 1, -2.5, true, false, null, undefined, [], {}, [
  null,
]);

/** The sample with some of its values put in the place of others, or by something odd. */
function disturbed(value: unknown, next: () => { hit: boolean; odd: unknown }): unknown {
  const { hit, odd } = next();
  if (hit) return odd;
  if (Array.isArray(value)) return value.map((item) => disturbed(item, next));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, disturbed(one, next)]));
}

test.each(names)('%s: what is filled plainly is what LiquidJS says, whatever the data', (name) => {
  const { plain, liquid } = both(source(`${name}.txt`));
  const sample = sampleOf(name);
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.record({ hit: fc.boolean(), by: fc.nat(7), odd: oddities })),
      (stream) => {
        let first = true;
        const data = disturbed(sample, () => {
          const { by, odd } = stream.next().value;
          const hit = !first && by === 0;
          first = false;
          return { hit, odd };
        }) as object;
        const said = plain(data);
        if (said !== undefined) expect(said).toBe(liquid(data));
      },
    ),
    { numRuns: 100 },
  );
});

test('what a fan is told in a quiz, and most of the rest, is filled plainly', () => {
  const slow = names.filter((name) => both(source(`${name}.txt`)).plain(sampleOf(name)) === undefined);
  expect(slow.filter((name) => name.startsWith('quiz-'))).toEqual([]);
  expect(slow.length).toBeLessThan(names.length / 3);
});

test.each([
  ['{{ a.size }}{{ list.size }}', { a: '一二', list: [1] }, '21'],
  [
    '{% for one in list %}{{ one }}{{ outer }},{% else %}-{% endfor %}',
    { list: ['x', 'y'], outer: 1 },
    'x1,y1,',
  ],
  ['{% for one in list %}x{% else %}-{% endfor %}', { list: [] }, '-'],
  ['{% case a %}{% when 1, 2 %}A{% when 2 %}B{% else %}C{% endcase %}', { a: 2 }, 'AB'],
  ['{% if a == 1 and b > 2 or c %}yes{% endif %}', { a: 1, b: 3, c: false }, 'yes'],
  ['{%- if a %} x {%- endif %}', { a: '' }, ' x'],
  ['{{ n | plus: 1 }}', { n: 4 }, '5'],
])('%s', (text, data, said) => {
  const { plain, liquid } = both(text);
  expect(plain(data)).toBe(said);
  expect(liquid(data)).toBe(said);
});

test.each([
  ['a value that is missing', '{{ gone }}', {}],
  ['what is not her own', '{{ a.constructor }}', { a: {} }],
  ['a function', '{{ f }}', { f: () => 'called' }],
  ['a list where a word belongs', '{{ list }}', { list: [1, 2] }],
  ['a tag that is not plain', '{% assign x = 1 %}{{ x }}', {}],
  ['the count of a loop', '{% for one in list %}{{ forloop.index }}{% endfor %}', { list: [1] }],
  ['an empty literal', '{% if a == empty %}x{% endif %}', { a: '' }],
  ['a filter that needs more than its arguments', "{{ a | append: 'b' }}", { a: 'a' }],
])('%s is left to LiquidJS', (_what, text, data) => {
  expect(both(text).plain(data)).toBeUndefined();
});
