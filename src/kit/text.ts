import { Converter } from 'opencc-js/t2cn';

/** The two scripts a fan may write: Simplified or Traditional. Templates are written in Traditional. */
export type Script = 'hans' | 'hant';

// `tw`: templates are written as in Taiwan (著, 裡); with `t` 「接著看」 would keep its 著.
const tables = Converter({ from: 'tw', to: 'cn' });

// The tables take 么 for the Traditional word (老么 → 老幺). People here mean the Simplified one: 什么, 怎么.
const convert = (text: string): string =>
  text
    .split('么')
    .map((piece) => tables(piece))
    .join('么');

let traditional: ((text: string) => string) | undefined;

/** A text as it may be written in either script: as it stands, Simplified, and Traditional (as in Taiwan). */
export function spellings(text: string): string[] {
  traditional ??= traditionalOf();
  return [...new Set([text, convert(text), traditional(text)])];
}

/** Its tables are read when they are first asked for. */
function traditionalOf(): (text: string) => string {
  const { Converter: toTraditional } = require('opencc-js/cn2t') as typeof import('opencc-js/cn2t');
  return toTraditional({ from: 'cn', to: 'tw' });
}

/** Traditional to Simplified, phrase by phrase. 50–70 µs for a long answer: cache by result where it repeats. */
export const toSimplified = (text: string): string => convert(text);

/**
 * What our words say as in Taiwan and the mainland calls otherwise. A line holds names and guides too, so only what
 * means one thing wherever it stands: 土豆 and 程序 are not here, nor 影片 (a film) or 資訊 (in the names of companies).
 */
const mainlandWords: [taiwan: RegExp, mainland: string][] = [
  [/雜湊值?/g, '哈希值'],
  // Where it is a verb, a bridge 連結兩岸, no mark and none of these stands behind it.
  [/連結(?=收到|已|失效|過期|打不開|在|是|裡|給|\P{Script=Han}|$)/gu, '链接'],
  [/聯絡(?![處辦員官站])/g, '联系'],
  // Alone it may be a letter box; behind these words nobody means one.
  [/電子信箱|電郵信箱|電郵(?!件)|(?<=綁定?|解除|我的|[換改留]|登記|刪除)信箱/g, '邮箱'],
  [/簡訊/g, '短信'],
  [/網際網路/g, '互联网'],
  [/網路/g, '网络'],
  [/軟體(?!動物)/g, '软件'],
  [/硬體/g, '硬件'],
  [/螢幕/g, '屏幕'],
  [/伺服器/g, '服务器'],
  [/視訊/g, '视频'],
  [/訊息/g, '消息'],
  [/帳號/g, '账号'],
];
const mayDiffer = new RegExp(mainlandWords.map(([taiwan]) => taiwan.source).join('|'), 'u');

/** What stands in 「」 is a name, or what she should type: the same word in either script. */
function inMainlandWords(line: string): string {
  if (!mayDiffer.test(line)) return line;
  return line.replace(/「[^」]*」|[^「]+/g, (piece) =>
    piece.startsWith('「')
      ? piece
      : mainlandWords.reduce((text, [taiwan, mainland]) => text.replace(taiwan, mainland), piece),
  );
}

/**
 * Texts in the script she uses. Kept line by line, no phrase goes over the end of one: of an answer in a quiz a line or two
 * are new, and the question was asked before.
 */
export function inScript(text: string, script: Script): string {
  if (script !== 'hans') return text;
  return text.split('\n').map(lineInSimplified).join('\n');
}

/** The last `mostLines` to twice as many. */
const mostLines = 5_000;
let lines = new Map<string, string>();
let older = new Map<string, string>();

function lineInSimplified(line: string): string {
  const kept = lines.get(line);
  if (kept !== undefined) return kept;
  const simplified = older.get(line) ?? convert(inMainlandWords(line));
  if (lines.size >= mostLines) {
    older = lines;
    lines = new Map();
  }
  // A copy: the line is a piece of its text, and would keep all of it.
  lines.set(Buffer.from(line).toString(), simplified);
  return simplified;
}

export type Folded = {
  text: string;
  /** For each code unit of the folded text, where it began in the raw text; one more entry for the end. */
  at: number[];
};

/**
 * What matching sees: script, width and case folded, spaces dropped, punctuation at both ends dropped.
 * 「 杭州 天氣！」 and 「杭州天气」 fold to the same.
 */
