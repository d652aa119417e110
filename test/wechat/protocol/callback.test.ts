import { AppError } from '../../../src/errors';
import { createCallbackReader, type Query } from '../../../src/wechat/protocol/callback';
import { createEnvelope } from '../../../src/wechat/protocol/crypto';
import { readMessage } from '../../../src/wechat/protocol/inbound';
import { signatureOf } from '../../../src/wechat/protocol/signature';
import { parseXml } from '../../../src/wechat/protocol/xml';

const token = 'demoToken';
const appId = 'wxdemo0123456789';
const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const now = 1_790_000_001;
const nonce = '415670741';

const safe = createCallbackReader({ token, appId, encodingAesKey, maxAgeSeconds: 600 });
const plain = createCallbackReader({ token, appId, maxAgeSeconds: 600 });
const wechat = createEnvelope({ appId, encodingAesKey });

const text = xmlText('杭州天氣');
function xmlText(content: string): string {
  return `<xml><ToUserName><![CDATA[gh_demo0001]]></ToUserName><FromUserName><![CDATA[oDemoUserA]]></FromUserName><CreateTime>${now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${content}]]></Content><MsgId>24700000000000001</MsgId></xml>`;
}

const plainQuery = (at = now): Query => ({
  signature: signatureOf(token, String(at), nonce),
  timestamp: String(at),
  nonce,
  openid: 'oDemoUserA',
});

const sealedQuery = (encrypted: string, at = now): Query => ({
  ...plainQuery(at),
  encrypt_type: 'aes',
  msg_signature: signatureOf(token, String(at), nonce, encrypted),
});

