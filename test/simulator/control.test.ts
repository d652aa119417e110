import { createStage, type Stage } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage({ accountName: '小藝旅行' });
});
afterEach(() => stage.close());

const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${stage.url}/sim/${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** Reads events until `enough` of them came. */
async function listen(enough: (seen: Record<string, unknown>[]) => boolean) {
  const abort = new AbortController();
  const response = await fetch(`${stage.url}/sim/events`, { signal: abort.signal });
  const seen: Record<string, unknown>[] = [];
  const done = (async () => {
    let text = '';
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(part).toString('utf8');
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data) seen.push(JSON.parse(data) as Record<string, unknown>);
      }
      if (enough(seen)) break;
    }
    abort.abort();
    return seen;
  })();
  return done;
}

test('another process can do all that a fan can, by name or openid', async () => {
  stage.stub.answers(
    ({ fields }) => `好:${JSON.stringify(fields['Content'] ?? fields['Event'] ?? fields['MsgType'])}`,
  );
  const made = await ask('POST', 'fans', { name: '小林' });
  const id = String(made.body['openid']);
  expect((await ask('POST', `fans/${id}/follow`, {})).body).toMatchObject({
    words: '好:"subscribe"',
    statuses: [200],
  });
  const by = encodeURIComponent('小林');
  expect((await ask('POST', `fans/${by}/say`, { text: '天氣' })).body['words']).toBe('好:"天氣"');
  expect((await ask('POST', `fans/${by}/click`, { key: 'K' })).body['words']).toBe('好:"CLICK"');
  expect((await ask('POST', `fans/${by}/scan`, { scene: 's' })).body['words']).toBe('好:"SCAN"');
  const place = { latitude: 30.1, longitude: 120.1, label: '某路' };
  expect((await ask('POST', `fans/${by}/send`, { location: place })).body['words']).toBe('好:"location"');
  expect((await ask('POST', `fans/${by}/send`, { image: 'data:image/png;base64,AAAA' })).body['words']).toBe(
    '好:"image"',
  );
  expect((await ask('POST', `fans/${by}/say`, { text: '搶', storm: true })).body['statuses']).toEqual([
    200, 200, 200,
  ]);
  expect((await ask('POST', `fans/${by}/leave`, {})).status).toBe(200);
  const chat = await ask('GET', `fans/${by}/chat`);
  expect(chat.body['items']).toHaveLength(15);
  const last = await ask(
    'GET',
    `fans/${by}/chat?after=${(chat.body['items'] as { id: number }[]).at(-2)?.id}`,
  );
  expect(last.body['items']).toMatchObject([
    { body: { event: 'unsubscribe' }, wire: { plain: expect.any(String) } },
  ]);
});

test('what happens is told live: her words, the answer, a customer message, the menu, the clock', async () => {
  await stage.newToken();
  stage.stub.answers(() => '好');
  const lin = stage.sim.fan('小林');
  await lin.follows();
  const heard = listen((seen) => seen.some((one) => one['kind'] === 'clock'));
  // The stream is open once its greeting is on the way; nothing said before that would be heard.
  await new Promise<void>((resolve) => {
    const wait = () => (stage.sim.watched() > 0 ? resolve() : setImmediate(wait));
    wait();
  });
  await lin.says('天氣');
  await stage.tell(lin.openid, '順便');
  await stage.post('/cgi-bin/menu/create', { button: [{ name: '天氣', type: 'click', key: 'W' }] });
  const before = stage.clock.now();
  const turned = await ask('POST', 'clock', { by: 3_600_000 });
  expect(Number(turned.body['now'])).toBeGreaterThanOrEqual(before + 3_600_000);
  const seen = await heard;
  const kinds = seen.map((one) => one['kind']);
  expect(kinds[0]).toBe('hello');
  expect(seen).toContainEqual(
    expect.objectContaining({ kind: 'menu', menu: [expect.objectContaining({ name: '天氣' })] }),
  );
  const words = JSON.stringify(seen);
  expect(words).toContain('"text":"天氣"');
  expect(words).toContain('"text":"好"');
  expect(words).toContain('順便');
});

test('the clock is turned by stepping where the program can, only forward, one turn at a time', async () => {
  await stage.close();
  const turns: number[] = [];
  let finish: () => void = () => undefined;
  stage = await createStage({
    turn: (to) => {
      turns.push(to);
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
  });
  const to = stage.clock.now() + 1000;
  const first = ask('POST', 'clock', { to });
  while (turns.length === 0) await new Promise(setImmediate);
  expect((await ask('POST', 'clock', { by: 1000 })).body).toMatchObject({ error: 'simulator.clock-turning' });
  finish();
  expect((await first).status).toBe(200);
  expect(turns).toEqual([to]);
  expect((await ask('POST', 'clock', { to: 0 })).body).toMatchObject({ error: 'simulator.clock-backwards' });
});

test('knobs are set, listed and cleared', async () => {
  const knob = { path: '/cgi-bin/message/custom/send', failAfter: { reset: true }, times: 2 };
  expect((await ask('POST', 'knobs', knob)).body).toEqual({ knobs: [knob] });
  expect((await ask('GET', 'knobs')).body).toEqual({ knobs: [knob] });
  expect((await ask('DELETE', 'knobs')).body).toEqual({ knobs: [] });
  expect((await ask('POST', 'knobs', { path: 'x' })).status).toBe(400);
});

test('what is not understood is said in a sentence, and nothing happens', async () => {
  await ask('POST', 'fans', { name: '小林' });
  const by = `fans/${encodeURIComponent('小林')}`;
  expect((await ask('POST', `${by}/say`, { text: '喂' })).body).toEqual({
    error: 'simulator.not-following',
    message: '小林 還沒有關注，請先關注',
  });
  expect((await ask('POST', `${by}/dance`, {})).status).toBe(404);
  expect((await ask('POST', `${by}/say`, { text: 7 })).status).toBe(400);
  expect((await ask('POST', `${by}/say`, '{')).status).toBe(400);
  expect((await ask('POST', 'fans/nobody/say', { text: '喂' })).status).toBe(404);
  expect((await ask('POST', 'fans', { name: '' })).status).toBe(400);
  expect(stage.stub.asked).toHaveLength(0);
});

test('another site in the same browser can neither read nor act', async () => {
  const plain = await fetch(`${stage.url}/sim/fans`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{"name":"x"}',
  });
  expect(plain.status).toBe(400);
  const { port } = new URL(stage.url);
  const { request } = await import('node:http');
  const status = await new Promise((resolve) => {
    request({ port, path: '/sim/state', headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(status).toBe(403);
});

test('the phone page and its files come from here and load nothing from elsewhere', async () => {
  const page = await fetch(`${stage.url}/`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const html = await page.text();
  expect(html).toContain('<title>小藝 · 模擬手機</title>');
  const files = [...html.matchAll(/(?:src|href)="([^":]+)"/g)].map((match) => match[1]);
  expect(files).toEqual(['page.css', 'page.js']);
  for (const file of [...files, 'view.js', 'sheets.js']) {
    const answer = await fetch(`${stage.url}/${file}`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toMatch(/https?:\/\/(?!www\.w3\.org|example\.com|\(|127)/);
  }
});
