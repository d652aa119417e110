import { z } from 'zod';

/**
 * The kinds of cells a table may have. Each says what is wrong and what to write instead; the sentence is put together
 * where the row is known: 「第 12 行 price_yuan 欄:「abc」不是數字,請填整數元」.
 */
const filled = (advice: string) =>
  z
    .union([z.string(), z.number()], {
      error: ({ input }) => (input === undefined ? `空著，${advice}` : `應是文字或數字，${advice}`),
    })
    .transform((value) => String(value).trim())
    .refine((value) => value !== '', { error: `空著，${advice}` });

const matching = (pattern: RegExp, wrong: string, advice: string) =>
  filled(advice).refine((value) => pattern.test(value), { error: `${wrong}，${advice}` });

// Tab and line breaks may stand in a text; other control characters come from broken files.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/;

/** Any text of so many characters. */
export const text = (most: number, advice: string) =>
  filled(advice)
    .refine((value) => value.length <= most, { error: `太長，最多 ${most} 個字` })
    .refine((value) => !control.test(value), { error: '裡有亂碼或控制字元，請重新輸入' });

/** A row's name for ever; used in links, so plain characters only. */
export const id = matching(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
  '不能做編號',
  '請用 1 到 64 個英文字母、數字、- _ .',
);

const dayAdvice = '請寫成 2026-11-21 這樣的日子';

/** Also as Excel writes it into a CSV: 2026/11/3. */
export const day = filled(dayAdvice)
  .transform((value) =>
    value.replace(
      /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/,
      (_, year: string, month: string, date: string) =>
        `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`,
    ),
  )
  .refine((value) => /^\d{4}-\d{2}-\d{2}$/.test(value), { error: `不是日期，${dayAdvice}`, abort: true })
  .refine(isDay, { error: '沒有這一天，請核對' });

export const time = matching(/^([01]?\d|2[0-3]):[0-5]\d(:00)?$/, '不是時刻', '請寫成 08:30').transform(
  (value) => value.slice(0, value.indexOf(':') + 3).padStart(5, '0'),
);

export const whole = ({ from, to, advice }: { from: number; to: number; advice: string }) =>
  filled(advice)
    .refine((value) => !Number.isNaN(Number(value)), { error: `不是數字，${advice}`, abort: true })
    .refine((value) => /^-?\d{1,9}$/.test(value), { error: `不是整數，${advice}`, abort: true })
    .transform(Number)
    .refine((value) => value >= from && value <= to, { error: `不在 ${from} 到 ${to} 之間，${advice}` });

/** Yuan with at most two decimals, to fen. */
export const yuan = (advice: string) =>
  matching(/^\d{1,6}(\.\d{1,2})?$/, '不是金額', advice).transform((value) => Math.round(Number(value) * 100));

export const degrees = (most: 90 | 180) =>
  matching(/^-?\d{1,3}(\.\d+)?$/, '不是坐標', `請填 -${most} 到 ${most} 之間的小數`)
    .transform(Number)
    .refine((value) => Math.abs(value) <= most, {
      error: `超出 ±${most} 度，請核對（經度 lng 與緯度 lat 是不是寫反了？）`,
    });

/** Which map a coordinate was read from. Never guessed: the maps differ by 100 to 700 metres. */
export const datum = filled('請填坐標所用的坐標系：gcj02（高德、騰訊）、wgs84（GPS）或 bd09（百度）')
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

export const phone = matching(/^[\d+()#*,、/ 轉转-]{3,40}$/, '不像電話', '請只用數字、空格、+ - ( )');

/** A column whose cells a spreadsheet must not have taken for numbers: what it dropped cannot be known. */
export function isWord(schema: unknown): boolean {
  const inner: unknown = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return inner === id || inner === phone;
}

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

function isDay(value: string): boolean {
  const at = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value);
}

function isWebAddress(value: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}
