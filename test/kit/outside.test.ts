import { gzipSync } from 'node:zlib';
import { AppError } from '../../src/errors';
import { createOutside, statusDetailsOf } from '../../src/kit/outside';
import { createHandClock, createLoopback, json } from '../support/loopback';

type Loopback = Awaited<ReturnType<typeof createLoopback>>;

let service: Loopback;
let elsewhere: Loopback;
beforeEach(async () => {
  service = await createLoopback((_asked, response) => json(response, { ok: true }));
  elsewhere = await createLoopback((_asked, response) => json(response, { stolen: true }));
});
afterEach(() => Promise.all([service.close(), elsewhere.close()]));

const outsideOf = (more: Partial<Parameters<typeof createOutside>[0]> = {}) =>
  createOutside({ name: 'Example', baseUrl: service.url, retryPauseMs: 0, ...more });

async function problemOf(call: Promise<unknown>): Promise<AppError> {
  const err = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(err instanceof AppError)) throw new Error(`expected an AppError, got ${String(err)}`);
  return err;
}

test('asks the path with its parameters and headers, and reads the JSON', async () => {
  const outside = outsideOf({ headers: { 'X-Key': 'k1' } });
  expect(await outside.get('/v1/now', { place: '杭州', days: 3, left: undefined })).toEqual({ ok: true });
  expect(service.asked[0]).toMatchObject({
    path: '/v1/now',
    query: { place: '杭州', days: '3' },
    headers: { 'x-key': 'k1' },
  });
  expect(service.asked[0]?.query).not.toHaveProperty('left');
});

test('keeps a path of the base address as a prefix', async () => {
  await outsideOf({ baseUrl: `${service.url}/api/` }).get('/now');
  expect(service.asked[0]?.path).toBe('/api/now');
});

test.each(['//elsewhere.example/now', '@elsewhere.example/now', '.elsewhere.example/now', ':81/now', 'now'])(
  'a path like %s never reaches another host',
  async (path) => {
    const asked: string[] = [];
    const outside = createOutside({
      name: 'Example',
      baseUrl: 'https://api.example',
      fetch: async (url) => {
        asked.push(new URL(url instanceof Request ? url.url : url).host);
        return new Response('{}');
      },
    });
    await outside.get(path).catch(() => undefined);
    expect(asked.filter((host) => host !== 'api.example')).toEqual([]);
  },
);

test.each([
  'ftp://api.example',
  'file:///etc/passwd',
  'https://me:secret@api.example',
  'https://api.example?key=1',
  'api.example',
])('refuses to be made for %s', (baseUrl) => {
  expect(() => outsideOf({ baseUrl })).toThrow('must be like https://');
});

test('a redirect is never followed', async () => {
  service.answers((_asked, response) =>
    response.writeHead(302, { location: `${elsewhere.url}/metadata` }).end(),
  );
  const err = await problemOf(outsideOf().get('/now'));
  expect(err.code).toBe('outside.redirected');
  expect(elsewhere.asked).toEqual([]);
  expect(service.asked).toHaveLength(1);
});

test('gives up after its time, even when the body only trickles', async () => {
  service.answers((_asked, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"half":');
  });
  const err = await problemOf(outsideOf({ timeoutMs: 80 }).get('/slow'));
  expect(err).toMatchObject({ kind: 'Upstream', code: 'outside.timeout' });
  expect(err.message).toContain('80 ms');
  expect(service.asked).toHaveLength(1);
});

test('tries once more after a 5xx, and only once', async () => {
  let calls = 0;
  service.answers((_asked, response) => {
    calls += 1;
    json(response, { calls }, calls === 1 ? 503 : 200);
  });
  expect(await outsideOf().get('/now')).toEqual({ calls: 2 });

  service.answers((_asked, response) => json(response, { sorry: true }, 503));
  const before = service.asked.length;
  const err = await problemOf(outsideOf().get('/now'));
  expect(statusDetailsOf(err)).toEqual({ status: 503, body: { sorry: true } });
  expect(service.asked.length - before).toBe(2);
});

test('does not repeat a question that was refused', async () => {
  service.answers((_asked, response) => json(response, { error: true, reason: 'no such place' }, 400));
  const err = await problemOf(outsideOf().get('/now'));
  expect(statusDetailsOf(err)).toEqual({ status: 400, body: { error: true, reason: 'no such place' } });
  expect(service.asked).toHaveLength(1);
});

test('posts a body as it is, once, whatever becomes of the answer', async () => {
  const outside = outsideOf();
  expect(await outside.post('/', '{"杭州":1}', { 'content-type': 'application/json' })).toEqual({ ok: true });
  expect(service.asked[0]).toMatchObject({
    method: 'POST',
    path: '/',
    body: '{"杭州":1}',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
  });
  service.answers((_asked, response) => json(response, { sorry: true }, 503));
  expect((await problemOf(outside.post('/', '{}'))).code).toBe('outside.status');
  service.answers((_asked, response) => response.destroy());
  expect((await problemOf(outside.post('/', '{}'))).code).toBe('outside.unreachable');
  expect(service.asked).toHaveLength(3);
});

