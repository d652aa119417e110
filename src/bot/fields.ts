import { beijingDay, dayMs, startOfBeijingDay } from '../kit/beijing';
import { readMailAddress } from '../kit/mail-address';
import { fold } from '../kit/text';
import type { Message } from '../wechat/protocol/inbound';

/** What a field makes of a message: her answer, or a sentence on what is wanted, or nothing (it cannot be an answer). */
export type Read<T> = { value: T } | { no: string } | undefined;

export type Field<T> = {
  question: string;
  /** What is asked, in a few words: 「（還差手機號，回覆「繼續」接著填）」. Without one, the question's first line. */
  short: string;
  /** Free text: anything can be the answer, so exact keywords go first. */
  open: boolean;
  /** Whether it is asked at all, by what she answered before it. Without one it always is. */
  asked?: (answers: Readonly<Record<string, unknown>>) => boolean;
  read(message: Message, now: number): Read<T>;
};

export type FieldValue<F> = F extends Field<infer T> ? T : never;

/** Any text, up to `most` characters; `least` and what is said to a shorter one. */
export const text = (
  question: string,
  most = 200,
  short = firstLine(question),
  { least = 1, tooShort = '' }: { least?: number; tooShort?: string } = {},
): Field<string> => ({
  question,
  short,
  open: true,
  read: (message) => {
    if (message.kind !== 'text') return undefined;
    const said = message.content.trim();
    if (said === '') return undefined;
    if (!/\p{L}/u.test(said.replace(wordless, ''))) return { no: '這裡要寫成文字，請再寫一次。' };
    if ([...said].length < least) return { no: tooShort };
    return [...said].length > most ? { no: `最多 ${most} 個字，請寫短一點。` } : { value: said };
  },
});

/** What is no word: characters that cannot be seen, and faces as WeChat writes them, 「[微笑]」. */
const wordless = /\p{Default_Ignorable_Code_Point}|\[[^[\]]{1,12}\]/gu;

/** A whole number between `least` and `most`. */
export const number = (
  question: string,
  least: number,
  most: number,
  short = firstLine(question),
): Field<number> => ({
  question,
  short,
  open: false,
  read: (message) => {
    const said = saidIn(message);
    if (said === undefined || !/^\d{1,9}$/.test(said)) return undefined;
    const value = Number(said);
    return value < least || value > most ? { no: `請回覆 ${least} 到 ${most} 之間的數字。` } : { value };
  },
});

/** One of a list: by its number, its words or others that mean it (`also`). */
export const choice = <const Option extends string>(
  question: string,
  options: readonly Option[],
  short = firstLine(question),
  also: { [one in Option]?: readonly string[] } = {},
): Field<Option> => ({
  short,
  question: `${question}\n${options.map((option, i) => `${i + 1}. ${option}`).join('\n')}`,
  open: false,
  read: (message) => {
    const said = saidIn(message);
    if (said === undefined) return undefined;
    const chosen = options.find((option, i) =>
      [option, String(i + 1), ...(also[option] ?? [])].some((one) => fold(one) === said),
    );
    if (chosen !== undefined) return { value: chosen };
    return /^\d+$/.test(said) ? { no: `請回覆 1 到 ${options.length}。` } : undefined;
  },
});

/** Some of a list, at least one: by their numbers or words, 「1 3」「1、3」「海邊 古鎮」. */
export const choices = (
  question: string,
  options: readonly string[],
  short = firstLine(question),
): Field<string[]> => ({
  short,
  question: `${question}（可以選幾個，像「1 3」）\n${options.map((option, i) => `${i + 1}. ${option}`).join('\n')}`,
  open: false,
  read: (message) => {
    if (message.kind !== 'text') return undefined;
    const whole = fold(message.content);
    const said = options.some((option) => fold(option) === whole)
      ? [whole]
      : message.content.split(/[\s,，、;；.。+和與与]+/u).map(fold);
    const words = said.filter((word) => word !== '');
    const chosen = words.map((word) =>
      options.findIndex((option, i) => fold(option) === word || String(i + 1) === word),
    );
    if (words.length === 0 || chosen.every((one) => one < 0))
      return words.length > 0 && words.every((word) => /^\d+$/.test(word))
        ? { no: `請回覆 1 到 ${options.length}，幾個之間空一格。` }
        : undefined;
    if (chosen.includes(-1))
      return { no: `「${words[chosen.indexOf(-1)]?.slice(0, 20)}」不在裡面，請回覆編號，幾個之間空一格。` };
    return { value: options.filter((_, i) => chosen.includes(i)) };
  },
});