const wrapped = (encrypted: string, beside = '<ToUserName><![CDATA[gh_demo0001]]></ToUserName>') =>
  `<xml>${beside}<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;

/** What was thrown, as the edge sees it: nothing else of it goes out. */
function refusalOf(read: () => unknown): { kind: string; code: string; message: string } | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: error.kind, code: error.code, message: error.message };
  }
}

const encrypted = wechat.seal(text);

describe('what is taken', () => {
  test('a safe-mode message is verified, decrypted and typed, and its text kept', () => {
    const inbound = safe.read(sealedQuery(encrypted), wrapped(encrypted), now);
    expect(inbound).toMatchObject({ format: 'xml', sealed: true, plain: text });
    expect(inbound.message).toMatchObject({ kind: 'text', content: '杭州天氣', openid: 'oDemoUserA' });
    expect(readMessage(inbound.plain)).toEqual(inbound.message);
  });

  test('in compatible mode only the encrypted half counts', () => {
    const forged = xmlText('我是別人')
      .replace(/^<xml>|<\/xml>$/g, '')
      .replace('oDemoUserA', 'oDemoUserB');
    const inbound = safe.read(sealedQuery(encrypted), wrapped(encrypted, forged), now);
    expect(inbound.message).toMatchObject({ content: '杭州天氣', openid: 'oDemoUserA' });
  });

  test('a fan in compatible mode may type the name of the sealed element', () => {
    const beside = '<Content><![CDATA[<Encrypt>AAAA</Encrypt> "Encrypt":"BBBB"]]></Content>';
    expect(safe.read(sealedQuery(encrypted), wrapped(encrypted, beside), now).message.kind).toBe('text');
  });

  test('JSON may escape the slashes of what is sealed', () => {
    const sealed =
      Array.from({ length: 100 }, () => wechat.seal(text)).find((one) => one.includes('/')) ?? '';
    const body = `{ "ToUserName" : "gh_demo0001", "Encrypt" : "${sealed.replaceAll('/', '\\/')}" }`;
    expect(safe.read(sealedQuery(sealed), body, now)).toMatchObject({ format: 'json', plain: text });
  });

  test('a plain message is taken without a key', () => {
    const inbound = plain.read(plainQuery(), text, now);
    expect(inbound).toMatchObject({ format: 'xml', sealed: false, plain: text });
    expect(plain.read({ ...plainQuery(), encrypt_type: 'raw' }, text, now)).toEqual(inbound);
  });

  test('without a key, the plain half of compatible mode is taken', () => {
    const body = text.replace('</xml>', `<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`);
    const inbound = plain.read(sealedQuery(encrypted), body, now);
    expect(inbound).toMatchObject({ sealed: false, message: { content: '杭州天氣' } });
    expect(readMessage(inbound.plain)).toEqual(inbound.message);
  });

  test('the account is checked once it is known', () => {
    const known = (account: string) =>
      createCallbackReader({ token, appId, encodingAesKey, maxAgeSeconds: 600, account });
    const read = (account: string) => known(account).read(sealedQuery(encrypted), wrapped(encrypted), now);
    expect(read('gh_demo0001').message.account).toBe('gh_demo0001');
    expect(refusalOf(() => read('gh_other'))).toMatchObject({
      kind: 'Forbidden',
      code: 'callback.other-account',
    });
  });
});

describe('bad signatures', () => {
  const good = sealedQuery(encrypted);
  const right = String(good.msg_signature);
  const other = wechat.seal(xmlText('另一則'));
  const without = (name: string): Query =>
    Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

  const variants: [string, Query][] = [
    ['no parameters', {}],
    ['no msg_signature', without('msg_signature')],
    ['no timestamp', without('timestamp')],
    ['no nonce', without('nonce')],
    ['an empty msg_signature', { ...good, msg_signature: '' }],
    ['an undefined msg_signature', { ...good, msg_signature: undefined }],
    ['msg_signature twice', { ...good, msg_signature: [right, right] }],
    ['msg_signature once in a list', { ...good, msg_signature: [right] }],
    ['msg_signature twice, the second wrong', { ...good, msg_signature: [right, '0'.repeat(40)] }],
    ['an empty list', { ...good, msg_signature: [] }],
    ['timestamp twice', { ...good, timestamp: [String(now), String(now)] }],
    ['nonce twice', { ...good, nonce: [nonce, nonce] }],
    ['openid twice', { ...good, openid: ['oDemoUserA', 'oDemoUserB'] }],
    ['signature twice', { ...good, signature: ['a', 'b'] }],
    ['encrypt_type twice', { ...good, encrypt_type: ['aes', 'raw'] }],
    ['a parameter nobody asked for, twice', { ...good, x: ['1', '2'] }],
    ['one character less', { ...good, msg_signature: right.slice(1) }],
    ['one character more', { ...good, msg_signature: `${right}0` }],
    ['a line end after it', { ...good, msg_signature: `${right}\n` }],
    ['a space before it', { ...good, msg_signature: ` ${right.slice(1)}` }],
    ['capitals', { ...good, msg_signature: right.toUpperCase() }],
    ['the first digit changed', { ...good, msg_signature: changed(right, 0) }],
    ['the last digit changed', { ...good, msg_signature: changed(right, 39) }],
    ['zeros', { ...good, msg_signature: '0'.repeat(40) }],
    ['a multibyte character', { ...good, msg_signature: `${right.slice(0, 39)}é` }],
    ['NULs', { ...good, msg_signature: '\0'.repeat(40) }],
    ['the plain signature in its place', { ...good, msg_signature: good.signature }],
    [
      'a signature with another token',
      { ...good, msg_signature: signatureOf('other', String(now), nonce, encrypted) },
    ],
    [
      'a signature with an empty token',
      { ...good, msg_signature: signatureOf('', String(now), nonce, encrypted) },
    ],
    [
      'a signature of another body',
      { ...good, msg_signature: signatureOf(token, String(now), nonce, other) },
    ],
    [
      'an unsorted signature',
      {
        ...good,
        msg_signature: signatureOf([token, String(now), nonce, encrypted].join('')).replace(/^./, 'z'),
      },
    ],
    ['another timestamp', { ...good, timestamp: String(now + 1) }],
    ['another nonce', { ...good, nonce: '415670742' }],
    ['a negative timestamp', { ...good, timestamp: `-${now}` }],
    ['a timestamp with a sign', { ...good, timestamp: `+${now}` }],
    ['a fractional timestamp', { ...good, timestamp: `${now}.0` }],
    ['an exponent for a timestamp', { ...good, timestamp: '1e9' }],
    ['words for a timestamp', { ...good, timestamp: 'now' }],
    ['an empty timestamp', { ...good, timestamp: '' }],
    ['a very long timestamp', { ...good, timestamp: '9'.repeat(400) }],
    ['an empty nonce', { ...good, nonce: '' }],
    ['a very long nonce', { ...good, nonce: '1'.repeat(1000) }],
    ['a nonce with a line end', { ...good, nonce: '1\n2' }],
    ['an encrypt_type of its own', { ...good, encrypt_type: 'AES' }],
  ];

  test('there are at least forty ways to be wrong', () => {
    expect(variants.length).toBeGreaterThanOrEqual(40);
  });

  test.each(variants)('%s is refused, and no answer tells which it was', (_, query) => {
    expect(refusalOf(() => safe.read(query, wrapped(encrypted), now))).toEqual({
      kind: 'Forbidden',
      code: 'callback.bad-signature',
      message: 'The signature of the callback is not right.',
    });
  });

  test('a rightly signed request with another body is refused', () => {
    expect(refusalOf(() => safe.read(good, wrapped(other), now))).toMatchObject({
      code: 'callback.bad-signature',
    });
  });

  test('parts of one signature cannot be shifted into each other', () => {
    const shifted = { ...good, nonce: nonce.slice(0, -1), timestamp: String(now) };
    expect(refusalOf(() => safe.read(shifted, wrapped(encrypted), now))).toMatchObject({
      code: 'callback.bad-signature',
    });
  });

  test('a plain message with a wrong or missing signature is refused the same way', () => {
    for (const query of [
      {},
      { ...plainQuery(), signature: undefined },
      { ...plainQuery(), signature: '0'.repeat(40) },
      { ...plainQuery(), signature: [String(plainQuery().signature)] },
      { ...plainQuery(), timestamp: String(now - 1) },
    ]) {
      expect(refusalOf(() => plain.read(query, text, now))).toMatchObject({
        kind: 'Forbidden',
        code: 'callback.bad-signature',
      });
    }
  });
});

describe('what else is refused', () => {
  const readSealed = (inner: string, envelope = wechat) => {
    const sealed = envelope.seal(inner);
    return safe.read(sealedQuery(sealed), wrapped(sealed), now);
  };

  test('a plain body when a key is set, also when it calls itself encrypted', () => {
    for (const [query, body] of [
      [plainQuery(), text],
      [{ ...plainQuery(), encrypt_type: 'raw' }, text],
      [plainQuery(), wrapped(encrypted)],
      [sealedQuery(encrypted), text],
    ] as const) {
      expect(refusalOf(() => safe.read(query, body, now))).toMatchObject({
        kind: 'Forbidden',
        code: 'callback.plain-refused',
      });
    }
  });

  test('an encrypted body without a key, with what to do about it', () => {
    for (const query of [sealedQuery(encrypted), plainQuery()]) {
      expect(refusalOf(() => plain.read(query, wrapped(encrypted), now))).toMatchObject({
        kind: 'Forbidden',
        code: 'callback.key-missing',
        message: expect.stringContaining('WECHAT_ENCODING_AES_KEY'),
      });
    }
  });

  test('a message for another appid, and one under another key', () => {
    const others = [
      createEnvelope({ appId: 'wxother0123456789', encodingAesKey }),
      createEnvelope({ appId, encodingAesKey: 'Z'.repeat(43) }),
    ];
    for (const other of others) {
      expect(refusalOf(() => readSealed(text, other))).toMatchObject({
        kind: 'Forbidden',
        code: 'callback.bad-envelope',
      });
    }
  });

  test('a signed Encrypt that is no envelope', () => {
    for (const sealed of ['', 'x', 'AAAA', Buffer.alloc(64).toString('base64')]) {
      expect(refusalOf(() => safe.read(sealedQuery(sealed), wrapped(sealed), now))).toMatchObject({
        code: 'callback.bad-envelope',
      });
    }
  });

  test('two Encrypt elements, whichever of them is signed', () => {
    const other = wechat.seal(text);
    const body = `<xml><Encrypt>${encrypted}</Encrypt><Encrypt>${other}</Encrypt></xml>`;
    expect(refusalOf(() => safe.read(sealedQuery(encrypted), body, now))).toMatchObject({
      code: 'callback.bad-signature',
    });
    expect(refusalOf(() => safe.read(sealedQuery(other), body, now))).toMatchObject({ code: 'xml.repeated' });
  });

  test('a signed Encrypt that stands where it should not, or is not all of it', () => {
    const inner = `<Encrypt><![CDATA[${encrypted}]]></Encrypt>`;
    const bodies = {
      nested: `<xml><a>${inner}</a></xml>`,
      'in a text': `<xml><Content><![CDATA[<Encrypt>${encrypted}</Encrypt>]]></Content></xml>`,
      longer: `<xml><Encrypt><![CDATA[${encrypted}!]]></Encrypt></xml>`,
      'without end': `<xml>${inner}`,
      'in two roots': `<xml>${inner}</xml><xml>${inner}</xml>`,
      'after a DOCTYPE': `<!DOCTYPE xml><xml>${inner}</xml>`,
      'with an attribute beside it': `<xml><a b="1">1</a>${inner}</xml>`,
      'in a JSON list': `{"Encrypt":["${encrypted}"]}`,
      'twice in JSON': `{"Encrypt":"x","Encrypt":"${encrypted}"}`,
    };
    for (const [where, body] of Object.entries(bodies)) {
      const refusal = refusalOf(() => safe.read(sealedQuery(encrypted), body, now));
      expect({ where, code: refusal?.code }).toEqual({ where, code: expect.any(String) });
    }
  });

  test('a forged body is refused by its signature alone, however it is built', () => {
    const forged = sealedQuery('forged');
    for (const body of [
      `<xml>${'<a><b><c>'.repeat(5000)}<Encrypt>${encrypted}`,
      `<!DOCTYPE x>${wrapped(encrypted)}`,
      `{"a":${'['.repeat(10_000)},"Encrypt":"${encrypted}"`,
    ]) {
      expect(refusalOf(() => safe.read(forged, body, now))).toMatchObject({ code: 'callback.bad-signature' });
    }
  });

  test('malformed content inside a good envelope', () => {
    expect(refusalOf(() => readSealed('<xml><a>'))).toMatchObject({ kind: 'Invalid', code: 'xml.malformed' });
    expect(refusalOf(() => readSealed(`<!DOCTYPE xml>${text}`))).toMatchObject({
      kind: 'Invalid',
      code: 'xml.shape',
    });
    expect(refusalOf(() => readSealed(''))).toMatchObject({ kind: 'Invalid', code: 'xml.shape' });
    expect(refusalOf(() => readSealed('<xml><a>1</a></xml>'))).toMatchObject({ code: 'message.incomplete' });
  });

  test('more than 64 KB, before anything else is looked at', () => {
    const body = wrapped('A'.repeat(64 * 1024));
    for (const reader of [safe, plain]) {
      expect(refusalOf(() => reader.read({}, body, now))).toMatchObject({
        kind: 'Invalid',
        code: 'body.too-large',
      });
    }
  });

  test.each([
    ['600 seconds old', -600, undefined],
    ['11 minutes old', -660, 'callback.stale'],
    ['600 seconds ahead', 600, undefined],
    ['11 minutes ahead', 660, 'callback.stale'],
  ])('a timestamp that is %s', (_, ahead, code) => {
    const at = now + ahead;
    expect(refusalOf(() => safe.read(sealedQuery(encrypted, at), wrapped(encrypted), now))?.code).toBe(code);
    expect(refusalOf(() => plain.read(plainQuery(at), text, now))?.code).toBe(code);
  });

  test('no age is too great when the check is off', () => {
    const patient = createCallbackReader({ token, appId, encodingAesKey, maxAgeSeconds: 0 });
    expect(patient.read(sealedQuery(encrypted, 1), wrapped(encrypted), now).message.kind).toBe('text');
  });

  test('no refusal tells a secret or an openid', () => {
    const refusals = [
      () => safe.read(plainQuery(), text, now),
      () => safe.read({ ...sealedQuery(encrypted), msg_signature: 'x' }, wrapped(encrypted), now),
      () => safe.read(sealedQuery(encrypted, 1), wrapped(encrypted), now),
      () => plain.read(sealedQuery(encrypted), wrapped(encrypted), now),
      () => readSealed(text, createEnvelope({ appId: 'wxother', encodingAesKey })),
      () => readSealed(text.replace('<CreateTime>', '<CreateTime>x')),
    ].map(refusalOf);
    expect(refusals).not.toContain(undefined);
    const said = JSON.stringify(refusals);
    for (const secret of [
      token,
      appId,
      encodingAesKey,
      'oDemoUserA',
      'gh_demo',
      signatureOf(token, String(now), nonce),
    ]) {
      expect(said).not.toContain(secret);
    }
  });
});

describe('the check of the address', () => {
  const query = { ...plainQuery(), echostr: '4375120948345356249' };

  test('returns the echostr in every mode, without age', () => {
    expect(safe.verify(query)).toBe('4375120948345356249');
    expect(plain.verify({ ...plainQuery(5), echostr: 'aZ09' })).toBe('aZ09');
  });

  test.each(['<script>alert(1)</script>', '', 'a b', 'a'.repeat(65), 'a\n', 'ａ', '%3Cscript%3E', undefined])(
    'refuses to echo %j',
    (echostr) => {
      expect(refusalOf(() => safe.verify({ ...plainQuery(), echostr }))).toMatchObject({
        kind: 'Invalid',
        code: 'callback.bad-echostr',
      });
    },
  );

  test('looks at the signature first, and at every parameter once', () => {
    for (const bad of [
      { ...query, signature: '0'.repeat(40), echostr: '<script>' },
      { ...query, signature: undefined },
      { ...query, echostr: ['1', '2'] },
      { ...query, nonce: [nonce] },
      {},
    ]) {
      expect(refusalOf(() => safe.verify(bad))).toMatchObject({
        kind: 'Forbidden',
        code: 'callback.bad-signature',
      });
    }
  });
});

describe('the answer', () => {
  const reply = { kind: 'text', text: '晴,18 到 26 度' } as const;
  const at = { seconds: now + 1, nonce: '1713424427' };

  test('is success when there is nothing to say', () => {
    const inbound = safe.read(sealedQuery(encrypted), wrapped(encrypted), now);
    expect(safe.answer(undefined, inbound, at)).toBe('success');
  });

  test('goes back from the account to the fan, plain if she came plain', () => {
    const body = plain.answer(reply, plain.read(plainQuery(), text, now), at);
    expect(parseXml(body)).toEqual({
      ToUserName: 'oDemoUserA',
      FromUserName: 'gh_demo0001',
      CreateTime: String(now + 1),
      MsgType: 'text',
      Content: '晴,18 到 26 度',
    });
  });

  test('is sealed and signed with its own time and nonce if she came sealed', () => {
    const body = safe.answer(reply, safe.read(sealedQuery(encrypted), wrapped(encrypted), now), at);
    const answer = parseXml(body);
    expect(Object.keys(answer)).toEqual(['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce']);
    expect(answer).toMatchObject({ TimeStamp: String(now + 1), Nonce: '1713424427' });
    const sealed = typeof answer.Encrypt === 'string' ? answer.Encrypt : '';
    expect(answer.MsgSignature).toBe(signatureOf(token, String(now + 1), '1713424427', sealed));
    expect(parseXml(wechat.open(sealed))).toMatchObject({ Content: '晴,18 到 26 度' });
  });

  test('is JSON with the official names if she came in JSON', () => {
    const inner = JSON.stringify({
      ToUserName: 'gh_demo0001',
      FromUserName: 'oDemoUserA',
      CreateTime: now,
      MsgType: 'text',
      Content: '嗨',
      MsgId: 1,
    });
    const sealed = wechat.seal(inner);
    const inbound = safe.read(
      sealedQuery(sealed),
      JSON.stringify({ ToUserName: 'gh_demo0001', Encrypt: sealed }),
      now,
    );
    const answer: Record<string, unknown> = JSON.parse(safe.answer(reply, inbound, at));
    expect(Object.keys(answer)).toEqual(['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce']);
    expect(answer.TimeStamp).toBe(now + 1);
    expect(answer.MsgSignature).toBe(signatureOf(token, String(now + 1), at.nonce, String(answer.Encrypt)));
    expect(JSON.parse(wechat.open(String(answer.Encrypt)))).toMatchObject({
      MsgType: 'text',
      Content: '晴,18 到 26 度',
    });
  });
});

function changed(signature: string, at: number): string {
  return signature.slice(0, at) + (signature[at] === '0' ? '1' : '0') + signature.slice(at + 1);
}
