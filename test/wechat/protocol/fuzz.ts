import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../../src/errors';
import { readMessage } from '../../../src/wechat/protocol/inbound';
import { parseXml, parseXmlTheLongWay } from '../../../src/wechat/protocol/xml';
import { createRandom, type Random } from './grammar';

/** The only ways in which reading may fail. */
const refusals = new Set([
  'body.too-large',
  'xml.shape',
  'xml.malformed',
  'xml.repeated',
  'json.malformed',
  'message.incomplete',
]);

export type FuzzResult = { read: number; refused: number; slowestMs: number };

/**
 * Mutates the corpus and reads every mutant. Throws, with what is needed to see it again, if one is neither a
 * typed message nor a typed refusal, if the two ways of reading XML differ, or if an object's prototype is touched.
 */
export function fuzzReader(options: { corpus: readonly string[]; cases: number; seed: number }): FuzzResult {
  const random = createRandom(options.seed);
  const result = { read: 0, refused: 0, slowestMs: 0 };
  const prototype = Object.getOwnPropertyNames(Object.prototype).join();
  for (let at = 0; at < options.cases; at++) {
    const text = mutate(options.corpus, random);
    const started = performance.now();
    const outcome = outcomeOf(() => readMessage(text));
    result.slowestMs = Math.max(result.slowestMs, performance.now() - started);
    const problem = problemOf(outcome) ?? differenceOf(text);
    if (problem) throw new Error(`${problem} (seed ${options.seed}, case ${at}): ${JSON.stringify(text)}`);
    if ('value' in outcome) result.read++;
    else result.refused++;
  }
  if (Object.getOwnPropertyNames(Object.prototype).join() !== prototype)
    throw new Error('Object.prototype changed');
  return result;
}

type Outcome<T> = { value: T } | { thrown: unknown };

function outcomeOf<T>(read: () => T): Outcome<T> {
  try {
    return { value: read() };
  } catch (thrown) {
    return { thrown };
  }
}

function problemOf(outcome: Outcome<unknown>): string | undefined {
  if ('value' in outcome)
    return isTyped(outcome.value) ? undefined : 'A message with something untyped in it';
  const { thrown } = outcome;
  if (thrown instanceof AppError && thrown.kind === 'Invalid' && refusals.has(thrown.code)) return undefined;
  return `An untyped error ${String(thrown)}`;
}

/** `parseXml` (short way first) and the library must agree on the value or on refusing. */
function differenceOf(text: string): string | undefined {
  const short = outcomeOf(() => parseXml(text));
  const long = outcomeOf(() => parseXmlTheLongWay(text));
  if ('value' in short && 'value' in long) {
    return isDeepStrictEqual(short.value, long.value) ? undefined : 'The two ways of reading XML differ';
  }
  return 'value' in short || 'value' in long
    ? 'One way of reading XML refuses what the other takes'
    : undefined;
}

/** Texts, finite numbers, booleans, lists and objects of them; the envelope complete. */
export function isTyped(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const fields = new Map(Object.entries(message));
  return (
    ['kind', 'openid', 'account', 'identity'].every((name) => /./s.test(String(fields.get(name) ?? ''))) &&
    Number.isSafeInteger(fields.get('at')) &&
    holdsOnlyPlainValues(message)
  );
}

function holdsOnlyPlainValues(value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return true;
  if (typeof value === 'string') return !/[\ud800-\udfff]/u.test(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(holdsOnlyPlainValues);
}

const pieces = [
  ']]>',
  '<![CDATA[',
  '<xml>',
  '</xml>',
  '<xml/>',
  '&',
  '&lt;',
  '&#0;',
  '&#55296;',
  '&#x1F3EE;',
  '&nope;',
  '\0',
  '\u000b',
  '\ufeff',
  '\ud83c',
  '\r',
  ' ',
  '<',
  '>',
  '/',
  '<!--',
  '-->',
  '<?pi x?>',
  '<!DOCTYPE xml [<!ENTITY a "b">]>',
  '<Content>',
  '</Content>',
  '<item>',
  '</item>',
  '<__proto__>1</__proto__>',
  '<constructor>1</constructor>',
  '<MsgType><![CDATA[text]]></MsgType>',
  ' a="b"',
  '{',
  '}',
  '"',
  '[[',
  '\\u0000',
  ',"__proto__":{"x":1}',
  '99999999999999999999',
  '-',
];

function mutate(corpus: readonly string[], random: Random): string {
  let text = random.pick(corpus);
  for (let count = random.chance(0.3) ? 1 + random.below(3) : 1; count > 0; count--)
    text = step(text, corpus, random);
  return text;
}

function step(text: string, corpus: readonly string[], random: Random): string {
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(40));
  switch (random.below(12)) {
    case 0:
      return text.slice(0, from);
    case 1:
      return text.slice(0, from) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(from, to) + text.slice(to);
    case 3:
      return text.slice(0, from) + String.fromCharCode(random.below(0x10000)) + text.slice(from + 1);
    case 4:
      return text.slice(0, from) + random.pick(pieces) + text.slice(to);
    case 5:
      return text.slice(0, from) + random.pick(corpus).slice(random.below(200));
    case 6:
      return withElementTwice(text, random);
    case 7:
    case 8:
    case 9:
      return withinValue(text, random);
    case 10:
      return withElementsSwapped(text, random);
    default:
      return text.slice(0, from) + random.pick(pieces) + text.slice(from);
  }
}

/** Puts a piece inside a text that somebody sent, where most of them are harmless. */
function withinValue(text: string, random: Random): string {
  const found = [...text.matchAll(/<!\[CDATA\[|":"/g)];
  if (found.length === 0) return text;
  const { 0: opening, index } = random.pick(found);
  const at = index + opening.length;
  return text.slice(0, at) + random.pick(pieces) + text.slice(at);
}

function withElementsSwapped(text: string, random: Random): string {
  const found = [...text.matchAll(/<([A-Za-z_]+)>[^<]*(?:<!\[CDATA\[[^]*?\]\]>[^<]*)?<\/\1>/g)];
  if (found.length < 2) return text;
  const first = random.below(found.length - 1);
  const [one, other] = [found[first]!, found[first + 1]!];
  const between = text.slice(one.index + one[0].length, other.index);
  return text.slice(0, one.index) + other[0] + between + one[0] + text.slice(other.index + other[0].length);
}

function withElementTwice(text: string, random: Random): string {
  const found = [...text.matchAll(/<([A-Za-z_]+)>[^]*?<\/\1>/g)];
  if (found.length === 0) return text + text;
  const { 0: element, index } = random.pick(found);
  return text.slice(0, index) + element + text.slice(index);
}
