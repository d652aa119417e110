/**
 * XML as WeChat writes and reads it, seen from WeChat's side. Kept apart from `wechat/protocol/xml` on purpose:
 * a fault in the product's own reader or writer must not hide itself by being used at both ends.
 */

/** A message as nested values: strings become CDATA, numbers (64-bit ones too) stay bare, arrays repeat their tag. */
export type Fields = { [name: string]: string | number | bigint | Fields | Fields[] };

/** What was read: every leaf is a string; a tag that occurs twice becomes an array. */
export type Node = string | Node[] | { [name: string]: Node };

export const writeXml = (fields: Fields): string => `<xml>${writeFields(fields)}</xml>`;

const writeFields = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) =>
      Array.isArray(value)
        ? value.map((one) => `<${name}>${writeFields(one)}</${name}>`).join('')
        : `<${name}>${writeValue(value)}</${name}>`,
    )
    .join('');

function writeValue(value: string | number | bigint | Fields): string {
  if (typeof value === 'number') return String(value);
  // A 64-bit id: too big for a number, and WeChat writes it bare.
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'object') return writeFields(value);
  return `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

/**
 * Reads one `<xml>…</xml>` and nothing else: no attributes, no declaration but the usual first line, no DOCTYPE,
 * no comments, no text beside child tags, nothing after the root. Throws an `Error` that says where it stopped.
 */
export function readXml(text: string): { [name: string]: Node } {
  let at = 0;
  const stop = (why: string): never => {
    throw new Error(`XML 第 ${at + 1} 個字元：${why}`);
  };
  const skipSpace = () => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const openTag = (): string => {
    const match = /^<([A-Za-z_][\w.-]*)>/.exec(text.slice(at, at + 130));
    if (!match?.[1]) return stop('這裡應該是一個開始標籤');
    at += match[0].length;
    return match[1];
  };
  const element = (name: string, depth: number): Node => {
    if (depth > 8) stop('標籤嵌套太深');
    const end = `</${name}>`;
    let words = '';
    let cdata = false;
    const children: { [name: string]: Node } = {};
    for (;;) {
      if (at >= text.length) stop(`缺少 ${end}`);
      if (text.startsWith(end, at)) {
        at += end.length;
        break;
      }
      if (text.startsWith('<![CDATA[', at)) {
        const close = text.indexOf(']]>', at);
        if (close < 0) stop('CDATA 沒有結束');
        words += text.slice(at + 9, close);
        cdata = true;
        at = close + 3;
      } else if (text[at] === '<') {
        const child = openTag();
        const value = element(child, depth + 1);
        const before = children[child];
        children[child] =
          before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
      } else {
        const next = text.indexOf('<', at);
        const raw = text.slice(at, next < 0 ? text.length : next);
        words += unescape(raw, stop);
        at += raw.length;
      }
    }
    const named = Object.keys(children).length > 0;
    if (named && (cdata || words.trim() !== '')) stop(`<${name}> 裡文字和標籤混在一起`);
    return named ? children : cdata ? words : words.trim();
  };

  at = /^\s*(<\?xml[^?]*\?>)?/.exec(text)?.[0].length ?? 0;
  skipSpace();
  const name = openTag();
  if (name !== 'xml') stop('最外層必須是 <xml>');
  const read = element(name, 0);
  skipSpace();
  if (at < text.length) stop('</xml> 之後還有內容');
  if (typeof read === 'string' || Array.isArray(read)) return stop('<xml> 是空的');
  return read;
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const unescape = (raw: string, stop: (why: string) => never): string =>
  raw.replace(/&([^;]{0,10});?/g, (whole, name: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1] ?? (/^#x([\da-f]+)$/i.exec(name)?.[1] && `0x${name.slice(2)}`);
    if (code !== undefined && whole.endsWith(';')) return String.fromCodePoint(Number(code));
    return (whole.endsWith(';') ? entities[name] : undefined) ?? stop(`不認識的實體 ${whole}`);
  });
