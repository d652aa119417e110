import { createHash, createHmac } from 'node:crypto';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** What is sent has to say exactly this: it is signed. */
export const tc3ContentType = 'application/json; charset=utf-8';

/**
 * The `Authorization` of a POST of JSON to an API of 騰訊雲 (TC3-HMAC-SHA256): of host and content type, and of the whole body.
 * `at`: seconds since 1970; the service takes no more than five minutes of difference, and counts days in UTC.
 * https://cloud.tencent.com/document/api/382/52072
 */
export function signTc3(asked: {
  secretId: string;
  secretKey: string;
  service: string;
  host: string;
  body: string;
  at: number;
}): string {
  const { secretId, secretKey, service, host, body, at } = asked;
  const signed = 'content-type;host';
  const request = [
    ...['POST', '/', ''],
    ...[`content-type:${tc3ContentType}`, `host:${host}`, ''],
    ...[signed, sha256(body)],
  ].join('\n');
  const day = new Date(at * 1000).toISOString().slice(0, 10);
  const scope = `${day}/${service}/tc3_request`;
  const key = hmac(hmac(hmac(`TC3${secretKey}`, day), service), 'tc3_request');
  const signature = hmac(key, ['TC3-HMAC-SHA256', at, scope, sha256(request)].join('\n')).toString('hex');
  return `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}
