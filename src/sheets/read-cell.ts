import { types } from 'node:util';
import type ExcelJS from 'exceljs';
import type { Shown } from './grid';

const asText = '請把這一欄設成「文字」，再照原樣填一次';

/**
 * What a person sees in the cell of a workbook, as text: dates `2026-11-21`, times `08:30`, moments `2026-11-21 08:30`.
 * What is shown in another way than it is kept (0012, 50%, 1/2, 12月) is no longer what was meant: refused.
 */
export function readCell({ value, format = '' }: { value: ExcelJS.CellValue; format?: string }): Shown {
  if (value === null || value === undefined) return { text: '' };
  if (typeof value === 'string') return { text: decoded(value).trim() };
  if (typeof value === 'number') return { ...readNumber(value, format), typed: 'number' };
  if (typeof value === 'boolean') return { text: String(value).toUpperCase(), typed: 'truth' };
  if (types.isDate(value)) return { ...readDate(value, format), typed: 'date' };
  if ('formula' in value || 'sharedFormula' in value)
    return wrong('這一格是公式，請複製後「選擇性貼上 → 值」');
  if ('error' in value) return wrong(`這一格是錯誤值 ${value.error}，請改正`);
  if ('richText' in value)
    return {
      text: value.richText
        .map((part) => decoded(part.text))
        .join('')
        .trim(),
    };
  if ('text' in value) return readCell({ value: value.text });
  return wrong('這一格的內容讀不懂，請改成文字');
}

const wrong = (message: string): Shown => ({ text: '', wrong: message });

/** A workbook writes as `_x000D_` what XML cannot carry, and `_x005F_` where a text has such a `_` itself. */
const decoded = (text: string): string =>
  text.replace(/_x([\da-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Decimals and thousands may be shown in any way, with a sign of money; they do not change what the number is. */
function readNumber(value: number, format: string): Shown {
  // Excel keeps 15 digits: 0.1 + 0.2 is 0.3 there.
  const exact = Number(value.toPrecision(15));
  if (Math.abs(exact) >= 1e15) return wrong(`這個數太長，Excel 已改掉後面幾位；${asText}`);
  if (/^(General|@|)$/i.test(format))
    return Math.abs(exact) < 1e11
      ? { text: String(exact) }
      : wrong(`這個數太長，顯示的是科學記號；${asText}`);
  const [shown = ''] = format
    .replace(/"([¥￥$元]*)"|\[\$([^\]-]*)[^\]]*\]|\\(.)|_.|\*./g, '$1$2$3')
    .split(';');
  const decimals = /^[¥￥$元\s]*(?:#,##)?(?:#*0?|0)(?:\.([0#]+))?[\s元]*$/.exec(shown);
  return decimals && Number(value.toFixed(decimals[1]?.length ?? 0)) === exact
    ? { text: String(exact) }
    : wrong(`這一格存的是 ${value}，顯示的卻是另一個樣子（格式 ${format}）；${asText}`);
}

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
