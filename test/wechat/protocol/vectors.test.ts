import { createCallbackReader } from '../../../src/wechat/protocol/callback';
import { createEnvelope } from '../../../src/wechat/protocol/crypto';
import { signatureOf } from '../../../src/wechat/protocol/signature';

/** The worked examples of WeChat's own page on message push (wechat.md §1.1 and §1.5). */
const token = 'AAAAA';
const appId = 'wxba5fad812f8e6fb9';
const encodingAesKey = 'A'.repeat(43);
const timestamp = '1714112445';
const nonce = '415670741';
const encrypted =
  '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=';
const message =
  '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}';
const replyText = '{"demo_resp":"good luck"}';
const replyEncrypted =
  'ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==';

const reader = (more: object = {}) =>
  createCallbackReader({ token, appId, encodingAesKey, maxAgeSeconds: 600, ...more });

test('the address is confirmed with the echostr of a rightly signed GET', () => {
  const query = {
    signature: 'f464b24fc39322e44b38aa78f5edd27bd1441696',
    timestamp: '1714036504',
    nonce: '1514711492',
    echostr: '4375120948345356249',
  };
  expect(reader().verify(query)).toBe('4375120948345356249');
  expect(reader({ encodingAesKey: undefined }).verify(query)).toBe('4375120948345356249');
});

test('the official safe-mode message is verified, decrypted and typed', () => {
  const query = {
    timestamp,
    nonce,
    openid: 'o9AgO5Kd5ggOC-bXrbNODIiE3bGY',
    encrypt_type: 'aes',
    msg_signature: '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3',
  };
  const body = JSON.stringify({ ToUserName: 'gh_97417a04a28d', Encrypt: encrypted });
  const inbound = reader().read(query, body, Number(timestamp));
  expect(inbound.plain).toBe(message);
  expect(inbound).toMatchObject({ format: 'json', sealed: true });
  expect(inbound.message).toMatchObject({
    kind: 'debug',
    text: 'hello world',
    openid: 'o9AgO5Kd5ggOC-bXrbNODIiE3bGY',
    account: 'gh_97417a04a28d',
    at: 1714112445,
  });
});

test('the official reply is sealed and signed to the letter', () => {
  const envelope = createEnvelope({ appId, encodingAesKey });
  expect(envelope.seal(replyText, Buffer.from('707722b803182950'))).toBe(replyEncrypted);
  expect(signatureOf(token, '1713424427', nonce, replyEncrypted)).toBe(
    '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1',
  );
  expect(envelope.open(replyEncrypted)).toBe(replyText);
});

test('the official message is sealed to the letter too, after other messages went through the same envelope', () => {
  const envelope = createEnvelope({ appId, encodingAesKey });
  envelope.open(replyEncrypted);
  envelope.seal('先前的一則');
  expect(envelope.seal(message, Buffer.from('a8eedb185eb2fecf'))).toBe(encrypted);
  expect(envelope.seal(replyText, Buffer.from('707722b803182950'))).toBe(replyEncrypted);
  expect(envelope.open(encrypted)).toBe(message);
});