test('a connection cut in the middle is one clear error', async () => {
  service.answers((_asked, response) => response.destroy());
  expect((await problemOf(outsideOf().get('/now'))).code).toBe('outside.unreachable');
  expect(service.asked).toHaveLength(2);
});

test('something that is not JSON is one clear error', async () => {
  service.answers((_asked, response) =>
    response.writeHead(200).end('<html>Welcome to the hotel Wi-Fi</html>'),
  );
  expect((await problemOf(outsideOf().get('/now'))).code).toBe('outside.unreadable');
});

test.each([
  ['announced', (body: Buffer) => ({ headers: { 'content-length': String(body.length) }, body })],
  ['unannounced', (body: Buffer) => ({ headers: {}, body })],
  [
    'small on the wire and big when unzipped',
    (body: Buffer) => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(body) }),
  ],
])('a body that is too big (%s) is not read to its end', async (_how, wrap) => {
  const { headers, body } = wrap(Buffer.from(JSON.stringify({ filler: 'x'.repeat(50_000) })));
  service.answers((_asked, response) => response.writeHead(200, headers).end(body));
  expect((await problemOf(outsideOf({ maxBytes: 10_000 }).get('/now'))).code).toBe('outside.too-big');
});

test('no message and no detail holds the query, where keys and places stand', async () => {
  const clock = createHandClock();
  const seen: AppError[] = [];
  const failing: Parameters<typeof createLoopback>[0][] = [
    (_asked, response) => response.destroy(),
    (_asked, response) => json(response, {}, 500),
    (_asked, response) => response.writeHead(302, { location: '/x' }).end(),
    (_asked, response) => response.writeHead(200).end('no json'),
  ];
  for (const answer of failing) {
    service.answers(answer);
    seen.push(
      await problemOf(outsideOf({ now: clock.now }).get('/now', { key: 'k-secret', location: '120.15' })),
    );
  }
  const told = seen
    .map((err) => `${err.message} ${JSON.stringify(err.details)} ${String(err.cause)}`)
    .join('\n');
  expect(told).not.toMatch(/k-secret|120\.15|\?/);
});

describe('after failures in a row', () => {
  const breaker = { failures: 3, pauseMs: 10_000, maxPauseMs: 25_000 };
  const bad: Parameters<typeof createLoopback>[0] = (_asked, response) =>
    response.writeHead(200).end('no json');

  test('it stops asking, lets one probe through after the pause, and closes when that succeeds', async () => {
    const clock = createHandClock();
    const outside = outsideOf({ breaker, now: clock.now });
    service.answers(bad);
    for (let i = 0; i < 3; i++) await problemOf(outside.get('/now'));
    expect(outside.state()).toBe('open');
    expect((await problemOf(outside.get('/now'))).code).toBe('outside.paused');
    expect(service.asked).toHaveLength(3);

    clock.pass(10_001);
    service.answers((_asked, response) => json(response, { back: true }));
    const [probe, other] = [outside.get('/now'), problemOf(outside.get('/now'))];
    expect((await other).code).toBe('outside.paused');
    expect(await probe).toEqual({ back: true });
    expect(outside.state()).toBe('closed');
    expect(await outside.get('/now')).toEqual({ back: true });
  });

  test('a probe that fails doubles the pause, up to a bound', async () => {
    const clock = createHandClock();
    const outside = outsideOf({ breaker, now: clock.now });
    service.answers(bad);
    for (let i = 0; i < 3; i++) await problemOf(outside.get('/now'));
    for (const pauseMs of [10_000, 20_000, 25_000, 25_000]) {
      clock.pass(pauseMs - 1);
      expect((await problemOf(outside.get('/now'))).code).toBe('outside.paused');
      clock.pass(1);
      expect((await problemOf(outside.get('/now'))).code).toBe('outside.unreadable');
    }
  });

  test('a wrong question does not count as a failure of the service', async () => {
    const outside = outsideOf({ breaker });
    service.answers((_asked, response) => json(response, {}, 404));
    for (let i = 0; i < 5; i++) expect((await problemOf(outside.get('/now'))).code).toBe('outside.status');
    expect(outside.state()).toBe('closed');
  });
});

test('a 429 is left alone for as long as it asks', async () => {
  const clock = createHandClock();
  const outside = outsideOf({ now: clock.now });
  service.answers((_asked, response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'));
  await problemOf(outside.get('/now'));
  service.answers((_asked, response) => json(response, { back: true }));
  clock.pass(6_999);
  expect((await problemOf(outside.get('/now'))).code).toBe('outside.paused');
  clock.pass(1);
  expect(await outside.get('/now')).toEqual({ back: true });
});

test('only so many calls are under way at once; one more is refused at once', async () => {
  let letGo = () => {};
  service.answers((_asked, response) => {
    letGo = () => json(response, { ok: true });
  });
  const outside = outsideOf({ maxInFlight: 1 });
  const first = outside.get('/now');
  expect((await problemOf(outside.get('/now'))).code).toBe('outside.busy');
  while (service.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  letGo();
  expect(await first).toEqual({ ok: true });
  service.answers((_asked, response) => json(response, { again: true }));
  expect(await outside.get('/now')).toEqual({ again: true });
});
