import { z } from 'zod';
import { escaped, toSimplified } from '../kit/text';

/** A person laid flat: what segments are asked of. Days are counted from 1970 on, in Beijing. */
export type Flat = {
  /** What is true of her, `script:hant`, `quiz:autumn`; only what is known. */
  t: string[];
  /** What is counted or dated, `points`, `seenOn`; only what is known. */
  n: Record<string, number>;
};

/** What a leaf asks of a flat person. A number that is not known is in no range. */
export type Condition =
  | { has: string }
  | { lacks: string[] }
  | { hasOne: string[] }
  | { number: string; from?: number; to?: number };

/** The Beijing day and the business time at which it is asked. */
export type Now = { day: number; at: number };

/** As what a place is filled in on a page. `words`: one or more, 「、」 between them. */
export type PlaceKind =
  | { kind: 'number'; least: number; most: number }
  | { kind: 'day' }
  | { kind: 'choice'; names: Readonly<Record<string, string>> }
  | { kind: 'word' }
  | { kind: 'words' };

/** A place in a leaf's sentence: how its value is checked, written and read. */
export type Place<Value> = {
  schema: z.ZodType<Value>;
  filled: PlaceKind;
  write(value: Value): string;
  /** What may stand there, for people. */
  like: string;
  /** A regular expression without groups, over normalised text (`normalised`). */
  source: string;
  read(text: string): unknown;
};

/** One condition that marketers put into rules. Its sentence is written and read by the same pattern. */
export type Leaf = {
  name: string;
  /** For people: 「{days} 天內問過{topic}至少 {times} 次」. */
  pattern: string;
  /** The pattern with what may stand in its places. */
  like: string;
  schema: z.ZodType<Record<string, unknown>>;
  /** What it asks for, in the order of the pattern; `before` are the words that stand in front. */
  places: readonly { name: string; before: string; filled: PlaceKind }[];
  /** The words behind the last place, or all of them. */
  rest: string;
  asks(values: Record<string, unknown>, now: Now): Condition;
  write(values: Record<string, unknown>): string;
  /** Undefined when the text is no sentence of this leaf. */
  read(text: string): Record<string, unknown> | undefined;
};

/**
 * ```ts
 * leaf('asked', '{days} 天內問過{topic}至少 {times} 次', { days: whole(1, 30), topic: oneOf(topics), times: whole(1, 5) },
 *   ({ days, topic, times }, { day }) => ({ number: `asked_${topic}_${times}`, from: day - days + 1 }))
 * ```
 */
export function leaf<Values extends Record<string, unknown>>(
  name: string,
  pattern: string,
  places: { [Name in keyof Values]: Place<Values[Name]> },
  asks: (values: Values, now: Now) => Condition,
  also: readonly Also<NoInfer<Values>>[] = [],
): Leaf {
  const all = places as Record<string, Place<unknown>>;
  const parts = pattern.split(/\{(\w+)\}/);
  const readers = [
    readerOf(pattern, all, {}),
    ...also.map((one) => readerOf(one.pattern, all, one.given ?? {})),
  ];
  return {
    name,
    pattern,
    like: parts.map((part, i) => (i % 2 === 1 ? all[part]?.like : part)).join(''),
    schema: z.strictObject(
      Object.fromEntries(Object.entries(all).map(([key, place]) => [key, place.schema])),
    ),
    places: parts.flatMap((name, i) =>
      i % 2 === 1 ? [{ name, before: parts[i - 1] ?? '', filled: (all[name] as Place<unknown>).filled }] : [],
    ),
    rest: parts.at(-1) ?? '',
    asks: (values, now) => asks(values as Values, now),
    write: (values) => parts.map((part, i) => (i % 2 === 1 ? all[part]?.write(values[part]) : part)).join(''),
    read(text) {
      const plain = normalised(text);
      for (const read of readers) {
        const values = read(plain);
        if (values) return values;
      }
      return undefined;
    },
  };
}

/** Another way to say it; `given` are the values that it does not name. */
type Also<Values> = { pattern: string; given?: Partial<Values> };

function readerOf(pattern: string, places: Record<string, Place<unknown>>, given: object) {
  const parts = pattern.split(/\{(\w+)\}/);
  const names = parts.filter((_, i) => i % 2 === 1);
  const source = parts.map((part, i) =>
    i % 2 === 1 ? `(${places[part]?.source})` : escaped(normalised(part)),
  );
  const regexp = new RegExp(`^${source.join('')}$`, 'u');
  return (text: string): Record<string, unknown> | undefined => {
    const match = regexp.exec(text);
    if (!match) return undefined;
    const read = names.map((key, i): [string, unknown] => [key, places[key]?.read(match[i + 1] as string)]);
    return { ...given, ...Object.fromEntries(read) };
  };
}

/** A whole number. */
export const whole = (least: number, most: number): Place<number> => ({
  schema: z.number().int().min(least).max(most),
  filled: { kind: 'number', least, most },
  like: `〔${least} 到 ${most}〕`,
  write: String,
  source: '\\d{1,9}',
  read: Number,
});

/** A Beijing day, `2026-12-01`. */
export const day = (): Place<string> => ({
  schema: z.iso.date(),
  filled: { kind: 'day' },
  like: '〔2026-12-01〕',
  write: String,
  source: '\\d{4}-\\d{2}-\\d{2}',
  read: String,
});

/** One of a few, by its code; written in its Chinese name. */
export const oneOf = <const Code extends string>(names: Readonly<Record<Code, string>>): Place<Code> => ({
  schema: z.enum(Object.keys(names) as [Code, ...Code[]]),
  filled: { kind: 'choice', names },
  like: `〔${Object.values<string>(names).join('、')}〕`,
  write: (code) => names[code],
  source: Object.values<string>(names)
    .map((one) => escaped(normalised(one)))
    .join('|'),
  read: (text) => Object.entries<string>(names).find(([, one]) => normalised(one) === text)?.[0],
});

const words = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[^「」（）；\p{C}]+$/u, '不能有引號、括號、分號');

/** What somebody named, in 「」. */
export const quoted = (): Place<string> => ({
  schema: words,
  filled: { kind: 'word' },
  like: '「名字」',
  write: (value) => `「${value}」`,
  source: '「[^「」]{1,40}」',
  read: (text) => text.slice(1, -1),
});

/** One or more in 「」, any of which counts. */
export const quotedList = (): Place<string[]> => ({
  schema: z.array(words).min(1).max(20),
  filled: { kind: 'words' },
  like: '「名字」或「名字」',
  write: (values) => values.map((one) => `「${one}」`).join('或'),
  source: '「[^「」]{1,40}」(?:或「[^「」]{1,40}」)*',
  read: (text) => text.slice(1, -1).split('」或「'),
});

/** Width, script and spaces do not matter outside of 「」. */
export const normalised = (text: string): string =>
  text
    .split(/(「[^「」]*」)/)
    .map((piece, i) => (i % 2 === 1 ? piece : toSimplified(piece.normalize('NFKC')).replace(/\s+/gu, '')))
    .join('');
