import { inScript, type Script } from '../../kit/text';

/** 「{名字|朋友}」: a person's own value, with what stands there when it is not known. */
const variable = /\{([^{}|\n]{1,20})(?:\|([^{}\n]{0,40}))?\}/gu;
/** 「[看看](https://…)」, or a bare address. */
const linked = /\[([^[\]\n]{1,60})\]\((https?:\/\/[^\s()]+)\)|https?:\/\/[\w\-./?%&=+#@:~;,!*']+/gu;

/** The names of the variables in a text. */
export const variablesIn = (text: string): { name: string; hasDefault: boolean }[] =>
  Array.from(text.matchAll(variable), ([, name = '', other]) => ({
    name: name.trim(),
    hasDefault: other !== undefined,
  }));

/** The web addresses in a text, each once. */
export const addressesIn = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(linked), ([whole, , url]) => url ?? whole)),
];

export type Filling = {
  values: Readonly<Record<string, string>>;
  /** Undefined: the words are written for everybody at once, and stay as they are. */
  script?: Script;
  /** The tracked link of an address. */
  link(url: string): string;
  /** A link with words: `<a>` where the route knows it. */
  anchors: boolean;
};

/** The words for one person; `missing` names a value that she has not and for which nothing stands in. */
export function fill(text: string, filling: Filling): { text: string } | { missing: string } {
  const { values, script, link, anchors } = filling;
  let missing: string | undefined;
  const filled = text.replace(variable, (_, name: string, other: string | undefined) => {
    const value = values[name.trim()] ?? other;
    if (value === undefined) missing = name.trim();
    return plain(value ?? '');
  });
  if (missing !== undefined) return { missing };
  const written = script ? inScript(filled, script) : filled;
  return {
    text: written.replace(linked, (whole, words: string | undefined, url: string | undefined) => {
      if (words === undefined) return link(whole);
      return anchors ? `<a href="${link(url ?? '')}">${words}</a>` : `${words} ${link(url ?? '')}`;
    }),
  };
}

/** A value is words, never a link or markup. */
const plain = (value: string): string => value.replace(/[<>[\](){}]/gu, '').replace(/https?:\/\/\S*/giu, '');
