import { inScript, type Script } from '../../kit/text';
import { quoted } from '../../sheets/problems';

/** 「{名字|朋友}」: a person's own value, with what stands there when it is not known. */
const variable = /\{([^{}|\n]{1,20})(?:\|([^{}\n]{0,40}))?\}/gu;
/**
 * 「[看看](https://…)」, or a bare address. Han belongs to a bare one where it is all there is, or right behind a / or =: elsewhere
 * the sentence goes on.
 */
const linked =
  /\[(?<words>[^[\]\n]{1,60})\]\((?<to>https?:\/\/[^\s()]+)\)|(?<bare>^https?:\/\/[\w\-.:@]+[/?#][^\s{}，。！？；：、「」（）]*$|https?:\/\/(?:[\w\-./?%&=+#@:~;,!*']|(?<=[/=])\p{Script=Han}+)+)/gu;
/** In a variable stands no address. */
const linkedOrVariable = new RegExp(`${variable.source}|${linked.source}`, 'gu');

type Link = { index: number; whole: string; words?: string | undefined; url: string };

const linksOf = (text: string): Link[] =>
  Array.from(text.matchAll(linkedOrVariable)).flatMap(({ 0: whole, index, groups = {} }) => {
    const url = groups['to'] ?? groups['bare'];
    return url === undefined ? [] : [{ index, whole, words: groups['words'], url }];
  });

/** The names of the variables in a text. */
export const variablesIn = (text: string): { name: string; hasDefault: boolean }[] =>
  Array.from(text.matchAll(variable), ([, name = '', other]) => ({
    name: name.trim(),
    hasDefault: other !== undefined,
  }));

/** The web addresses in a text, each once. */
export const addressesIn = (text: string): string[] => [...new Set(linksOf(text).map(({ url }) => url))];

/** Those of them that hold a variable: each person's would be another, and links are numbered for all. */
export const brokenAddressesIn = (text: string): string[] =>
  linksOf(text)
    .filter(({ index, whole, url }) => url.includes('{') || text[index + whole.length] === '{')
    .map(({ url }) => url);

/** 「[看看](…)」 that is no link, in brackets of either width. */
const looksLinked = /\[[^[\]\n]*\]\s?[(（][^()（）\n]*[)）]?/gu;

/** What was meant for a link or a variable and would reach her as it stands. */
export function brokenMarksIn(text: string): string[] {
  const linkedAt = new Set(linksOf(text).map(({ index }) => index));
  const links = Array.from(text.matchAll(looksLinked))
    .filter(({ index }) => !linkedAt.has(index))
    .map(
      ([whole]) =>
        `「${quoted(whole)}」不會變成連結：要寫成 [看看](https://…)，網址以 https:// 開頭，裡面沒有空格和括號，文字最多 60 個字；不是連結就用【】`,
    );
  const braces = Array.from(
    text.replace(variable, '').matchAll(/[{}｛｝][^{}｛｝\n]{0,20}/gu),
    ([piece]) =>
      `「${quoted(piece)}」：大括號沒有寫完；變量要寫成 {城市|杭州}，半形的，名字最多 20 個字，豎線後面最多 40 個字`,
  );
  return [...links, ...braces];
}

/** WeChat takes a text of so many bytes (45002), a Han letter being three of them. */
const mostBytes = 2_048;
/** Of a tracked link, and of a person's value: generously. */
const linkBytes = 150;
const valueBytes = 60;

/** What is wrong with the length of a text message, with what links and variables make of it. */
export function problemsOfLength(text: string): string[] {
  const links = linksOf(text);
  const written = links.reduce((sum, { url }) => sum - Buffer.byteLength(url), Buffer.byteLength(text));
  const anchor = Buffer.byteLength('<a href=""></a>');
  const over =
    written + links.length * (linkBytes + anchor) + variablesIn(text).length * valueBytes - mostBytes;
  if (over <= 0) return [];
  return [
    `太長：微信一條最多收約 ${Math.floor(mostBytes / 3)} 個漢字，一個連結要佔 ${(linkBytes + anchor) / 3} 個、一個變量 ${valueBytes / 3} 個；還要少約 ${Math.ceil(over / 3)} 個字`,
  ];
}

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
  const wordsOf = (part: string): string => {
    const filled = part.replace(variable, (_, name: string, other: string | undefined) => {
      const value = values[name.trim()] ?? other;
      if (value === undefined) missing = name.trim();
      return plain(value ?? '');
    });
    return script ? inScript(filled, script) : filled;
  };
  // Addresses stay as they were written: by that they are known.
  let said = '';
  let from = 0;
  for (const { index, whole, words, url } of linksOf(text)) {
    said += wordsOf(text.slice(from, index));
    from = index + whole.length;
    if (words === undefined) said += link(url);
    else said += anchors ? `<a href="${link(url)}">${wordsOf(words)}</a>` : `${wordsOf(words)} ${link(url)}`;
  }
  said += wordsOf(text.slice(from));
  return missing === undefined ? { text: said } : { missing };
}

/** A value is words, never a link or markup. */
const plain = (value: string): string => value.replace(/[<>[\](){}]/gu, '').replace(/https?:\/\/\S*/giu, '');
