import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import request, { type Response } from 'supertest';
import { may, type Role, roleNames } from '../../../src/domain/team/rights';
import { codeAt } from '../../../src/domain/team/second-factor';
import { type House, type Item, loadItems } from '../../../src/http/console/console';
import { insideOnly } from '../../../src/http/console/doors';
import { createConsole } from '../../../src/http/console/server';
import { createLog } from '../../../src/kit/log';
import { root } from '../../../src/kit/root';
import { createConsolePages } from '../../../src/render/console';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const origin = 'http://127.0.0.1:2';
const items = loadItems();
const acts = items.filter(({ kind }) => kind === 'act');
const seen = items.filter(({ kind }) => kind !== 'act');
const methodOf = ({ kind }: Item) => (kind === 'act' ? 'POST' : 'GET');
/** With something in its places that is nothing of ours. */
const filled = ({ path }: Item) => path.replaceAll(/:\w+/g, 'nothing-1');
const noRight = '你的角色不能做這件事';
const alike = (list: Item[]) => list.map((item): [string, Item] => [`${methodOf(item)} ${item.path}`, item]);

/** `UPDATE=1 npm test -- test/http/console/security` writes it. */
test('docs/console-rights.md is the table of routes, rights and roles (K10)', () => {
  const roles = Object.keys(roleNames) as Role[];
  const page = [
    '# Rights of the console',
    '',
    'Made from the values in `src/http/console/pages/` and `src/domain/team/rights.ts`: every route, its right, and who holds it. What is not here is not there.',
    '',
    `| route | right | ${roles.join(' | ')} |`,
    `|---|---|${roles.map(() => ':-:|').join('')}`,
    ...items
      .map(
        (item) =>
          `| \`${methodOf(item)} ${item.path}\` | ${item.right} | ${roles.map((role) => (may([role], item.right) ? '✓' : '')).join(' | ')} |`,
      )
      .toSorted(),
    '',
  ].join('\n');
  const file = join(root, 'docs', 'console-rights.md');
  if (process.env['UPDATE']) writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});

test('every role is let through where the table says so, and nowhere else (K10)', async () => {
  for (const role of Object.keys(roleNames) as Role[]) {
    const her = await desk.as(role);
    for (const item of items) {
      const answer = item.kind === 'act' ? await her.post(filled(item)) : await her.get(filled(item));
      const refused = answer.status === 403 && answer.text.includes(noRight);
      expect([role, methodOf(item), item.path, refused]).toEqual([
        role,
        methodOf(item),
        item.path,
        !may([role], item.right),
      ]);
      expect([item.path, answer.status]).not.toEqual([item.path, 500]);
    }
  }
});

describe('who is not in reaches nothing (K2, K4)', () => {
  test.each(alike(items))('%s', async (_, item) => {
    const server = createServer((asked, answer) => void desk.handler(asked, answer));
    const answer =
      item.kind === 'act'
        ? await request(server)
            .post(filled(item))
            .set({ Origin: origin, 'X-Token': 'none' })
            .type('form')
            .send('a=b')
        : await request(server).get(filled(item));
    expect([302, 401]).toContain(answer.status);
    if (answer.status === 302) expect(answer.headers['location']).toMatch(/^\/sign-in/);
  });

  test('nor who has only given her password', async () => {
    const her = await desk.as('administrator');
    const { session } = await town.services.team.signIn({
      login: her.login,
      password: 'kites over the west lake',
      ip: '10.9.8.7',
      agent: 'test',
      device: undefined,
    });
    const { token = '' } = (await town.services.team.session(session)) ?? {};
    const server = createServer((asked, answer) => void desk.handler(asked, answer));
    for (const item of items) {
      const cookie = { Cookie: `xiaoyi=${session}` };
      const answer =
        item.kind === 'act'
          ? await request(server)
              .post(filled(item))
              .set({ ...cookie, Origin: origin, 'X-Token': token })
              .type('form')
              .send('a=b')
          : await request(server).get(filled(item)).set(cookie);
      expect([item.path, [302, 401].includes(answer.status)]).toEqual([item.path, true]);
    }
  });
});

