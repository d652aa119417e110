import { types } from 'node:util';
import type ExcelJS from 'exceljs';
import type { Shown } from './grid';
import { quoted } from './problems';

const asText = '請把這一欄設成「文字」，再照原樣填一次';

/**
 * What a person sees in the cell of a workbook, as text: dates `2026-11-21`, times `08:30`, moments `2026-11-21 08:30`.
 * What is shown in another way than it is kept (0012, 50%, 1/2, 12月) is no longer what was meant: refused.
 */
export function readCell({ value, format = '' }: { value: ExcelJS.CellValue; format?: string }): Shown {
  if (value === null || value === undefined) return { text: '' };
  if (typeof value === 'string') return readText(decoded(value), format);
  if (typeof value === 'number') return { typed: 'number', ...readNumber(value, format) };
  if (typeof value === 'boolean') return { text: String(value).toUpperCase(), typed: 'truth' };
  if (types.isDate(value)) return { ...readDate(value, format), typed: 'date' };
  if ('formula' in value || 'sharedFormula' in value)
    return wrong('這一格是公式，請複製後「選擇性貼上 → 值」');
  if ('error' in value) return wrong(`這一格是錯誤值 ${value.error}，請改正`);
  if ('richText' in value) return readText(value.richText.map((part) => decoded(part.text)).join(''), format);
  if ('text' in value) return readCell({ value: value.text, format });
  return wrong('這一格的內容讀不懂，請改成文字');
}

const wrong = (message: string): Shown => ({ text: '', wrong: message });

/** A workbook writes as `_x000D_` what XML cannot carry, and `_x005F_` where a text has such a `_` itself. */
const decoded = (text: string): string =>
  text.replace(/_x([\da-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** A format has a part for texts as well, which may hide them or put something beside them. */
function readText(text: string, format: string): Shown {
  const sections = sectionsOf(format);
  const last = sections.at(-1)?.trim() ?? '';
  const same = last === '@' || (sections.length < 4 && !last.includes('@'));
  return same || text.trim() === ''
    ? { text: text.trim() }
    : wrong(`這一格寫的是「${quoted(text.trim())}」，顯示的卻是另一個樣子（格式 ${format}）；${asText}`);
}

/** Decimals and thousands may be shown in any way, with a sign of money; they do not change what the number is. */
function readNumber(value: number, format: string): Shown {
  // Excel keeps 15 digits: 0.1 + 0.2 is 0.3 there.
  const exact = Number(value.toPrecision(15));
  if (Math.abs(exact) >= 1e15) return wrong(`這個數太長，Excel 已改掉後面幾位；${asText}`);
  if (isGeneral(format))
    return Math.abs(exact) < 1e11
      ? { text: String(exact), typed: 'number' }
      : wrong(`這個數太長，顯示的是科學記號；${asText}`);
  const shown = shownAs(exact, sectionsOf(format));
  if (shown === undefined)
    return {
      ...wrong(`這一格存的是 ${value}，顯示的卻是另一個樣子（格式 ${format}）；${asText}`),
      ...shareIn(exact, format),
    };
  return { text: String(exact), typed: shown === String(exact) ? 'number' : 'dressed' };
}

/** What 0% or 0.00% shows whole. */
function shareIn(value: number, format: string): Pick<Shown, 'share'> {
  const [whole, decimals = ''] = /^0(?:\.(0+))?%$/.exec(format) ?? [];
  const percent = Number((value * 100).toPrecision(15));
  return whole !== undefined && Number(percent.toFixed(decimals.length)) === percent
    ? { share: `${percent}%` }
    : {};
}

const isGeneral = (format: string) => /^(General|@|)$/i.test(format);

/** The parts of a format, for positive, for negative, for nought and for text, without what is only color or room. */
const sectionsOf = (format: string): string[] =>
  format
    .replace(/\[(black|red|green|blue|yellow|magenta|cyan|white|color ?\d+)\]/gi, '')
    .replace(/"([¥￥$元]*)"|\[\$([^\]-]*)[^\]]*\]|\\(.)|_.|\*./g, '$1$2$3')
    .split(';');

/** A number as a person sees it; undefined where she sees another one, or none. */
function shownAs(value: number, [first = '', below, nought]: string[]): string | undefined {
  if (value === 0) return digitsIn(nought ?? first, 0);
  if (value > 0) return digitsIn(first, value);
  // A format of its own for negative numbers has a sign of its own, or none: then another number is shown.
  const [, sign, own] = /^\s*(-|\(?)(.*)$/.exec(below ?? `-${first}`) ?? [];
  const digits = sign ? digitsIn((own ?? '').replace(/\)\s*$/, ''), -value) : undefined;
  return digits === undefined ? undefined : `${sign}${digits}`;
}

/** A number of no sign, by one part of a format. */
function digitsIn(section: string, value: number): string | undefined {
  const parts = /^([¥￥$元\s]*)(#,##)?(#*0|#+)(?:\.([0#]+))?([\s元]*)$/.exec(section);
  if (!parts) return undefined;
  const [, before = '', thousands, whole = '', decimals = '', behind = ''] = parts;
  const exactly = Number(value.toFixed(decimals.length)) === value;
  if (!exactly || (value < 1 && !whole.endsWith('0'))) return undefined;
  const least = value.toFixed(decimals.replaceAll('#', '').length);
  const digits = least.length > String(value).length ? least : String(value);
  return `${before}${thousands ? digits.replace(/^\d+/, inThousands) : digits}${behind}`.trim();
}

const inThousands = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');

/** Excel keeps a time of day as a moment of its day zero. A day is 1 there, so 08:00 may come back as 07:59:59.999. */
function readDate(value: Date, format: string): Shown {
  const at = Math.round(value.getTime() / 1_000) * 1_000;
  if (!(at >= dayZero && at < Date.UTC(10_000, 0)))
    return wrong('這一格的日期無效，請改成 2026-11-21 這樣的文字');
  const iso = new Date(at).toISOString();
  const shows = partsIn(format);
  const seconds = shows.seconds && iso.slice(17, 19) !== '00' ? iso.slice(16, 19) : '';
  const parts = [
    ...(shows.day ? [iso.slice(0, 10)] : []),
    ...(shows.time ? [`${iso.slice(11, 16)}${seconds}`] : []),
  ];
  return parts.length === 0 || (shows.day && at < firstSureDay)
    ? wrong(`這一格被當成日期存了，顯示的卻不是完整的日子或時刻（格式 ${format}）；${asText}`)
    : { text: parts.join(' ') };
}

const dayZero = Date.UTC(1899, 11, 30);
/** Before it Excel counts a day that never was. */
const firstSureDay = Date.UTC(1900, 2, 1);

/** Whether a day, or a time of day, is shown whole. A month alone, 「12月31日」 or hours that go on after 24 are neither. */
function partsIn(format: string): { day: boolean; time: boolean; seconds: boolean } {
  const bare = format.replace(/"[^"]*"|\\./g, '').toLowerCase();
  const [shown = ''] = bare.replace(/\[(?![hms]+\])[^\]]*\]|am\/pm|a\/p/g, '').split(';');
  const has = (letter: RegExp) => letter.test(shown);
  const [year, date, hour] = [has(/[ye]/), has(/d/), has(/h/)];
  const months = (shown.match(/m+/g) ?? []).length; // or minutes, by what else there is
  const fits = year === date && !has(/\[/) && months >= (year ? 1 : 0) + (hour ? 1 : 0);
  return { day: fits && date, time: fits && hour, seconds: has(/s/) };
}
