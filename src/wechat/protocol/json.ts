import { AppError } from '../../errors';
import { carried, checkSize, isTaken, type XmlNode, type XmlValue } from './wire';

const maxDepth = 8;
const maxTokens = 10_000;

// One token at a time. JSON.parse cannot be used: it rounds a 64-bit MsgId and lets the last of two equal names win.
const token =
  // oxlint-disable-next-line no-control-regex -- JSON forbids them inside texts
  /[ \t\r\n]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)|$)/y;

/**
 * Reads a JSON callback into the same values as the XML one: numbers and booleans as they are written, `null`
 * as an empty text. No name twice, no reserved names.
 *
 * @throws AppError Invalid: body.too-large, json.malformed
 */
export function parseJson(text: string): XmlNode {
  checkSize(text);
  if (text.includes('\0')) throw malformed();
  const tokens = tokensOf(text);
  let at = 0;

  const next = (): string => {
    const found = tokens[at++];
    if (found === undefined) throw malformed();
    return found;
  };

  const value = (first: string, depth: number): XmlValue => {
    if (depth > maxDepth) throw malformed();
    if (first === '{') return object(depth);
    if (first === '[') return array(depth);
    if (first.startsWith('"')) return carried(textOf(first));
    if (/^[}\],:]$/.test(first)) throw malformed();
    return first === 'null' ? '' : first;
  };

  const object = (depth: number): XmlNode => {
    const node: XmlNode = {};
    let part = next();
    if (part === '}') return node;
    for (;;) {
      if (!part.startsWith('"')) throw malformed();
      const name = textOf(part);
      if (isTaken(node, name) || next() !== ':') throw malformed();
      node[name] = value(next(), depth + 1);
      const end = next();
      if (end === '}') return node;
      if (end !== ',') throw malformed();
      part = next();
    }
  };

  const array = (depth: number): (string | XmlNode)[] => {
    const list: (string | XmlNode)[] = [];
    let part = next();
    if (part === ']') return list;
    for (;;) {
      const element = value(part, depth + 1);
      if (Array.isArray(element)) throw malformed(); // WeChat has no lists of lists
      list.push(element);
      const end = next();
      if (end === ']') return list;
      if (end !== ',') throw malformed();
      part = next();
    }
  };

  if (next() !== '{') throw malformed();
  const root = object(1);
  if (at !== tokens.length) throw malformed();
  return root;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const found = token.exec(text);
    if (!found || tokens.length > maxTokens) throw malformed();
    const part = found[1] ?? found[2] ?? found[3];
    if (part === undefined) break; // white space at the end
    tokens.push(part);
  }
  return tokens;
}

function textOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    const text: unknown = JSON.parse(quoted);
    return String(text);
  } catch {
    throw malformed();
  }
}

const malformed = () =>
  new AppError('Invalid', 'json.malformed', 'The body is not the JSON that WeChat sends.');
