import { AppError } from '../errors';

/** Something wrong in a file, told so that whoever made it finds the place and can mend it. */
export type Problem = { sheet?: string; line?: number; column?: string; value?: string; message: string };

/** How a file counts its lines: 「第 12 行」 of a sheet, 「第 12 項」 of a JSON list. */
export type Unit = '行' | '項';

/** 「題目 第 12 行 答案 欄「G」：不是這一題的選項，請填 A 到 C」 */
export function tellProblem({ sheet, line, column, value, message }: Problem, unit: Unit = '行'): string {
  const places = [
    sheet,
    line === undefined ? undefined : `第 ${line} ${unit}`,
    column === undefined ? undefined : `${column} 欄`,
  ];
  const where = places.filter((place) => place !== undefined).join(' ');
  const told = `${where}${value === undefined ? '' : `「${value}」`}`;
  return told === '' ? message : `${told}：${message}`;
}

const mostProblems = 200;

/** Gathers what is wrong in a file: all of it is counted, so much of it is kept as somebody will read. */
export function createProblems(found: Problem[] = []) {
  const kept = [...found];
  let total = found.length;
  return {
    add(...more: Problem[]): void {
      total += more.length;
      if (kept.length < mostProblems * 2) kept.push(...more);
    },
    get total() {
      return total;
    },
    /** As its author goes through the file; what is about it as a whole, or about none of `sheets`, goes first. */
    first(sheets: string[] = []): Problem[] {
      const place = ({ sheet = '' }: Problem) => sheets.indexOf(sheet);
      return kept
        .toSorted((a, b) => place(a) - place(b) || (a.line ?? 0) - (b.line ?? 0))
        .slice(0, mostProblems);
    },
  };
}

export type Problems = ReturnType<typeof createProblems>;

/** The file as a whole is of no use. */
export const unreadable = (message: string): AppError =>
  new AppError('Invalid', 'import.unreadable', message);

/** A cell as it is quoted in a sentence: short, on one line. */
export function quoted(value: unknown): string {
  const text = (typeof value === 'string' ? value : asJson(value)).replace(/\s+/g, ' ');
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Nested so deep that writing it out overflows the stack.
    return '…';
  }
}

/** The cell that a problem is about, unless it is empty. */
export const valueOf = (value: unknown): { value?: string } =>
  value === undefined ? {} : { value: quoted(value) };
