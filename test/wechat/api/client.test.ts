import { createServer } from 'node:net';
import { featureOf } from '../../../src/wechat/api/account-types';
import { isWechatError, type WechatError } from '../../../src/wechat/api/errors';
import { type Answer, hangUp, portOf, type Server, secret, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const errorOf = async (call: Promise<unknown>): Promise<WechatError> => {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isWechatError(thrown)) throw new Error('expected a WechatError', { cause: thrown });
  return thrown;
};
const sendPath = '/cgi-bin/message/custom/send';
const infoPath = '/cgi-bin/user/info';

test('a call carries the token in its query and the body as raw UTF-8', async () => {
  await server.client().post(sendPath, { touser: 'o1', text: { content: '杭州😀 "引號"' } });
  const [call] = server.calls(sendPath);
  expect(call?.query.get('access_token')).toBe('token-1');
  expect(call?.body).toContain('杭州😀');
  expect(call?.body).not.toContain('\\u');
});

test('64-bit numbers in an answer arrive exactly, as strings; ordinary ones stay numbers', async () => {
  server.answers[infoPath] =
    '{"errcode":0,"msg_id":9223372036854775807,"neg":-9223372036854775808,"n":7200,"f":0.2500000000000000000000,"s":"say \\"12345678901234567890\\""}';
  expect(await server.client().get(infoPath)).toMatchObject({
    msg_id: '9223372036854775807',
    neg: '-9223372036854775808',
    n: 7200,
    f: 0.25,
    s: 'say "12345678901234567890"',
  });
});

test('many calls at once fetch one token, and never by force', async () => {
  const client = server.client();
  await Promise.all(Array.from({ length: 20 }, () => client.get(infoPath)));
  const fetches = server.calls('/cgi-bin/stable_token');
  expect(fetches).toHaveLength(1);
  expect(JSON.parse(fetches[0]?.body ?? '')).toEqual({
    grant_type: 'client_credential',
    appid: 'wx0123456789abcdef',
    secret,
    force_refresh: false,
  });
});

test('a token is fetched anew five minutes before its end, by machine time', async () => {
  let now = 1_000_000;
  const client = server.client({ now: () => now });
  await client.get(infoPath);
  now += 6_899_000;
  await client.get(infoPath);
  expect(server.calls('/cgi-bin/stable_token')).toHaveLength(1);
  now += 1_000;
  await client.get(infoPath);
  expect(server.calls('/cgi-bin/stable_token')).toHaveLength(2);
});

test('when the token ends in the middle of many sends, one fetch serves all and each message goes once', async () => {
  const client = server.client();
  await client.get(infoPath);
  server.rotateToken();
  const accepted: string[] = [];
  server.answers[sendPath] = (seen) => {
    if (seen.query.get('access_token') !== 'token-2')
      return { errcode: 42001, errmsg: 'access_token expired rid: 1-2-3' };
    accepted.push(seen.body);
    return { errcode: 0, errmsg: 'ok' };
  };
  await Promise.all(Array.from({ length: 8 }, (_, n) => client.post(sendPath, { n })));
  expect(accepted.toSorted()).toEqual(Array.from({ length: 8 }, (_, n) => JSON.stringify({ n })));
  const fetches = server.calls('/cgi-bin/stable_token');
  expect(fetches).toHaveLength(2);
  expect(fetches.some((fetch) => fetch.body.includes('"force_refresh":true'))).toBe(false);
});

test('eight processes that notice at once get the new token without force, and no message is lost or doubled', async () => {
  const clients = Array.from({ length: 8 }, () => server.client());
  await Promise.all(clients.map((client) => client.get(infoPath)));
  server.rotateToken();
  const accepted: string[] = [];
  server.answers[sendPath] = (seen) => {
    if (seen.query.get('access_token') !== 'token-2') return { errcode: 40001, errmsg: 'not latest' };
    accepted.push(seen.body);
    return { errcode: 0, errmsg: 'ok' };
  };
  await Promise.all(clients.map((client, n) => client.post(sendPath, { n })));
  expect(accepted).toHaveLength(8);
  expect(new Set(accepted).size).toBe(8);
  expect(server.calls('/cgi-bin/stable_token').some((one) => one.body.includes('"force_refresh":true'))).toBe(
    false,
  );
});