/** A mainland mobile number, as people write it: with a name, a country code, gaps, a word on WeChat around it. */
export const phone = (question: string, short = '手機號'): Field<string> => ({
  question,
  short,
  open: false,
  read: (message) => (message.kind === 'text' ? mobileIn(message.content) : undefined),
});

function mobileIn(content: string): Read<string> {
  const runs = content.normalize('NFKC').match(/\d(?:[\s\-–—.·()]*\d)*/g) ?? [];
  const mobiles = new Set(runs.flatMap(mobilesIn));
  const [mobile] = mobiles;
  if (mobiles.size > 1) return { no: `你說了 ${mobiles.size} 個號碼，用哪一個？請只回覆那一個。` };
  if (mobile !== undefined) return { value: mobile };
  const longest = runs.map(digitsOf).toSorted((a, b) => b.length - a.length)[0] ?? '';
  if (longest.length < (/\p{L}/u.test(content) ? 5 : 3)) return undefined; // 「杭州500以下酒店」, an option's number
  if (/^0\d{9,11}$|^[2-8]\d{6,7}$/.test(longest))
    return { no: '這像座機，快遞要打手機。請回覆 11 位的手機號。' };
  const why = longest.length === 11 ? '要 1 開頭' : `這裡有 ${longest.length} 位`;
  return { no: `這不像手機號（${why}），請回覆 11 位的號碼。` };
}

