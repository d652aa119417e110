import { carried, isTaken, type XmlNode } from './wire';

/** Elements that become arrays even when there is one. */
export const listTags: ReadonlySet<string> = new Set(['item', 'List', 'PicList', 'fail_idx', 'detail']);

/**
 * The short way to read a callback: exact for the flat and once nested shapes that nearly all of them have, and
 * undefined for anything else, which then goes the long way (`xml.ts`). It never decides that something is wrong.
 * Ten times as fast as the library, and a callback in safe mode is read twice.
 *
 * @param from just after `<xml>`
 */
export function scanXml(text: string, from: number): XmlNode | undefined {
  const cursor = { text, at: from };
  const node = scanNode(cursor, 'xml', 1);
  return node && afterSpace(text, cursor.at) === text.length ? node : undefined;
}

const name = /^[A-Za-z_]\w*$/;
export const cdata = '<![CDATA[';

type Cursor = { text: string; at: number };

function scanNode(cursor: Cursor, parent: string, levels: number): XmlNode | undefined {
  const { text } = cursor;
  const node: XmlNode = {};
  for (;;) {
    const open = afterSpace(text, cursor.at);
    if (closes(text, open, parent)) {
      cursor.at = open + parent.length + 3;
      return node;
    }
    const end = text.indexOf('>', open);
    if (text.charCodeAt(open) !== 0x3c || end < 0) return undefined;
    const tag = text.slice(open + 1, end);
    if (!name.test(tag) || listTags.has(tag) || tag === 'xml' || isTaken(node, tag)) return undefined;
    cursor.at = end + 1;
    const value = scanValue(cursor, tag, levels);
    if (value === undefined) return undefined;
    node[tag] = value;
  }
}

/** Reads up to and over the closing tag. */
function scanValue(cursor: Cursor, tag: string, levels: number): string | XmlNode | undefined {
  const { text } = cursor;
  let at = afterSpace(text, cursor.at);
  if (text.startsWith(cdata, at)) {
    let value = '';
    while (text.startsWith(cdata, at)) {
      const end = text.indexOf(']]>', at + cdata.length);
      if (end < 0) return undefined;
      value += text.slice(at + cdata.length, end);
      at = afterSpace(text, end + 3);
    }
    if (!closes(text, at, tag)) return undefined;
    cursor.at = at + tag.length + 3;
    return carried(value);
  }
  if (text.charCodeAt(at) === 0x3c && text.charCodeAt(at + 1) !== 0x2f) {
    return levels > 0 ? scanNode(cursor, tag, levels - 1) : undefined;
  }
  const end = text.indexOf('<', at);
  if (end < 0 || !closes(text, end, tag)) return undefined;
  const value = resolved(withoutSpace(text.slice(at, end)));
  if (value === undefined) return undefined;
  cursor.at = end + tag.length + 3;
  return carried(value);
}

const escapes = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);
const longestReference = '#x10ffff'.length;

/**
 * The five XML escapes and numeric references; undefined where any other `&` stands. Step by step: a text may hold nothing
 * else, and a regular expression with a function for each costs ten times as much.
 */
export function resolved(text: string): string | undefined {
  let whole = '';
  for (let at = 0; ; ) {
    const start = text.indexOf('&', at);
    if (start < 0) return whole + text.slice(at);
    const end = text.indexOf(';', start);
    if (end < 0 || end - start - 1 > longestReference) return undefined;
    const name = text.slice(start + 1, end);
    const meant = escapes.get(name) ?? referred(name);
    if (meant === undefined) return undefined;
    whole += text.slice(at, start) + meant;
    at = end + 1;
  }
}

function referred(name: string): string | undefined {
  const [, decimal, hex = ''] = /^#(?:([0-9]{1,7})|x([0-9a-fA-F]{1,6}))$/.exec(name) ?? [];
  const point = decimal ? Number(decimal) : Number.parseInt(hex, 16);
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}

const closes = (text: string, at: number, tag: string): boolean =>
  text.charCodeAt(at) === 0x3c &&
  text.charCodeAt(at + 1) === 0x2f &&
  text.startsWith(tag, at + 2) &&
  text.charCodeAt(at + 2 + tag.length) === 0x3e;

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x09;

function afterSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    if (!isSpace(text.charCodeAt(at))) return at;
    at++;
  }
}

/**
 * Not `trim()`, which also eats the full-width space that somebody may have meant; and no regular expression, which
 * tries each of 30,000 inner spaces as the beginning of the end.
 */
export function withoutSpace(text: string): string {
  const start = afterSpace(text, 0);
  let end = text.length;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
