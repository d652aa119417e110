import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Node, readXml } from '../../src/simulator/xml';
import { createEnvelope } from '../../src/wechat/protocol/crypto';
import { signatureOf } from '../../src/wechat/protocol/signature';

export type Asked = { fields: { [name: string]: Node }; query: URLSearchParams; body: string };
/** A field as text. */
export const words = (node: Node | undefined): string => (typeof node === 'string' ? node : '');

export type Said =
  | string
  | { raw: string; status?: number }
  | { inner: string }
  /** `hang` never answers, `reset` breaks the connection. */
  | { does: 'hang' | 'reset' };

/**
 * The smallest account that can answer the simulator: opens what comes, asks `answer` and seals what it gives.
 * A plain string is said as text; `raw` goes out as it is; `inner` is put inside `<xml>` beside the usual fields.
 */
export async function createStubAccount(settings: { appId: string; token: string; encodingAesKey?: string }) {
  const envelope = settings.encodingAesKey
    ? createEnvelope({ appId: settings.appId, encodingAesKey: settings.encodingAesKey })
    : undefined;
  const asked: Asked[] = [];
  let answer: (asked: Asked) => Said | Promise<Said> = () => ({ raw: 'success' });

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const query = new URL(req.url ?? '', 'http://stub').searchParams;
    if (req.method === 'GET') return void res.end(query.get('echostr'));
    const parts: Buffer[] = [];
    for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString('utf8');
    const outer = readXml(body);
    const sealed = typeof outer['Encrypt'] === 'string' ? outer['Encrypt'] : undefined;
    const [timestamp, nonce] = [query.get('timestamp') ?? '', query.get('nonce') ?? ''];
    const expected = sealed
      ? signatureOf(settings.token, timestamp, nonce, sealed)
      : signatureOf(settings.token, timestamp, nonce);
    if (query.get(sealed ? 'msg_signature' : 'signature') !== expected) return void res.writeHead(403).end();
    const one = { fields: sealed && envelope ? readXml(envelope.open(sealed)) : outer, query, body };
    asked.push(one);

    const said = await answer(one);
    if (typeof said === 'object' && 'does' in said) {
      if (said.does === 'reset') req.socket.destroy();
      return;
    }
    if (typeof said === 'object' && 'raw' in said)
      return void res.writeHead(said.status ?? 200).end(said.raw);
    const inner =
      typeof said === 'object'
        ? said.inner
        : `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${said.replaceAll(']]>', ']]]]><![CDATA[>')}]]></Content>`;
    const plain = `<xml><ToUserName><![CDATA[${words(one.fields['FromUserName'])}]]></ToUserName><FromUserName><![CDATA[${words(one.fields['ToUserName'])}]]></FromUserName><CreateTime>1790000000</CreateTime>${inner}</xml>`;
    if (!envelope) return void res.end(plain);
    const encrypted = envelope.seal(plain);
    const signature = signatureOf(settings.token, timestamp, nonce, encrypted);
    res.end(
      `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>${timestamp}</TimeStamp><Nonce><![CDATA[${nonce}]]></Nonce></xml>`,
    );
  };

  const server = createServer((req, res) => void handle(req, res).catch(() => res.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/wechat`,
    asked,
    answers: (how: (asked: Asked) => Said | Promise<Said>) => {
      answer = how;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