test('a token that WeChat refuses although it just gave it is replaced by force once, then not for 30 seconds', async () => {
  let now = 1_000_000;
  const client = server.client({ now: () => now });
  let good = 'token-2';
  server.answers[infoPath] = (seen) =>
    seen.query.get('access_token') === good
      ? { openid: 'o1' }
      : { errcode: 40001, errmsg: 'invalid credential' };
  const forced = () =>
    server.calls('/cgi-bin/stable_token').filter((one) => one.body.includes('"force_refresh":true'));
  const answers = await Promise.all(Array.from({ length: 5 }, () => client.get(infoPath)));
  expect(answers).toEqual(Array.from({ length: 5 }, () => ({ openid: 'o1' })));
  expect(forced()).toHaveLength(1);

  good = 'token-3';
  now += 29_000;
  expect((await errorOf(client.get(infoPath))).details.errcode).toBe(40001);
  expect(forced()).toHaveLength(1);
  now += 1_000;
  expect(await client.get(infoPath)).toEqual({ openid: 'o1' });
  expect(forced()).toHaveLength(2);
});

test('the token is refreshed by force at most 20 times a day', async () => {
  let now = 1_000_000;
  const client = server.client({ now: () => now });
  server.answers[infoPath] = { errcode: 40001, errmsg: 'invalid credential' };
  for (let n = 0; n < 25; n++) {
    await errorOf(client.get(infoPath));
    now += 60_000;
  }
  expect(
    server.calls('/cgi-bin/stable_token').filter((one) => one.body.includes('"force_refresh":true')),
  ).toHaveLength(20);
});

test('a wrong secret is told as such and not tried again', async () => {
  server.answers['/cgi-bin/stable_token'] = { errcode: 40001, errmsg: 'invalid credential' };
  const error = await errorOf(server.client().get(infoPath));
  expect(error.details).toMatchObject({ errcode: 40001, retry: 'never', reason: 'AppSecret 不對' });
  expect(server.seen).toHaveLength(1);
});

test('an error has its code, a Chinese reason, what to do, and the request id cut out of the words', async () => {
  server.answers[sendPath] = {
    errcode: 45047,
    errmsg: 'out of response count limit rid: 656e5f1a-0b2c3d4e-1a2b3c4d',
  };
  const error = await errorOf(server.client().post(sendPath, {}));
  expect(error.details).toEqual({
    errcode: 45047,
    errmsg: 'out of response count limit',
    rid: '656e5f1a-0b2c3d4e-1a2b3c4d',
    reason: '給這位用戶的客服消息條數用完',
    retry: 'wait',
    ambiguous: false,
  });
  expect(error.message).toBe(
    'WeChat /cgi-bin/message/custom/send: 45047 給這位用戶的客服消息條數用完: out of response count limit (rid 656e5f1a-0b2c3d4e-1a2b3c4d)',
  );
});

test('an errcode that comes as a string is an error all the same', async () => {
  server.answers[infoPath] = { errcode: '40003', errmsg: 'invalid openid' };
  expect((await errorOf(server.client().get(infoPath))).details.errcode).toBe(40003);
});

test('a read is repeated while WeChat is busy, three times in all; a send is not repeated', async () => {
  server.answers[infoPath] = server.answers[sendPath] = { errcode: -1, errmsg: 'system error' };
  const client = server.client();
  await errorOf(client.get(infoPath));
  await errorOf(client.post(sendPath, {}));
  expect(server.calls(infoPath)).toHaveLength(3);
  expect(server.calls(sendPath)).toHaveLength(1);
});

