import { AppError } from '../../errors';

/** What a callback holds, whether it came as XML or as JSON: texts, elements and lists of them; never a number. */
export type XmlNode = { [tag: string]: XmlValue };
export type XmlValue = string | XmlNode | (string | XmlNode)[];

/** No callback of WeChat is near this; the cost of parsing grows with the size, so it is cut before parsing. */
export const maxBodyBytes = 64 * 1024;

/** @throws AppError Invalid body.too-large above 64 KB of UTF-8 */
export function checkSize(text: string): void {
  // three bytes are the most that one UTF-16 unit takes: short texts need no counting
  if (text.length * 3 <= maxBodyBytes || Buffer.byteLength(text, 'utf8') <= maxBodyBytes) return;
  throw new AppError('Invalid', 'body.too-large', `The body is larger than ${maxBodyBytes} bytes.`);
}

/** Drops what XML 1.0 cannot carry: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
export const carried = (text: string): string =>
  uncarried.test(text) ? text.replace(allUncarried, '') : text;

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const uncarried = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u;
const allUncarried = new RegExp(uncarried.source, 'gu');

/** Also true for `constructor`, `__proto__` and their like, which every object has. */
export const isTaken = (node: XmlNode, name: string): boolean => name in node || name === 'prototype';
