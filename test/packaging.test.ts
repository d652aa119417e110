import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { table } from '../src/config';
import { root } from '../src/kit/root';

const read = (file: string) => readFileSync(join(root, file), 'utf8');

type Service = {
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  healthcheck?: { test: string[] };
  volumes?: string[];
  networks: string[];
  depends_on?: Record<string, { condition: string }>;
};
type Compose = {
  services: Record<'web' | 'worker' | 'console' | 'mongo' | 'redis', Service>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, unknown>;
};

describe('docker-compose.yml', () => {
  const { services, networks, volumes } = parse(read('docker-compose.yml'), { merge: true }) as Compose;
  const { web, worker, console: inside, mongo, redis } = services;

  test('runs a web and a worker on the same engines with the same key, told by settings that exist', () => {
    expect(web.environment).toMatchObject({ ROLE: 'web', HOST: '0.0.0.0', NODE_ENV: 'production' });
    expect(worker.environment).toEqual({ ...web.environment, ROLE: 'worker' });
    expect(web.environment?.['DATA_KEY']).toContain('${DATA_KEY:?');
    const known = [...Object.keys(table), 'NODE_ENV'];
    expect(Object.keys(web.environment ?? {}).filter((name) => !known.includes(name))).toEqual([]);
    const refused = Object.entries(web.environment ?? {}).filter(
      ([name, value]) =>
        name in table &&
        !value.startsWith('${') &&
        !table[name as keyof typeof table].parse.safeParse(value).success,
    );
    expect(refused).toEqual([]);
  });

  test('waits for engines that are ready: a replica set with a primary, and Redis that keeps its data', () => {
    for (const role of [worker, inside])
      expect(role.healthcheck?.test.every((word) => typeof word === 'string')).toBe(true);
    for (const role of [web, worker, inside]) {
      expect(role.depends_on).toEqual({
        mongo: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
    }
    const setName = mongo.command?.[mongo.command.indexOf('--replSet') + 1];
    expect(web.environment?.['MONGODB_URI']).toContain(`replicaSet=${setName}`);
    expect(mongo.healthcheck?.test.join(' ')).toMatch(new RegExp(`rs\\.initiate\\(\\{ _id: '${setName}'`));
    expect(redis.command?.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
    const kept = [...(mongo.volumes ?? []), ...(redis.volumes ?? [])].map((volume) => volume.split(':'));
    expect(kept.map(([, place]) => place)).toEqual(expect.arrayContaining(['/data/db', '/data']));
    for (const [name] of kept) expect(volumes).toHaveProperty(name as string);
  });

  test('the console is told where it is reached, by TLS, behind the one proxy whose word counts', () => {
    expect(inside.environment).toMatchObject({ ...web.environment, ROLE: 'console', CONSOLE_PROXIES: '1' });
    expect(inside.environment?.['CONSOLE_URL']).toContain('${CONSOLE_URL:?');
    expect(inside.healthcheck?.test.join(' ')).toContain(
      `127.0.0.1:${inside.environment?.['CONSOLE_PORT']}/healthz`,
    );
  });

  test('publishes the web server and the console on loopback and nothing else; the engines have no way out', () => {
    expect(web.ports).toEqual(['127.0.0.1:3000:3000']);
    expect(inside.ports).toEqual(['127.0.0.1:3002:3002']);
    for (const service of [worker, mongo, redis]) expect(service.ports).toBeUndefined();
    for (const engine of [mongo, redis]) expect(engine.networks).toEqual(['engines']);
    expect(networks['engines']).toEqual({ internal: true });
  });
});

describe('Dockerfile', () => {
  const stages = read('Dockerfile')
    .replaceAll(/\\\n/g, ' ')
    .split(/^(?=FROM )/m)
    .filter((part) => part.startsWith('FROM '));
  const last = stages.at(-1) ?? '';

  test('builds in one stage and runs in another, without the tools of the build', () => {
    expect(stages).toHaveLength(2);
    expect(stages[0]).toMatch(
      /npm ci --ignore-scripts[\s\S]*tsc -p tsconfig.build.json[\s\S]*npm prune --omit=dev/,
    );
    expect(last).not.toMatch(/^RUN /m);
  });

  test('runs as a user who is not root, in safe mode, and says whether it is healthy', () => {
    expect(/^USER (\S+)/m.exec(last)?.[1]).toBe('node');
    expect(last).toMatch(/REQUIRE_SAFE_MODE=1/);
    expect(last).toMatch(/^HEALTHCHECK .*\/healthz/m);
    expect(last).toMatch(/^CMD \["node", "--enable-source-maps", "dist\/src\/main.js"\]/m);
  });

  test('copies only what exists', () => {
    const copied = [...last.matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map((match) => match[1] ?? '');
    const made = ['node_modules', 'dist'];
    expect(copied.filter((name) => !made.includes(name) && !existsSync(join(root, name)))).toEqual([]);
  });
});

test('no secret, no data and no installed package goes into an image', () => {
  const ignored = read('.dockerignore').split('\n');
  for (const name of ['.env', '.data', '.git', 'node_modules', 'dist']) expect(ignored).toContain(name);
});

test('every command of package.json runs a file that is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const missing = Object.entries(scripts).flatMap(([name, command]) => {
    const script = /^node scripts\/run\.js (\S+)/.exec(command)?.[1];
    const file = script ? `scripts/${script}.ts` : /(?:^node|--config) (\S+\.js)/.exec(command)?.[1];
    return file && !existsSync(join(root, file)) ? [`${name}: ${file}`] : [];
  });
  expect(missing).toEqual([]);
});

describe('package-lock.json', () => {
  type Entry = { resolved?: string; optionalDependencies?: Record<string, string> };
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> };

  /** Where npm would find a package that one of its dependants asks for. */
  const isLocked = (dependant: string, name: string): boolean => {
    for (let place = dependant; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
      if (packages[`${place ? `${place}/` : ''}node_modules/${name}`]) return true;
      if (place === '') return false;
    }
  };

  test('names the native packages of every system, or `npm ci` refuses it', () => {
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isLocked(place, name)),
    );
    expect(missing).toEqual([]);
  });

  test('names no address of a registry', () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(read('.npmrc')).not.toMatch(/registry\s*=/);
  });
});
