import type { Connection } from 'mongoose';
import { createSharedToken } from '../../../src/store/shared-token';
import type { ClientOptions } from '../../../src/wechat/api/client';
import { createCustomerMessages } from '../../../src/wechat/api/customer-messages';
import { createMass } from '../../../src/wechat/api/mass';
import { testDatabase } from '../../support/database';
import { type Answer, hangUp, type Server, secret, startServer } from './server';

const database = testDatabase();
let db: Connection;
let server: Server;
beforeAll(async () => {
  db = await database.connect();
});
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server.stop();
  await database.clear();
});
afterAll(() => database.drop());

const appId = 'wx0123456789abcdef';
const dataKey = 'a key for tests, longer than thirty-two';
const sendPath = '/cgi-bin/message/custom/send';
const tokenPath = '/cgi-bin/stable_token';
const placeOf = (connection = db) => createSharedToken({ db: connection, appId, dataKey });
/** A process of its own, as far as tokens go. */
const clientOf = (options: Partial<ClientOptions> = {}) =>
  server.client({ sharedToken: placeOf(), ...options });

/** Takes messages with this token only, and tells which it took. */
function only(good: string, refusal = { errcode: 42001, errmsg: 'access_token expired' }) {
  const taken: string[] = [];
  server.answers[sendPath] = (seen) => {
    if (seen.query.get('access_token') !== good) return refusal;
    taken.push(seen.body);
    return { errcode: 0, errmsg: 'ok' };
  };
  return taken;
}
/** The token comes late enough for everybody to want it. */
const slowly =
  (token: string): Answer =>
  (_seen, response) => {
    setTimeout(() => response.end(JSON.stringify({ access_token: token, expires_in: 7200 })), 150);
  };

test.each([40001, 40014, 42001])(
  'eight processes whose token ends in the middle (%i) ask twice in all, and no message is lost or doubled',
  async (errcode) => {
    server.answers[tokenPath] = slowly('token-1');
    only('token-1');
    const clients = Array.from({ length: 8 }, () => clientOf());
    await Promise.all(clients.map((client) => client.post(sendPath, {})));
    expect(server.calls(tokenPath)).toHaveLength(1);

    server.answers[tokenPath] = slowly('token-2');
    const taken = only('token-2', { errcode, errmsg: 'no' });
    const bodies = clients.flatMap((client, c) => [0, 1, 2].map((n) => ({ client, body: { c, n } })));
    await Promise.all(bodies.map(({ client, body }) => client.post(sendPath, body)));
    expect(taken.toSorted()).toEqual(bodies.map(({ body }) => JSON.stringify(body)).toSorted());
    expect(server.calls(tokenPath)).toHaveLength(2);
    expect(server.calls(tokenPath).some(({ body }) => body.includes('"force_refresh":true'))).toBe(false);
  },
);

test('a process that starts later asks for none', async () => {
  await clientOf().post(sendPath, {});
  await clientOf().post(sendPath, {});
  expect(server.calls(tokenPath)).toHaveLength(1);
});

test('when WeChat gives the refused token again, one process forces a new one for all eight', async () => {
  const clients = Array.from({ length: 8 }, () => clientOf());
  await Promise.all(clients.map((client) => client.post(sendPath, {})));
  // The server goes on giving token-1 until it is forced.
  const taken = only('token-2', { errcode: 40001, errmsg: 'not latest' });
  await Promise.all(clients.map((client, n) => client.post(sendPath, { n })));
  expect(taken).toHaveLength(8);
  expect(server.calls(tokenPath)).toHaveLength(3);
});

test('while the one that asks is dead, the others wait a while and then ask for themselves, never by force', async () => {
  expect(await placeOf().lease()).toBe(true);
  let now = 0;
  const client = clientOf({ now: () => (now += 1_000) });
  expect(await client.post(sendPath, {})).toMatchObject({ errcode: 0 });
  expect(server.calls(tokenPath).map(({ body }) => body.includes('"force_refresh":false'))).toEqual([true]);
});

test('without the database a process asks WeChat alone, and a refused token is replaced all the same', async () => {
  const broken = await database.connect();
  const client = clientOf({ sharedToken: placeOf(broken) });
  await broken.close();
  expect(await client.post(sendPath, {})).toMatchObject({ errcode: 0 });
  server.rotateToken();
  only('token-2');
  expect(await client.post(sendPath, {})).toMatchObject({ errcode: 0 });
  expect(server.calls(tokenPath)).toHaveLength(2);
  expect(server.logged()).toContain('asking WeChat alone');
});

test('when no token is to be had, everybody is told why, and the next may ask at once', async () => {
  server.answers[tokenPath] = { errcode: 40164, errmsg: 'invalid ip' };
  const clients = Array.from({ length: 3 }, () => clientOf());
  const outcomes = await Promise.all(
    clients.map((client) => createCustomerMessages({ client }).send('o1', { kind: 'text', text: '好' })),
  );
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'later', afterMs: 60_000 });
  delete server.answers[tokenPath];
  expect(await placeOf().lease()).toBe(true);
});

test('neither secret nor token is in an error, a log line or the database, whatever goes wrong', async () => {
  const canary = 'canary-token-2f9c41d7e8';
  const texts: string[] = [];
  const keep = (thrown: unknown) => {
    const { message, stack, cause } = thrown as Error;
    texts.push(message, stack ?? '', JSON.stringify(thrown), String(cause));
  };
  const leaks = `secret ${secret}, token ${canary}, https://x/?access_token=${canary}`;
  const refused: Answer = (_seen, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:1/?access_token=${canary}` });
    response.end();
  };
  const half: Answer = (_seen, response) => {
    response.setHeader('content-length', '500');
    response.write(`{"errmsg":"${canary}`, () => response.destroy());
  };
  server.answers[tokenPath] = { access_token: canary, expires_in: 7200 };
  const client = clientOf({ timeoutMs: 300 });
  const mass = createMass({ client });
  const massPath = '/cgi-bin/message/mass/send';
  for (const answer of [
    { errcode: 0, msg_id: 1 },
    { errcode: 40003, errmsg: leaks },
    { errcode: 45065, errmsg: leaks, msg_id: 1 },
    { errcode: 40001, errmsg: leaks },
    { errcode: 0, errmsg: leaks },
    `not JSON ${leaks}`,
    refused,
    half,
    hangUp,
    () => undefined,
  ] satisfies (Answer | object | string)[]) {
    server.answers[massPath] = answer as Answer;
    texts.push(JSON.stringify(await mass.sendTo(['o1', 'o2'], { kind: 'text', text: '好' }, 'k')));
    await client.post(massPath, {}).catch(keep);
  }
  server.answers[tokenPath] = { errcode: 40125, errmsg: `secret ${secret}` };
  await server
    .client({ sharedToken: createSharedToken({ db, appId: 'other', dataKey }) })
    .get('/x')
    .catch(keep);
  const broken = await database.connect();
  await broken.close();
  await server
    .client({ sharedToken: placeOf(broken) })
    .get('/x')
    .catch(keep);

  for (const { name } of (await db.db?.listCollections({}, { nameOnly: true }).toArray()) ?? [])
    texts.push(JSON.stringify(await db.collection(name).find().toArray()));
  const all = [...texts, server.logged()].join('\n');
  expect(all).toContain('"sealed"');
  for (const hidden of [secret, canary, Buffer.from(canary).toString('base64').slice(0, 20)])
    expect(all).not.toContain(hidden);
});
