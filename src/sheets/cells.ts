import { z } from 'zod';
import { beijingDay } from '../kit/beijing';

/**
 * The kinds of cells a table may have. Each says what is wrong and what to write instead; the sentence is put together
 * where the row is known: 「第 12 行 price_yuan 欄「abc」：不是數字，請填整數元」.
 */
const filled = (advice: string) =>
  z
    .union([z.string(), z.number()], {
      error: ({ input }) => (input === undefined ? `空著，${advice}` : `應是文字或數字，${advice}`),
    })
    .refine((value) => typeof value === 'string' || Math.abs(value) < 1e15, {
      error: '是太長的數字，後面幾位已經不見；請加上引號寫成文字',
      abort: true,
    })
    .transform((value) => String(value).replace(/\r\n?/g, '\n').trim())
    .refine((value) => value !== '', { error: `空著，${advice}` });

/** Digits, slashes and the like mean the same in the width of a Chinese keyboard. */
export const narrow = (text: string): string =>
  text
    .replace(/[！-～]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');

const plain = (advice: string) => filled(advice).transform(narrow);

const matching = (pattern: RegExp, wrong: string, advice: string) =>
  plain(advice).refine((value) => pattern.test(value), { error: `${wrong}，${advice}` });

// Tab and line breaks may stand in a text; other control characters come from broken files.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/;

/** Any text of so many characters. */
export const text = (most: number, advice: string) =>
  filled(advice)
    .refine((value) => value.length <= most, { error: `太長，最多 ${most} 個字` })
    .refine((value) => !control.test(value), { error: '裡有亂碼或控制字元，請重新輸入' });

/** A text that `read` makes something of. */
export const readable = <T>(given: { read(text: string): T | undefined; wrong: string; advice: string }) =>
  text(40, given.advice).transform((value, context) => {
    const meant = given.read(value);
    if (meant !== undefined) return meant;
    context.addIssue({ code: 'custom', message: `${given.wrong}，${given.advice}` });
    return z.NEVER;
  });

/** A row's name for ever; used in links, so plain characters only. */
export const id = matching(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
  '不能做編號',
  '請用 1 到 64 個英文字母、數字、- _ .',
).meta({ holds: 'word' });

const dayAdvice = '請寫成 2026-11-21 這樣的日子';
const dayPattern = String.raw`(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?`;
const timePattern = String.raw`(\d{1,2}):(\d{2})(?::(\d{2}))?`;

/** Also as Excel writes it into a CSV: 2026/11/3, 2026/11/3 0:00. */
export const day = plain(dayAdvice)
  .refine((value) => new RegExp(`^${dayPattern}( 0?0:00(:00)?)?$`).test(value), {
    error: `不是日期，${dayAdvice}`,
    abort: true,
  })
  .transform((value) => momentIn(value))
  .refine((at) => !Number.isNaN(at), { error: '沒有這一天，請核對', abort: true })
  .transform((at) => beijingDay(at))
  .meta({ holds: 'time' });

/** A moment in Beijing time, `2026-11-01 08:00`, as ms. `end`: a day alone means its last minute. */
export function moment({ end = false }: { end?: boolean } = {}) {
  const advice = end
    ? '請寫成 2026-11-01 或 2026-11-01 08:00（北京時間）'
    : '請寫成 2026-11-01 08:00（北京時間）';
  return plain(advice)
    .refine((value) => momentPattern.test(value), { error: `不是時間，${advice}`, abort: true })
    .refine((value) => end || value.includes(':'), { error: `沒有時刻，${advice}`, abort: true })
    .transform((value) => momentIn(value, end ? '23:59' : '00:00'))
    .refine((at) => !Number.isNaN(at), { error: '沒有這個時刻，請核對' })
    .meta({ holds: 'time' });
}

const momentPattern = new RegExp(`^${dayPattern}(?:(?:[ T]+|(?<=日))${timePattern})?$`);

/** NaN where the calendar or the clock has no such moment: what rolls over is not what was meant. */
function momentIn(value: string, time = '00:00'): number {
  const found = momentPattern.exec(value)?.slice(1) ?? [];
  const [year, month, date, ...clock] = found.map((part) => (part ?? '').padStart(2, '0'));
  const [hour, minute, second = '00'] = found[3] === undefined ? time.split(':') : clock;
  const meant = `${year}-${month}-${date}T${hour}:${minute}:${second}`;
  const at = Date.parse(`${meant}+08:00`);
  return Number.isNaN(at) || beijingTime(at) !== meant ? Number.NaN : at;
}

const beijingTime = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 19);

