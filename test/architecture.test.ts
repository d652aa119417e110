import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { table } from '../src/config';
import { root } from '../src/kit/root';

type Import = { from: string; to: string; typeOnly: boolean };

const filesIn = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name))
    : [];

const files = ['src', 'handlers', 'scripts'].flatMap(filesIn);

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const found: Import[] = [];
  for (const match of source.matchAll(
    /^(?:import|export)\s+(type\s+)?([^;'"]*?from\s+)?['"]([^'"]+)['"]/gm,
  )) {
    const names = match[2] ?? '';
    const typeOnly = match[1] !== undefined || /^\{(\s*type\s[^,}]+,?)+\s*\}\s*from/.test(names.trim());
    found.push({ from: file, to: resolveFrom(file, match[3] as string), typeOnly });
  }
  return found;
}

function resolveFrom(file: string, target: string): string {
  if (!target.startsWith('.')) return target;
  const path = join(dirname(file), target);
  for (const candidate of [`${path}.ts`, path])
    if (existsSync(join(root, candidate)) && statSync(join(root, candidate)).isFile())
      return relative('.', candidate);
  return path;
}

const imports = files.flatMap(importsOf);
const inside = imports.filter((one) => /^(src|handlers|scripts)\//.test(one.to));
const arrow = ({ from, to }: { from: string; to: string }) => `${from} → ${to}`;

/** Which part of the house a file is in. */
function partOf(file: string): string {
  const [top, folder = ''] = file.split('/');
  if (top !== 'src') return top as string;
  return folder.endsWith('.ts') ? folder.replace('.ts', '') : folder;
}

/** What a part may import from, types included, besides itself. Everything may use kit and errors. */
const allowed: Record<string, string[]> = {
  kit: [],
  errors: [],
  config: [],
  wechat: [],
  store: ['config'],
  render: ['wechat'],
  sheets: [],
  domain: ['store', 'wechat', 'render', 'sheets'],
  bot: ['domain', 'wechat', 'render'],
  http: ['domain', 'wechat', 'render'],
  jobs: ['domain', 'wechat', 'store'],
  services: ['config', 'domain', 'render', 'store', 'wechat'],
  migrations: ['services', 'store'],
  'with-services': ['config', 'migrations', 'render', 'services', 'store'],
  simulator: ['app', 'config', 'domain', 'sheets', 'store', 'wechat'],
  app: [
    'bot',
    'config',
    'doctor',
    'domain',
    'http',
    'jobs',
    'migrations',
    'render',
    'services',
    'store',
    'wechat',
  ],
  doctor: ['bot', 'config', 'domain', 'render', 'services', 'store', 'wechat'],
  main: ['app', 'config', 'simulator', 'store'],
  handlers: ['bot'],
  scripts: [
    'doctor',
    'app',
    'bot',
    'config',
    'domain',
    'simulator',
    'services',
    'sheets',
    'migrations',
    'with-services',
    'store',
    'wechat',
    'render',
  ],
};
/** Whose types they may know too: a handler, a job, a page of the console and what fills a simulated town are given all services. */
const known: Record<string, string[]> = {
  bot: ['services'],
  http: ['services'],
  jobs: ['services'],
  simulator: ['services'],
};

test('every import goes in an allowed direction', () => {
  const wrong = inside.filter(({ from, to, typeOnly }) => {
    const [a, b] = [partOf(from), partOf(to)];
    const fits = [a, 'kit', 'errors', ...(allowed[a] ?? []), ...((typeOnly && known[a]) || [])];
    return !fits.includes(b);
  });
  expect(wrong.map(arrow)).toEqual([]);
});

test('a handler imports nothing but the bot', () => {
  const wrong = imports.filter(
    ({ from, to }) => from.startsWith('handlers/') && to !== 'src/bot/bot.ts' && !to.startsWith('handlers/'),
  );
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

const domainOf = (file: string) => /^src\/domain\/([^/]+)\//.exec(file)?.[1];
const between = inside.filter(
  ({ from, to }) => domainOf(from) && domainOf(to) && domainOf(from) !== domainOf(to),
);

test('a domain gets other domains as arguments', () => {
  // The importer knows the tables of all travel domains: that is its whole purpose.
  const wrong = between.filter((one) => !one.typeOnly && domainOf(one.from) !== 'import');
  expect(wrong.map(arrow)).toEqual([]);
});

test('no import runs in a circle, types included', () => {
  expect(inCircles(inside.map(({ from, to }) => [from, to]))).toEqual([]);
});

test('no two folders of domains know each other, types included', () => {
  expect(
    inCircles(between.map(({ from, to }) => [domainOf(from) as string, domainOf(to) as string])),
  ).toEqual([]);
});

/** What is left when who knows nobody, and whom nobody knows, has gone, again and again. */
function inCircles(edges: [from: string, to: string][]): string[] {
  const [from, to] = [0, 1].map((end) => new Set(edges.map((edge) => edge[end])));
  const left = edges.filter((edge) => to?.has(edge[0]) && from?.has(edge[1]));
  return left.length < edges.length
    ? inCircles(left)
    : [...new Set(left.map(([a, b]) => arrow({ from: a, to: b })))];
}

test.each([
  ['fast-xml-parser', /^src\/wechat\/protocol\/xml\.ts$|^src\/simulator\/xml\.ts$/],
  ['bullmq', /^src\/jobs\//],
  ['ioredis', /^src\/store\//],
  ['opencc-js/t2cn', /^src\/kit\/text\.ts$/],
  ['exceljs', /^src\/sheets\//],
  ['csv-parse', /^src\/sheets\//],
  ['csv-stringify', /^src\/sheets\//],
  ['iconv-lite', /^src\/sheets\//],
  ['nodemailer', /^src\/domain\/mails\/sender\.ts$/],
])('only its own place imports %s', (name, place) => {
  const wrong = imports.filter(
    ({ from, to, typeOnly }) => !typeOnly && (to === name || to.startsWith(`${name}/`)) && !place.test(from),
  );
  expect(wrong.map(({ from }) => from)).toEqual([]);
});

test('ECharts is loaded where charts are drawn, and only when one is', () => {
  const loads = (file: string) =>
    /^import\s+(?!type\b)[^;]*['"]echarts|import\(['"]echarts|require\(['"]echarts/m.exec(
      readFileSync(join(root, file), 'utf8'),
    )?.[0];
  expect(files.flatMap((file) => (loads(file) ? [[file, loads(file)]] : []))).toEqual([
    ['src/domain/cube/picture.ts', "import('echarts"],
    ['src/http/console/chart.ts', "import('echarts"],
  ]);
  const drawing = imports.filter(({ to, typeOnly }) => !typeOnly && to === 'src/domain/cube/picture.ts');
  expect(
    drawing.map(({ from }) => from).filter((from) => !/^(scripts|src\/http\/console)\//.test(from)),
  ).toEqual([]);
});

test('only config.ts reads the environment', () => {
  const wrong = files.filter(
    (file) =>
      file.startsWith('src/') &&
      file !== 'src/config.ts' &&
      /process\.env\b/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});

test('a code of an error is lower case and dotted, its area first', () => {
  const codes = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/new AppError\(\s*'\w+',\s*'([^']*)'/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !/^[a-z]+(\.[a-z]+(-[a-z]+)*)+$/.test(code))).toEqual([]);
});

test('.env.example lists every setting and no other', () => {
  const listed = [
    ...readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm),
  ].map((match) => match[1] ?? '');
  expect(listed.toSorted()).toEqual(Object.keys(table).toSorted());
});