test('a read refused for too many calls in this minute is not repeated, which would only make it worse', async () => {
  server.answers[infoPath] = { errcode: 45011, errmsg: 'api minute-quota reach limit' };
  await errorOf(server.client().get(infoPath));
  expect(server.calls(infoPath)).toHaveLength(1);
});

test('a read succeeds when WeChat is busy only once', async () => {
  let times = 0;
  server.answers[infoPath] = () =>
    times++ === 0 ? { errcode: -1, errmsg: 'system error' } : { openid: 'o1' };
  expect(await server.client().get(infoPath)).toEqual({ openid: 'o1' });
});

const halfBody: Answer = (_seen, response) => {
  response.setHeader('content-length', '500');
  response.write('{"errcode":0,', () => response.destroy());
};
const badGateway: Answer = (_seen, response) => {
  response.statusCode = 502;
  return '<html>';
};
test.each<[string, Answer]>([
  ['a reset after the request', hangUp],
  ['half a body', halfBody],
  ['no answer in time', () => undefined],
  ['a gateway error', badGateway],
  ['a body that is not JSON', () => 'oops'],
])('after %s nobody knows whether a send took effect, and it is sent once only', async (_name, answer) => {
  server.answers[sendPath] = answer;
  const error = await errorOf(server.client({ timeoutMs: 150 }).post(sendPath, {}));
  expect(error.details).toMatchObject({ errcode: null, ambiguous: true });
  expect(server.calls(sendPath)).toHaveLength(1);
});

test('when WeChat cannot be reached at all, nothing was sent and the error says so', async () => {
  const client = server.client();
  await server.stop();
  const error = await errorOf(client.post(sendPath, {}));
  expect(error.details).toMatchObject({ errcode: null, errmsg: 'ECONNREFUSED', ambiguous: false });
});

test('when only the token call ends ambiguously, the send itself was never made and is not ambiguous', async () => {
  server.answers['/cgi-bin/stable_token'] = hangUp;
  const error = await errorOf(server.client().post(sendPath, {}));
  expect(error.details).toMatchObject({ errcode: null, ambiguous: false });
  expect(server.calls(sendPath)).toHaveLength(0);
});

test('redirects are refused, and where they point is never asked', async () => {
  let touched = 0;
  const elsewhere = createServer(() => touched++);
  await new Promise<void>((done) => {
    elsewhere.listen(0, '127.0.0.1', done);
  });
  const port = portOf(elsewhere);
  server.answers[infoPath] = (_seen, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${port}/latest/meta-data` });
    response.end();
  };
  const error = await errorOf(server.client().get(infoPath));
  expect(error.details).toMatchObject({ retry: 'never', errmsg: 'HTTP 302: redirects are refused' });
  expect(touched).toBe(0);
  elsewhere.close();
});

test.each([
  '//evil.example/x',
  '/x@evil.example',
  '/../x',
  '/x?y',
  'https://evil.example/',
  '/cgi-bin/%2e%2e',
  '',
])('the path %j is refused before anything is sent', async (path) => {
  await expect(server.client().get(path)).rejects.toThrow('not a path');
  expect(server.calls(path)).toHaveLength(0);
});

test('an answer larger than the cap is cut off', async () => {
  server.answers[infoPath] = `{"s":"${'x'.repeat(9 * 1024 * 1024)}"}`;
  expect((await errorOf(server.client().get(infoPath))).details.errmsg).toContain('larger than');
});

test('neither secret nor token is in any error or log line, whatever goes wrong', async () => {
  const texts: string[] = [];
  const keep = async (call: Promise<unknown>) => {
    const error = await errorOf(call);
    texts.push(error.message, error.stack ?? '', JSON.stringify(error), String(error.cause));
  };
  const leaky = {
    errcode: 40013,
    errmsg: `bad secret ${secret} or token token-1, see https://x/?access_token=token-1`,
  };
  const client = server.client({ timeoutMs: 150 });
  server.answers[infoPath] = leaky;
  await keep(client.get(infoPath));
  server.answers[infoPath] = hangUp;
  await keep(client.get(infoPath));
  server.answers[infoPath] = () => undefined;
  await keep(client.get(infoPath));
  server.answers['/cgi-bin/stable_token'] = { errcode: 40013, errmsg: `bad secret ${secret}` };
  await keep(server.client().get(infoPath));
  await keep(server.client({ baseUrl: 'http://127.0.0.1:1' }).get(infoPath));
  await server.stop();
  await keep(client.get(infoPath));
  const all = texts.join('\n') + server.logged();
  expect(all).toContain('/cgi-bin/user/info');
  expect(all).not.toContain(secret);
  expect(all).not.toMatch(/token-1/);
});