const clockTime = (pattern: RegExp, advice: string) =>
  matching(pattern, '不是時刻', advice)
    .transform((value) => value.split(':').slice(0, 2).join(':').padStart(5, '0'))
    .meta({ holds: 'time' });

export const time = clockTime(/^([01]?\d|2[0-3]):[0-5]\d(:00)?$/, '請寫成 08:30');

/** Also 24:00, the end of a day. */
export const timeOfDay = clockTime(/^(([01]?\d|2[0-3]):[0-5]\d|24:00)(:00)?$/, '請寫成 09:00');

export const whole = ({ from, to, advice }: { from: number; to: number; advice: string }) =>
  plain(advice)
    .refine((value) => !Number.isNaN(Number(value)), { error: `不是數字，${advice}`, abort: true })
    .refine((value) => /^-?(0|[1-9]\d{0,8})$/.test(value), { error: `不是整數，${advice}`, abort: true })
    .transform(Number)
    .refine((value) => value >= from && value <= to, { error: `不在 ${from} 到 ${to} 之間，${advice}` })
    .meta({ holds: 'number' });

/** Yuan with at most two decimals, to fen. */
export const yuan = (advice: string) =>
  matching(/^(0|[1-9]\d{0,5})(\.\d{1,2})?$/, '不是金額', advice)
    .transform((value) => Math.round(Number(value) * 100))
    .meta({ holds: 'number' });

export const degrees = (most: 90 | 180) =>
  matching(/^-?\d{1,3}(\.\d+)?$/, '不是坐標', `請填 -${most} 到 ${most} 之間的小數`)
    .transform(Number)
    .refine((value) => Math.abs(value) <= most, {
      error: `超出 ±${most} 度，請核對（經度 lng 與緯度 lat 是不是寫反了？）`,
    })
    .meta({ holds: 'number' });

/** Which map a coordinate was read from. Never guessed: the maps differ by 100 to 700 metres. */
export const datum = plain('請填坐標所用的坐標系：gcj02（高德、騰訊）、wgs84（GPS）或 bd09（百度）')
  .transform((value) => value.toLowerCase().replace(/[^a-z0-9]/g, ''))
  .pipe(
    z.enum(['gcj02', 'wgs84', 'bd09'], {
      error: '不是認得的坐標系，請填 gcj02（高德、騰訊）、wgs84（GPS）或 bd09（百度）',
    }),
  );

/** Only addresses a phone may be sent to. */
export const webAddress = text(1000, '請填 https:// 開頭的網址').refine(isWebAddress, {
  error: '不是網址，請填 https:// 或 http:// 開頭的完整網址',
});

export const phone = matching(/^[\d+()#*,、/ 轉转-]{3,40}$/, '不像電話', '請只用數字、空格、+ - ( )').meta({
  holds: 'word',
});

/** What a keyboard, also a Chinese one, has to put between short things. */
const betweenWords = /[|｜,，﹐、､;；﹔/／\p{Zl}\p{Zp}\n\r\t]+/u;
/** Sentences have commas of their own. */
const betweenSentences = /[|｜\p{Zl}\p{Zp}\n\r]+/u;

/** A list of words: in JSON a list, in a sheet separated by any of those signs. */
export const list = (most: number, advice: string) => listBetween(betweenWords, most, advice);

/** A list of sentences. */
export const texts = (most: number, advice: string) => listBetween(betweenSentences, most, advice);

const listBetween = (between: RegExp, most: number, advice: string) =>
  z
    .union([z.array(z.union([z.string(), z.number()])), z.string(), z.number()], {
      error: ({ input }) => (input === undefined ? `空著，${advice}` : `應是列表，${advice}`),
    })
    .transform((value) =>
      (Array.isArray(value) ? value : String(value).split(between))
        .map((one) => String(one).trim())
        .filter((one) => one !== ''),
    )
    .refine((values) => values.length <= 60, { error: '太多，最多 60 個' })
    .refine((values) => values.every((one) => one.length <= most && !control.test(one)), {
      error: `裡有一個太長（最多 ${most} 個字）或有控制字元`,
    });

function isWebAddress(value: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}
