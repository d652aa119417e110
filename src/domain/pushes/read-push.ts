import { z } from 'zod';
import { toSimplified } from '../../kit/text';
import { type Problem, quoted, unreadable, valueOf } from '../../sheets/problems';
import { classNames, type Definition, definition, type RouteName, routeNames, routeWords } from './push';

/** Something wrong with a push, by its place in JSON: `content.customer.text`, `variants.1.share`. */
export type Fault = Pick<Problem, 'value' | 'message'> & { path: string };

/** What the kinds of a content are called, for those routes that have several. */
export const kindWords: { readonly [Name in RouteName]?: Record<string, string> } = {
  customer: {
    text: '文字',
    image: '圖片',
    voice: '語音',
    video: '視頻',
    article: '圖文',
    published: '已發布文章',
    miniProgram: '小程序',
    menu: '選單',
  },
  mass: { text: '文字', image: '圖片', article: '圖文' },
};
export const lateWords = { ask: '問人', send: '照發' } as const;

/** As words are compared: in either script, without spaces. */
export const plain = (text: string): string => toSimplified(text.replace(/\s/g, ''));

/** What is said for our words as well, as `plain` leaves it. */
const alsoSaid: Record<string, string> = {
  行销: '营销',
  客服: '客服消息',
  模板: '模板消息',
  文本: '文字',
  菜单: '选单',
};

/** The code of a word; of what is none, and of codes, itself. */
export function codeOf(words: Record<string, string>, word: unknown): unknown {
  if (typeof word !== 'string') return word;
  const said = alsoSaid[plain(word)] ?? plain(word);
  return Object.entries(words).find(([, its]) => plain(its) === said)?.[0] ?? word.trim();
}

/** 「營銷（marketing）、服務（service）」 */
export const listed = (words: Record<string, string>): string =>
  Object.entries(words)
    .map(([code, word]) => `${word}（${code}）`)
    .join('、');

/**
 * A push from JSON: as `definition` has it, but that classes, routes, kinds and what is to be done when it is late may stand there
 * in Chinese. Every fault is told.
 *
 * @throws AppError Invalid import.unreadable when it is no object at all
 */
export function readPush(json: unknown): { push: Definition } | { faults: Fault[] } {
  if (!isObject(json)) throw unreadable('JSON 的最外層應是一個推送（{…}，有 id、name、routes 等）。');
  const coded = inCodes(json);
  const read = definition.safeParse(coded, { error: tell });
  return read.success
    ? { push: read.data }
    : {
        faults: read.error.issues
          .flatMap((issue) => faultsOf(issue, coded))
          .map((one) => ({ ...one, path: asWritten(one.path, json) })),
      };
}

type Object_ = Record<string, unknown>;
const isObject = (value: unknown): value is Object_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function inCodes(json: Object_): Object_ {
  const { class: kind, routes, content, late, variants, ...rest } = json;
  const has = (name: string, value: unknown) => (json[name] === undefined ? {} : { [name]: value });
  return {
    ...rest,
    ...has('class', codeOf(classNames, kind)),
    ...has('routes', Array.isArray(routes) ? routes.map((one) => codeOf(routeWords, one)) : routes),
    ...has('content', contentInCodes(content)),
    ...has('late', codeOf(lateWords, late)),
    ...has(
      'variants',
      Array.isArray(variants)
        ? variants.map((one: unknown) =>
            isObject(one) && one['content'] !== undefined
              ? { ...one, content: contentInCodes(one['content']) }
              : one,
          )
        : variants,
    ),
  };
}

/** A place by the words that stand there: 「content.短信.text」. */
function asWritten(path: string, json: Object_): string {
  let value: unknown = json;
  const words = path.split('.').map((key) => {
    const own = isObject(value) ? Object.keys(value) : [];
    const word = own.includes(key) ? key : (own.find((one) => codeOf(routeWords, one) === key) ?? key);
    value = (value as Object_ | null | undefined)?.[word];
    return word;
  });
  return words.join('.');
}

function contentInCodes(content: unknown): unknown {
  if (!isObject(content)) return content;
  return Object.fromEntries(
    Object.entries(content).map(([word, own]) => {
      const name = String(codeOf(routeWords, word));
      const kinds = kindWords[name as RouteName];
      return [name, kinds && isObject(own) ? { ...own, kind: codeOf(kinds, own['kind']) } : own];
    }),
  );
}

