import { XMLParser } from 'fast-xml-parser';
import { AppError } from '../../errors';
import { fieldsRead } from './inbound-kinds';
import { carried, checkSize, isTaken, type XmlNode } from './wire';
import { cdata, listTags, resolved, scanXml, withoutSpace } from './xml-scan';

export type { XmlNode, XmlValue } from './wire';

const maxDepth = 8;
const maxTags = 1000;

/**
 * Reads what WeChat sends: one `<xml>` with elements that hold text, CDATA or elements; no attributes, comments,
 * DOCTYPE or second root; a tag that stands twice becomes a list, but what we read stands once. All values are strings,
 * exactly as sent: CDATA verbatim, plain text without surrounding white space and with the five XML escapes and numeric
 * references resolved. Characters that XML cannot carry are dropped from values; NUL is refused.
 *
 * @returns the content of `<xml>`
 * @throws AppError Invalid: body.too-large, xml.shape, xml.malformed, xml.repeated
 */
export function parseXml(text: string): XmlNode {
  const { whole, start } = checkShape(text);
  return scanXml(whole, start) ?? parseSlowly(whole.slice(start - '<xml>'.length));
}

/** The long way, whatever the shape: the same values and refusals as `parseXml`. For the test that compares the two. */
export function parseXmlTheLongWay(text: string): XmlNode {
  const { whole, start } = checkShape(text);
  return parseSlowly(whole.slice(start - '<xml>'.length));
}

function parseSlowly(text: string): XmlNode {
  try {
    return parseWithLibrary(text);
  } catch (error) {
    const whole = wordsKeptWhole(text);
    if (whole === text) throw error;
    return parseWithLibrary(whole);
  }
}

/** What she typed herself. */
const herWords = /<(Content|Label|Title|Description|Recognition)><!\[CDATA\[/g;

/**
 * `]]>` in her words ends the CDATA section they stand in, unless it is written as two sections. They end where the last closing
 * tag of their element stands: what she typed stands before it, so nothing that she types becomes an element.
 */
function wordsKeptWhole(text: string): string {
  let whole = '';
  let at = 0;
  herWords.lastIndex = 0;
  for (;;) {
    const open = herWords.exec(text);
    const end = open ? text.lastIndexOf(`]]></${open[1]}>`) : -1;
    if (!open || end < herWords.lastIndex) return whole + text.slice(at);
    whole +=
      text.slice(at, herWords.lastIndex) +
      text.slice(herWords.lastIndex, end).replaceAll(']]>', ']]]]><![CDATA[>');
    at = end;
    herWords.lastIndex = end;
  }
}

// The shape is checked before anything is parsed. \s would let a byte order mark through.
const opening = /^[ \t\n]*(?:<\?xml[^?<>]*\?>[ \t\n]*)?<xml>/;

function checkShape(text: string): { whole: string; start: number } {
  checkSize(text);
  if (text.includes('\0')) throw malformed();
  const whole = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text; // as every XML reader must
  const found = opening.exec(whole);
  if (!found)
    throw new AppError('Invalid', 'xml.shape', 'The body must be one <xml> element and nothing else.');
  return { whole, start: found[0].length };
}

const library = new XMLParser({
  preserveOrder: true,
  cdataPropName: '#cdata',
  ignoreAttributes: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 16,
  strictReservedNames: true,
});

/** What the library makes of one element, text or CDATA section, in the order of the document. */
type Piece = { '#text'?: string; '#cdata'?: Piece[]; [tag: string]: string | Piece[] | undefined };

function parseWithLibrary(text: string): XmlNode {
  checkTags(text);
  const roots = pieces(text).filter((piece) => piece['#text'] === undefined || !isBlank(piece['#text']));
  const root = roots[0]?.xml;
  if (roots.length !== 1 || !Array.isArray(root)) throw malformed();
  const value = valueOf(root, 1);
  if (typeof value === 'string') {
    if (value !== '') throw malformed();
    return {};
  }
  return value;
}

function pieces(text: string): Piece[] {
  try {
    const parsed: Piece[] = library.parse(text, true); // true: validate first, or nearly anything passes
    return parsed;
  } catch {
    throw malformed();
  }
}

/**
 * The library shrugs at attributes, comments and a DOCTYPE inside the root, and renames `toString`: outside CDATA
 * only bare tags may stand, with names that no object has by itself.
 */
function checkTags(text: string): void {
  const tags = withoutCdata(text).match(/<[^>]*>?/g) ?? [];
  if (tags.length > maxTags) throw malformed();
  for (const tag of tags) {
    const found = bareTag.exec(tag);
    if (!found || isTaken({}, found[1] ?? found[2] ?? '')) throw malformed();
  }
}

const bareTag = /^<(?:\/([A-Za-z_]\w*)[ \t\n]*|([A-Za-z_]\w*)[ \t\n]*\/?)>$/;

function withoutCdata(text: string): string {
  let rest = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf(cdata, at);
    if (start < 0) return rest + text.slice(at);
    const end = text.indexOf(']]>', start + cdata.length);
    if (end < 0) throw malformed();
    rest += `${text.slice(at, start)}\u0001`; // no tag can be glued together around it
    at = end + 3;
  }
}

function valueOf(content: Piece[], depth: number): string | XmlNode {
  if (depth > maxDepth) throw malformed();
  const node: XmlNode = {};
  let hasElements = false;
  let text = '';
  let exact: string | undefined;
  for (const piece of content) {
    if (piece['#text'] !== undefined) text += piece['#text'];
    else if (piece['#cdata']) exact = (exact ?? '') + (piece['#cdata'][0]?.['#text'] ?? '');
    else hasElements = addElement(node, piece, depth);
  }
  if (hasElements || exact !== undefined) {
    if (!isBlank(text) || (hasElements && exact !== undefined)) throw malformed();
  }
  if (hasElements) return node;
  const plain = exact ?? resolved(withoutSpace(text));
  if (plain === undefined) throw malformed();
  return carried(plain);
}

function addElement(node: XmlNode, piece: Piece, depth: number): true {
  const [tag, content] = Object.entries(piece)[0] ?? [];
  if (tag === undefined || !Array.isArray(content)) throw malformed();
  const value = valueOf(content, depth + 1);
  if (listTags.has(tag)) {
    const list = node[tag];
    if (Array.isArray(list)) list.push(value);
    else node[tag] = [value];
    return true;
  }
  const earlier = node[tag];
  if (tag === 'xml' || (earlier !== undefined && fieldsRead.has(tag))) {
    throw new AppError(
      'Invalid',
      'xml.repeated',
      'The body has an element twice or one <xml> inside the other.',
    );
  }
  if (Array.isArray(earlier)) earlier.push(value);
  else node[tag] = earlier === undefined ? value : [earlier, value];
  return true;
}

const isBlank = (text: string): boolean => /^[ \t\n]*$/.test(text);

const malformed = () =>
  new AppError('Invalid', 'xml.malformed', 'The body is not the XML that WeChat sends.');