export const fold = (raw: string): string => foldWithOffsets(raw).text;

/** What is read of a text: WeChat's box takes no more Chinese, and no keyword, city or answer is nearly as long. */
export const longestRead = 700;

/** One turn asks a dozen times about the same words. */
let lastFolded: { raw: string; folded: Folded } = { raw: '', folded: { text: '', at: [0] } };

/**
 * As `fold`, and knows where each folded character stood, so that a parameter can be cut from the raw text. Reads up to
 * `longestRead`, before and after folding: of one 「ﷺ」 it makes eighteen letters.
 */
export function foldWithOffsets(raw: string): Folded {
  if (lastFolded.raw !== raw) lastFolded = { raw, folded: foldAnew(raw) };
  return lastFolded.folded;
}

function foldAnew(raw: string): Folded {
  const units: string[] = [];
  const at: number[] = [];
  let offset = 0;
  for (const char of raw.slice(0, longestRead)) {
    const folded = foldChar(char);
    if (units.length + folded.length > longestRead) break;
    for (let i = 0; i < folded.length; i++) {
      units.push(folded.charAt(i));
      at.push(offset);
    }
    offset += char.length;
  }
  let start = 0;
  let end = units.length;
  while (start < end && isEdge(units[start] as string)) start++;
  while (end > start && isEdge(units[end - 1] as string)) end--;
  const stop = at[end] ?? offset;
  return { text: units.slice(start, end).join(''), at: [...at.slice(start, end), stop] };
}

const foldedChars = new Map<string, string>();

function foldChar(char: string): string {
  const known = foldedChars.get(char);
  if (known !== undefined) return known;
  const wide = char.normalize('NFKC').toLowerCase();
  const folded = /^[\s\p{Z}\p{C}\p{Emoji_Modifier}\uFE0F]*$/u.test(wide)
    ? ''
    : /\p{Script=Han}/u.test(wide)
      ? convert(wide)
      : wide;
  if (foldedChars.size < 60_000) foldedChars.set(char, folded);
  return folded;
}

const edges = /^[\p{P}\p{S}]$/u;
const edgeKnown = new Map<string, boolean>();
function isEdge(unit: string): boolean {
  let edge = edgeKnown.get(unit);
  if (edge === undefined) {
    // Half of a surrogate pair at an end is (part of) an emoji or a rare character; only emoji are edges, and they lie above U+1F000.
    edge =
      edges.test(unit) || (unit >= '\uD83C' && unit <= '\uD83E') || (unit >= '\uDC00' && unit <= '\uDFFF');
    edgeKnown.set(unit, edge);
  }
  return edge;
}

/** Characters that are Simplified forms and also ordinary Traditional characters: they prove nothing. */
const both = new Set(
  '后里面干只台斗谷几松范余云游占舍叶系复卷冲尽制升表板朴致注丑术折征志咸向吊同布并伙杯周家才扎托御岳幸念杆柜欲杰着了为于吃床抬峰群秋炮蔑雇灶窗' +
    '出回冬糖千真查教佛局私克划凶岩栗戚蒙捍拼挨扇拐旗既矩棋梁泛污泄沈抵呆酸症皂困朱秘弦捆彩累玩唇修庵搜席卜姜苔虱胡核咨噪溪逾挽扣巨旋合暗霑沾刮肴糊喂哄郁曲霉娘尸昆雕奸',
);

const simplifiedOnly: Set<string> = (() => {
  const found = new Set<string>();
  for (let code = 0x4e00; code <= 0x9fff; code++) {
    const char = String.fromCharCode(code);
    const simplified = convert(char);
    foldedChars.set(char, simplified);
    if (simplified !== char && !both.has(simplified)) found.add(simplified);
  }
  return found;
})();

/** The script a text is written in, or undefined when its characters are the same in both (「酒店」). */
export function scriptOf(text: string): Script | undefined {
  let hans = 0;
  let hant = 0;
  for (const char of text.slice(0, longestRead)) {
    if (char < '\u4e00' || char > '\u9fff') continue;
    if (simplifiedOnly.has(char)) hans++;
    // 著 is Simplified too, in 著名.
    else if (char !== '著' && foldChar(char) !== char) hant++;
  }
  if (hans === hant) return undefined;
  return hans > hant ? 'hans' : 'hant';
}

/** A text as part of a regular expression (not of a class in brackets) that means just it, with every flag. */
export const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