/** What zod found, as its author is told: what should stand there. */
function tell(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? '要寫'
        : `應是${{ string: '文字', number: '數', int: '整數', array: '列表 […]', object: '物件 {…}', record: '物件 {…}' }[issue.expected as string] ?? issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string') return '不能空著';
      return issue.origin === 'array' ? `至少要 ${issue.minimum} 項` : `不能小於 ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `最多 ${issue.maximum} 個字`;
      return issue.origin === 'array' ? `最多 ${issue.maximum} 項` : `不能大於 ${issue.maximum}`;
    case 'invalid_format':
      return issue.format === 'url' ? '要是 http:// 或 https:// 開頭的網址' : '寫法不對';
    case 'invalid_value':
      return `只能是：${choicesOf(issue.values.map(String))}`;
    case 'invalid_union':
      return '應是 {"mediaId": "…"} 或 {"file": "圖片檔名"}';
    default:
      return '寫法不對';
  }
}

function choicesOf(values: string[]): string {
  const words = [classNames, lateWords, routeWords].find((one) => values.every((value) => value in one));
  return words ? listed(words) : values.join('、');
}

/** What is written as an object, by an example. */
const likeOf: Record<string, string> = {
  audience: '{"to": "所有人"}',
  cap: '{"most": 3, "days": 7}',
  quiet: '{"from": "22:00", "to": "08:00"}，不要就寫 {"from": "00:00", "to": "00:00"}',
  fields: '{"thing1": "杭州一日"}',
  items: '[{"id": "a", "text": "想去"}]',
};
const valueAt = (path: readonly string[], json: unknown): unknown =>
  path.reduce<unknown>((value, key) => (value as Object_ | null | undefined)?.[key], json);

function faultsOf(issue: z.core.$ZodIssue, json: Object_): Fault[] {
  const path = issue.path.map(String);
  const faultAt = (at: readonly string[], message: string): Fault => ({
    path: at.join('.'),
    ...valueOf(valueAt(at, json)),
    message,
  });
  const like = likeOf[path.at(-1) ?? ''];
  if (issue.code === 'invalid_type' && like !== undefined && valueAt(path, json) !== undefined)
    return [faultAt(path, `要寫成 ${like}`)];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path, json);
    const instead = known.length > 0 ? `；可用的：${choicesOf(known)}` : '';
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      message: `不認得這個欄位「${quoted(key)}」${instead}`,
    }));
  }
  if (issue.code === 'invalid_key') return [faultAt(path, issue.issues[0]?.message ?? issue.message)];
  const kinds = path.at(-1) === 'kind' && kindWords[path.at(-2) as RouteName];
  if (kinds) return [faultAt(path, `只能是：${listed(kinds)}`)];
  return [faultAt(path, issue.message)];
}

/** The fields that the schema knows at a place. */
function keysAt(path: readonly string[], json: unknown): string[] {
  let schema = definition as z.core.$ZodType;
  let value = json;
  const bare = (): z.core.$ZodTypeDef => {
    for (;;) {
      const { def } = schema._zod;
      if ('innerType' in def) schema = def.innerType as z.core.$ZodType;
      else if ('options' in def) {
        const kind = isObject(value) ? value['kind'] : undefined;
        const found = (def.options as z.core.$ZodType[]).find((one) => kindOf(one) === kind);
        if (!found || kind === undefined) return def;
        schema = found;
      } else return def;
    }
  };
  for (const key of path) {
    const def = bare();
    const next =
      'shape' in def
        ? (def.shape as Record<string, z.core.$ZodType>)[key]
        : 'element' in def
          ? (def.element as z.core.$ZodType)
          : undefined;
    if (!next) return [];
    schema = next;
    value = (value as Object_ | undefined)?.[key];
  }
  const def = bare();
  return 'shape' in def ? Object.keys(def.shape as object) : [];
}

const kindOf = (schema: z.core.$ZodType): unknown => {
  const { def } = schema._zod;
  const kind = 'shape' in def ? (def.shape as Record<string, z.core.$ZodType>)['kind'] : undefined;
  return kind && 'values' in kind._zod.def ? (kind._zod.def.values as unknown[])[0] : undefined;
};

export const isRoute = (name: unknown): name is RouteName => routeNames.includes(name as RouteName);