test('what the account may not do is refused with the reason, before even a token is fetched', async () => {
  const client = server.client({ account: { type: 'subscription', verified: true } });
  const refused: unknown = await client.post('/cgi-bin/qrcode/create', {}).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({
    kind: 'Forbidden',
    code: 'wechat.account-type',
    message: '帶參數二維碼要已認證的服務號，本號是已認證的訂閱號。',
  });
  expect(server.seen).toHaveLength(0);
  await client.post(sendPath, {});
  await client.get('/cgi-bin/getcallbackip');
});

test.each([
  ['/cgi-bin/message/mass/send', 'massByOpenid'],
  ['/cgi-bin/message/mass/sendall', 'massByTag'],
  ['/cgi-bin/message/mass/get', 'massByTag'],
  ['/cgi-bin/message/template/send', 'templateMessages'],
  ['/cgi-bin/message/template/subscribe', 'oneTimeSubscription'],
  ['/cgi-bin/user/info/batchget', 'users'],
  ['/cgi-bin/user/tag/get', 'tags'],
  ['/cgi-bin/stable_token', undefined],
])('%s belongs to %s', (path, feature) => {
  expect(featureOf(path)).toBe(feature);
});

test('mass calls wait for their turn, each attempt, and no others do', async () => {
  let turns = 0;
  const massPacer = {
    take: () => {
      turns++;
      return Promise.resolve();
    },
  };
  const client = server.client({ massPacer });
  server.answers['/cgi-bin/message/mass/get'] = { errcode: -1, errmsg: 'busy' };
  await client.post('/cgi-bin/message/mass/send', {});
  await errorOf(client.post('/cgi-bin/message/mass/get', {}, { repeatable: true }));
  await client.post(sendPath, {});
  expect(turns).toBe(4);
});

test('an upload sends one multipart file, and a download gives bytes or what WeChat says instead', async () => {
  const client = server.client();
  server.answers['/cgi-bin/media/upload'] = { media_id: 'm1' };
  await client.upload(
    '/cgi-bin/media/upload',
    { name: '圖.png', type: 'image/png', bytes: Buffer.from('PNG') },
    { type: 'image' },
  );
  const [upload] = server.calls('/cgi-bin/media/upload');
  expect(upload?.query.get('type')).toBe('image');
  expect(upload?.body).toMatch(/name="media"; filename="圖\.png"[\s\S]*image\/png[\s\S]*PNG/);

  server.answers['/cgi-bin/media/get'] = (_seen, response) => {
    response.writeHead(200, {
      'content-type': 'image/jpeg',
      'content-disposition': 'attachment; filename="a.jpg"',
    });
    response.end(Buffer.from([1, 2, 255]));
  };
  expect(await client.download('/cgi-bin/media/get', { media_id: 'm1' })).toEqual({
    kind: 'file',
    bytes: Buffer.from([1, 2, 255]),
    type: 'image/jpeg',
    name: 'a.jpg',
  });
  server.answers['/cgi-bin/media/get'] = { video_url: 'http://x' };
  expect(await client.download('/cgi-bin/media/get')).toEqual({
    kind: 'json',
    answer: { video_url: 'http://x' },
  });
  server.answers['/cgi-bin/media/get'] = { errcode: 40007, errmsg: 'invalid media_id' };
  expect((await errorOf(client.download('/cgi-bin/media/get'))).details.errcode).toBe(40007);
});
