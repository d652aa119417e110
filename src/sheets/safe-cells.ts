/** A cell of an exported table: our own numbers stay numbers, everything else is text. */
export type Cell = string | number | undefined;

/** What a spreadsheet may take for the start of a formula (promises K16), also behind blanks and in full-width forms. */
const risky = /^[\s\uFEFF\u200B-\u200F\u2060]*[=+\-@＝＋－＠﹢﹣﹦﹫]|^[\t\r\n\0]/;
// XML, and so XLSX, cannot carry these characters: they are what is looked for.
// oxlint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;
/** What Excel takes in one cell. */
const longest = 32_000;

/** Text that no spreadsheet runs: a `'` before what looks like a formula; characters that no sheet can hold are dropped. */
export function safeCell(value: Cell): string | number {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? value : '';
  // Through bytes and back: half a surrogate pair would break the XML of a workbook.
  const clean = Buffer.from(value.replace(unwritable, '')).toString().slice(0, longest);
  return risky.test(value) || risky.test(clean) ? `'${clean}` : clean;
}

/** A cell of a table that came back to us, without the `'` that `safeCell` may have put before it. */
export const plainCell = (value: unknown): string => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text.startsWith("'") && risky.test(text.slice(1)) ? text.slice(1).trim() : text;
};
