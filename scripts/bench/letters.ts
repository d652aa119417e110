import { simulatedAccount } from '../../src/simulator/account';
import { writeXml } from '../../src/simulator/xml';
import { createEnvelope } from '../../src/wechat/protocol/crypto';
import { signatureOf } from '../../src/wechat/protocol/signature';

const { appId, token, encodingAesKey, originalId } = simulatedAccount;
const envelope = createEnvelope({ appId, encodingAesKey });

/** So many fans speak in turn: each of them seldom enough for the limiter, and for a quiz (no answer within 2 s). */
export const fans = 6_000;
const words = ['幫助', '帮助', '菜單', '你好', '您好', 'help', '怎么用', '功能'];

/** A fan always says the same keyword, so that nothing about her changes and the flow is a settled one. */
export const wordOf = (fan: number): string => words[fan % words.length] as string;

export const fanOf = (n: number): number => n % fans;

/** One callback in safe mode as a whole HTTP request, ready for the socket. Number `n` gives its MsgId and its fan. */
export function letter(n: number, content = wordOf(fanOf(n))): Buffer {
  const fan = fanOf(n);
  const seconds = Math.floor(Date.now() / 1_000);
  const plain = writeXml({
    ToUserName: originalId,
    FromUserName: `oBench${String(fan).padStart(22, '0')}`,
    CreateTime: seconds,
    MsgType: 'text',
    Content: content,
    MsgId: `247${String(n).padStart(14, '0')}`,
  });
  const encrypted = envelope.seal(plain);
  const [timestamp, nonce] = [String(seconds), String(1_000_000_000 + n)];
  const query = new URLSearchParams({
    signature: signatureOf(token, timestamp, nonce),
    timestamp,
    nonce,
    openid: `oBench${String(fan).padStart(22, '0')}`,
    encrypt_type: 'aes',
    msg_signature: signatureOf(token, timestamp, nonce, encrypted),
  });
  const body = writeXml({ ToUserName: originalId, Encrypt: encrypted });
  const head = [
    `POST /wechat?${query.toString()} HTTP/1.1`,
    'Host: bench',
    'User-Agent: Mozilla/4.0',
    'Accept: */*',
    'Content-Type: text/xml',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: keep-alive',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The words in a sealed reply. Throws when it is none that WeChat would take. */
export function openReply(body: string): string {
  const part = (name: string) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^<\\]]*)`).exec(body)?.[1] ?? '';
  const encrypted = part('Encrypt');
  if (signatureOf(token, part('TimeStamp'), part('Nonce'), encrypted) !== part('MsgSignature'))
    throw new Error(`a reply is not signed: ${body.slice(0, 200)}`);
  const text = /<Content><!\[CDATA\[([\s\S]*?)\]\]>/.exec(envelope.open(encrypted))?.[1];
  if (text === undefined) throw new Error('a reply has no text');
  return text;
}