test('nothing is done for a page that is not ours: no header, another origin, a plain form (K7)', async () => {
  const her = await desk.as('administrator');
  const server = createServer((asked, answer) => void desk.handler(asked, answer));
  const before = await town.services.audit.list({});
  const post = (path: string, headers: Record<string, string>) =>
    request(server)
      .post(path)
      .set({ Cookie: her.cookie, ...headers })
      .type('form')
      .send('name=x');
  for (const item of acts) {
    const path = filled(item);
    const answers: Response[] = [
      await post(path, { Origin: origin }),
      await post(path, { Origin: origin, 'X-Token': 'guessed' }),
      await post(path, { Origin: 'https://evil.example', 'X-Token': her.token }),
      await post(path, { 'X-Token': her.token }),
      await post(path, { Origin: 'null', 'X-Token': her.token }),
      await post(path, { Origin: origin, 'X-Token': her.token, 'Sec-Fetch-Site': 'cross-site' }),
    ];
    expect([path, answers.map(({ status }) => status)]).toEqual([path, answers.map(() => 403)]);
  }
  expect((await town.services.audit.list({})).map(({ _id }) => _id)).toEqual(before.map(({ _id }) => _id));
});

test('what can be looked at changes nothing when it is posted to, and what is done cannot be got', async () => {
  const her = await desk.as('administrator');
  const acted = new Set(acts.map(filled));
  for (const item of seen.filter((one) => one.kind !== 'part' && !acted.has(filled(one))))
    expect([item.path, (await her.post(filled(item))).status]).toEqual([item.path, 404]);
  for (const item of acts.filter((one) => !seen.some(({ path }) => pattern(path).test(filled(one)))))
    expect([item.path, (await her.get(filled(item))).status]).toEqual([item.path, 404]);
});
const pattern = (path: string) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`);

test('every answer carries the headers (K8), and the cookie cannot be read, sent along or set by others (K6)', async () => {
  const secure = await createTown({
    sample: false,
    settings: { CONSOLE_URL: 'https://console.example.com' },
  });
  const inside = secure.app.console();
  const server = createServer((asked, answer) => void inside.handler(asked, answer));
  try {
    const token = (await secure.services.team.first()) as string;
    const { secret } = await secure.services.team.invitation(token);
    const joined = await request(server)
      .post(`/join/${token}`)
      .set({ Origin: 'https://console.example.com', 'X-Token': 'none' })
      .type('form')
      .send(
        new URLSearchParams({
          login: 'lin',
          name: '林梅',
          password: 'kites over the west lake',
          code: codeAt(secret, Date.now()),
        }).toString(),
      );
    expect(joined.status).toBe(200);
    const cookies = joined.headers['set-cookie'] as unknown as string[];
    expect(cookies.map((one) => one.split('=')[0])).toEqual(['__Host-xiaoyi', '__Host-xiaoyi-device']);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; path=\/;/);
      expect(cookie).toMatch(/; secure/);
      expect(cookie).toMatch(/; httponly/);
      expect(cookie).toMatch(/; samesite=lax/);
      expect(cookie).not.toMatch(/domain=/);
    }
    const cookie = cookies.map((one) => one.split(';')[0]).join('; ');
    for (const path of ['/', '/sign-in', '/nowhere', '/assets/console.js', '/team', `/join/${token}`]) {
      const { headers } = await request(server).get(path).set('Cookie', cookie);
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cache-control': path.startsWith('/assets') ? 'no-cache' : 'no-store',
      });
      expect(headers['content-security-policy']?.replace(/'nonce-[^']+'/, "'nonce'")).toBe(
        "default-src 'none'; script-src 'nonce'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers['x-powered-by']).toBeUndefined();
    }
    const [one, other] = await Promise.all([0, 1].map(() => request(server).get('/sign-in')));
    expect(one?.headers['content-security-policy']).not.toBe(other?.headers['content-security-policy']);
  } finally {
    await secure.close();
  }
});

test('no schema lets through what it does not name (K11)', () => {
  const loose: string[] = [];
  const walk = (schema: unknown, where: string): void => {
    const def = (schema as { _zod?: { def?: Record<string, unknown> } } | undefined)?._zod?.def;
    if (!def) return;
    if (
      def['type'] === 'object' &&
      def['catchall'] &&
      (def['catchall'] as { _zod: { def: { type: string } } })._zod.def.type !== 'never'
    )
      loose.push(where);
    if (def['type'] === 'any' || def['type'] === 'unknown') loose.push(`${where} (${def['type']})`);
    for (const inner of ['innerType', 'element', 'in', 'out', 'left', 'right', 'keyType', 'valueType'])
      walk(def[inner], where);
    for (const one of Object.values((def['shape'] as object | undefined) ?? {})) walk(one, where);
    for (const one of (def['options'] as unknown[] | undefined) ?? []) walk(one, where);
  };
  for (const item of items) walk(item.asks, `${item.kind} ${item.path}`);
  expect(loose).toEqual([]);
});

/** Names and values that are no names and values (K12, K13, F6). */
const names = [
  'a[$ne]',
  '$where',
  '__proto__',
  'constructor',
  'constructor.prototype',
  'a.b',
  'a.$gt',
  '__proto__.admin',
  'a.0.$ne',
  'a[0][b]',
  'prototype',
  '',
  'x'.repeat(200),
  '0',
  'a b',
  'ａ',
];
const values = [
  '{"$gt":""}',
  '[object Object]',
  '$ne',
  '__proto__',
  '../../etc/passwd',
  '\u0000',
  "'; return true; //",
  '.*',
  '^(a+)+$',
  '9'.repeat(400),
  '１',
  '1e5',
  '-1',
  'NaN',
  '0x1F',
  '\r\nSet-Cookie: a=b',
  '{{7*7}}',
  '{% assign x = 1 %}',
  '<script>alert(1)</script>',
];

test('operators, prototypes and other people’s names are refused or are text, on every route (K12, K13, F6)', async () => {
  const her = await desk.as('administrator');
  const before = Object.getOwnPropertyNames(Object.prototype).toSorted();
  let tried = 0;
  const through: string[] = [];
  for (const [n, item] of items.entries()) {
    const path = filled(item);
    for (let i = 0; i < 6; i++) {
      const name = names[(n * 6 + i) % names.length] as string;
      const value = values[(n * 6 + i) % values.length] as string;
      const answer =
        item.kind === 'act'
          ? await her.post(path, { [name]: value, reason: value, id: value })
          : await her.get(
              `${path}?${encodeURIComponent(name)}=${encodeURIComponent(value)}&q[$ne]=1&cursor=${encodeURIComponent(value)}`,
            );
      tried++;
      expect([item.path, name, value, answer.status < 500]).toEqual([item.path, name, value, true]);
      expect(answer.text ?? '').not.toContain('<script>alert(1)');
    }
    if (!item.path.includes(':')) continue;
    for (const value of values.slice((n * 3) % 12, ((n * 3) % 12) + 3)) {
      const place = item.path.replaceAll(/:\w+/g, encodeURIComponent(value));
      const answer = item.kind === 'act' ? await her.post(place) : await her.get(place);
      tried++;
      if (answer.status < 400 || answer.status >= 500)
        through.push(`${answer.status} ${methodOf(item)} ${place}`);
    }
  }
  expect(through).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(items.length * 6);
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(before);
});

test('a form that is no form, too large, too many fields or nested deep is refused', async () => {
  const her = await desk.as('administrator');
  const server = createServer((asked, answer) => void desk.handler(asked, answer));
  const post = (type: string, body: string) =>
    request(server)
      .post('/me/script')
      .set({ Cookie: her.cookie, Origin: origin, 'X-Token': her.token, 'Content-Type': type })
      .send(body);
  const deep = '['.repeat(10_000);
  const answers = await Promise.all([
    post('application/json', '{"script":"hans"}'),
    post('text/plain', 'script=hans'),
    post('application/xml', '<a/>'),
    post('multipart/form-data; boundary=x', deep),
    post('multipart/form-data', 'x'),
    post('application/x-www-form-urlencoded', `a=${'x'.repeat(300_000)}`),
    post('application/x-www-form-urlencoded', Array.from({ length: 25_000 }, () => 'a=1').join('&')),
    post('application/x-www-form-urlencoded', 'script[0]=hans'),
    post('application/x-www-form-urlencoded', 'script=hans&script=hant'),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400));
});

test('nothing broken inside is told, and nothing else happens (K21)', async () => {
  const her = await desk.as('administrator');
  const { team, audit, tasks } = town.services;
  /** Whatever is asked of it fails a moment later, as a database does. */
  const failing: object = new Proxy(() => {}, {
    get: (_, name) => (name === 'then' ? undefined : failing),
    apply() {
      const failed = Promise.reject(new Error('secret-inside at /home/x/y.ts with mongodb://user:pass@host'));
      failed.catch(() => {});
      return failed;
    },
  });
  const broken = new Proxy({ team, audit, tasks } as typeof town.services, {
    get(known, name: keyof typeof town.services) {
      return name === 'team' || name === 'audit' ? known[name] : failing;
    },
  });
  const inside = createConsole({
    items: loadItems(),
    services: broken,
    house: {
      account: { type: 'service', verified: true },
      simulated: true,
      solo: false,
      publicUrl: origin,
      explain: () => Promise.reject(new Error('secret-inside')),
      doctor: () => Promise.reject(new Error('secret-inside')),
    } as unknown as House,
    pages: createConsolePages(),
    url: origin,
    proxies: 0,
    clock: town.clock,
    script: 'hant',
    log: createLog({ level: 'silent', name: 'test' }),
  });
  const server = createServer((asked, answer) => void inside.handler(asked, answer));
  let broke = 0;
  for (const item of items) {
    const answer =
      item.kind === 'act'
        ? await request(server)
            .post(filled(item))
            .set({ Cookie: her.cookie, Origin: origin, 'X-Token': her.token })
            .type('form')
            .send('name=x')
        : await request(server).get(filled(item)).set('Cookie', her.cookie);
    if (answer.status === 500) broke++;
    expect([
      item.path,
      answer.text?.includes('secret-inside') ?? false,
      /\bat \/|node_modules|mongodb:/.test(answer.text ?? ''),
    ]).toEqual([item.path, false, false]);
  }
  expect(broke).toBeGreaterThan(5);
});

test('a forged host leads nobody elsewhere (K14), and there is no way out through `next` (K15)', async () => {
  const server = createServer((asked, answer) => void desk.handler(asked, answer));
  const { headers, text } = await request(server).get('/team').set({
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '1.2.3.4',
  });
  expect(headers['location']).toBe('/sign-in?next=%2Fteam');
  expect(text).not.toContain('evil');
  const ways = [
    ...[
      '//evil.example',
      '///evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      'https://evil.example',
      'http:evil.example',
      'javascript:alert(1)',
      'data:text/html,x',
      '/\tevil',
      '/\n/evil.example',
      ' /x',
      '',
      'evil',
      '/%0d%0aSet-Cookie:a=b\r\n',
      '/ /evil.example',
      '/sign-in',
      '/sign-in?next=/sign-in',
      '\u0000/',
      '/\u0000/evil',
      '/\u2028/evil',
    ],
    ...Array.from({ length: 30 }, (_, n) => `${'/'.repeat(2 + (n % 5))}evil${n}.example`),
  ];
  expect(ways.length).toBeGreaterThanOrEqual(50);
  for (const way of ways) {
    const to = insideOnly(way);
    expect([way, new URL(to, 'https://console.example.com').origin]).toEqual([
      way,
      'https://console.example.com',
    ]);
    expect([way, /[\r\n]/.test(to)]).toEqual([way, false]);
  }
  expect(insideOnly('/subscribers?tag=1&sort=-points')).toBe('/subscribers?tag=1&sort=-points');
});

test('everything that was done, refused or looked at of a person has its row, and the chain holds (K20)', async () => {
  const [admin, analyst] = [await desk.as('administrator'), await desk.as('analyst')];
  for (const item of acts) {
    await admin.post(filled(item), { reason: 'x' });
    const [row] = await town.services.audit.list({ by: admin.login });
    expect([item.path, row?.path]).toEqual([item.path, filled(item)]);
    expect(['done', 'refused', 'failed']).toContain(row?.end);
    if (may(['analyst'], item.right)) continue;
    await analyst.post(filled(item));
    const [told] = await town.services.audit.list({ by: analyst.login });
    expect(told).toMatchObject({ path: filled(item), end: 'refused' });
  }
  for (const item of items.filter((one) => one.kind === 'page' && one.sees)) {
    await admin.get(filled(item));
    const rows = await town.services.audit.list({ by: admin.login, end: 'seen' });
    expect(rows.some(({ path }) => path === filled(item))).toBe(true);
  }
  expect((await town.services.audit.check()).broken).toBeUndefined();
});

test('what is not public is not on the public port (K22)', async () => {
  const server = createServer((asked, answer) => town.app.http.handler(asked, answer));
  for (const path of [
    '/team',
    '/audit',
    '/tasks',
    '/sign-in',
    '/assets/console.js',
    '/join/abcdefghijklmnopqrstuvwxyz',
    '/system',
  ])
    expect([path, (await request(server).get(path)).status]).toEqual([path, 404]);
});

test('who wrote it cannot agree as somebody else in the same browser (K19)', async () => {
  const { team } = town.services;
  const device = 'one-browser-of-two-people';
  const people = await Promise.all(
    ['first', 'second'].map(async (login) => {
      const token = await team.invite({ roles: ['approver'], name: `人${login}`, by: 'test' });
      const { secret } = await team.invitation(token);
      const { who } = await team.join(token, {
        login,
        name: `人${login}`,
        password: 'kites over the west lake',
        code: codeAt(secret, Date.now()),
      });
      const known = await team.openFor({ who: who.id, ip: '::1', agent: '', device });
      return { who, session: await team.session(known) };
    }),
  );
  const place = people[1]?.session?.device ?? '';
  expect(await team.sharesDevice(place, ['first'])).toBe(true);
  expect(await team.sharesDevice(place, ['nobody'])).toBe(false);
});