/** The mobile that digits with gaps between them make; else each that stands between the gaps: 「138… 139…」. */
function mobilesIn(run: string): string[] {
  const whole = bare(digitsOf(run));
  return isMobile(whole) ? [whole] : run.split(/\s+/).map(digitsOf).map(bare).filter(isMobile);
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');
const bare = (digits: string): string => digits.replace(/^0{0,2}86(?=1\d{10}$)/, '');
const isMobile = (digits: string): boolean => /^1[3-9]\d{9}$/.test(digits);

/**
 * The digits of a code that was sent to her, as she types or copies them, 「123 456」, 「【小藝旅行】驗證碼 123456，…」; or one of
 * the words (and those that mean it), 「重發」.
 */
export const code = (
  question: string,
  digits: number,
  words: { readonly [word: string]: readonly string[] } = {},
  short = '驗證碼',
): Field<string> => ({
  question,
  short,
  open: false,
  read: (message) => {
    if (message.kind !== 'text') return undefined;
    const folded = fold(message.content);
    const word = Object.keys(words).find((one) =>
      [one, ...(words[one] ?? [])].some((also) => fold(also) === folded),
    );
    if (word !== undefined) return { value: word };
    const said = message.content.normalize('NFKC');
    const whole = digitsOf(said);
    const isBare = !/[^\d\s\-–—.。!]/u.test(said);
    if (isBare && whole.length === digits) return { value: whole };
    // 「1」 chooses from a list.
    if (isBare)
      return whole.length < 3 ? undefined : { no: `驗證碼是 ${digits} 位數字，這裡有 ${whole.length} 位。` };
    const [one, ...more] = (said.match(/\d+/g) ?? []).filter((run) => run.length === digits);
    return one !== undefined && more.length === 0 ? { value: one } : undefined;
  },
});

/** A Beijing day, from 「明天」, 「12月1日」 or 「2026-12-01」; today or later. */
export const date = (question: string, short = '日期'): Field<string> => ({
  question,
  short,
  open: false,
  read: (message, now) => {
    const said = saidIn(message);
    if (said === undefined) return undefined;
    const value = dayIn(said, now);
    if (value === undefined) return undefined;
    return value < beijingDay(now) ? { no: '這一天已經過了，請換一個日子。' } : { value };
  },
});

function dayIn(said: string, now: number): string | undefined {
  const ahead = { 今天: 0, 明天: 1, 后天: 2 }[said];
  if (ahead !== undefined) return beijingDay(now + ahead * dayMs);
  const match = /^(?:(\d{4})[年\-/.])?(\d{1,2})[月\-/.](\d{1,2})日?号?$/.exec(said);
  if (!match) return undefined;
  const [, year = beijingDay(now).slice(0, 4), month = '', day = ''] = match;
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const start = startOfBeijingDay(written);
  if (Number.isNaN(start) || beijingDay(start) !== written) return undefined;
  return match[1] === undefined && written < beijingDay(now)
    ? `${Number(year) + 1}${written.slice(4)}`
    : written;
}

/** A birthday, `1990-05-03`, or `05-03` where she keeps the year to herself; 「1990年5月3日」「5月3日」「19900503」. */
export const birthday = (question: string, short = '生日'): Field<string> => ({
  question,
  short,
  open: false,
  read: (message, now) => {
    const said = saidIn(message);
    const match =
      said === undefined
        ? undefined
        : (/^(\d{4})(\d{2})(\d{2})$/.exec(said) ??
          /^(?:(\d{4})[年\-/.])?(\d{1,2})[月\-/.](\d{1,2})[日号]?$/.exec(said));
    if (!match) return undefined;
    const [, year, month = '', date = ''] = match;
    const day = `${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
    // Of the leap days one has a birthday too.
    const written = `${year ?? '2000'}-${day}`;
    const start = startOfBeijingDay(written);
    if (Number.isNaN(start) || beijingDay(start) !== written) return { no: '日曆上沒有這一天，請再寫一次。' };
    if (year === undefined) return { value: day };
    const inLife = written <= beijingDay(now) && Number(year) >= 1900;
    return inLife ? { value: written } : { no: '這一年不像生日，請再寫一次。' };
  },
});

/** The same, and she may skip it: `null`. */
export const optional = <T>(field: Field<T>): Field<T | null> => ({
  ...field,
  question: `${field.question}\n（不想答，回覆「跳過」）`,
  read: (message, now) => (saidIn(message) === '跳过' ? { value: null } : field.read(message, now)),
});

/** An e-mail address, with or without words around it; in small letters. */
export const mail = (question: string, short = '郵箱'): Field<string> => ({
  question,
  short,
  open: false,
  read(message) {
    if (message.kind !== 'text' || !/[@＠]/u.test(message.content)) return undefined;
    const value = readMailAddress(message.content);
    return value === undefined ? { no: '這不像一個郵箱地址，請寫成 name@example.com 這樣。' } : { value };
  },
});

/** A picture, by its media id. */
export const image = (question: string, short = '圖片'): Field<{ mediaId: string; picUrl: string }> => ({
  question,
  short,
  open: false,
  read: (message) =>
    message.kind === 'image' ? { value: { mediaId: message.mediaId, picUrl: message.picUrl } } : undefined,
});

/** A place on the map (GCJ-02). */
export const location = (
  question: string,
  short = '位置',
): Field<{ lat: number; lng: number; label: string }> => ({
  question,
  short,
  open: false,
  read: (message) =>
    message.kind === 'location'
      ? { value: { lat: message.lat, lng: message.lng, label: message.label } }
      : undefined,
});

const firstLine = (question: string): string => question.split('\n', 1)[0] ?? '';

const saidIn = (message: Message): string | undefined =>
  message.kind === 'text' ? fold(message.content) : undefined;
