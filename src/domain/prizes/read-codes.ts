import { fold } from '../../kit/text';
import { codeCell } from '../../sheets/code-cell';
import { lostInTyping } from '../../sheets/columns';
import type { File } from '../../sheets/file';
import { unread } from '../../sheets/grid';
import type { Problem } from '../../sheets/problems';
import { readTable } from '../../sheets/read-table';
import { plainCell } from '../../sheets/safe-cells';

type CodesRead = { codes: string[]; problems: Problem[] };

const heads = ['兌換碼', '券碼', '碼', 'code'];

/** Codes, one on a line: as somebody pastes them, with nothing else. */
export function readCodeLines(text: string): CodesRead {
  const lines = text.split('\n').map((code, n) => ({ line: n + 1, code }));
  return checked(lines.filter(({ code }) => code.trim() !== ''));
}

/** Codes of a file, in the column that is called so. @throws AppError when it cannot be read */
export async function readCodeFile(file: File): Promise<CodesRead> {
  const table = await readTable(file);
  const column = table.columns.find((one) => heads.some((head) => fold(head) === fold(one)));
  if (column === undefined)
    return {
      codes: [],
      problems: [{ line: 1, message: `沒有兌換碼這一欄，第一行的欄名請用：${heads.join('、')}` }],
    };
  const problems = [...table.problems];
  const lines = table.rows.flatMap(({ line, cells, typed = {} }) => {
    if (cells[column] === unread) return [];
    const type = typed[column];
    if (type) problems.push({ line, message: lostInTyping[type] });
    return type ? [] : [{ line, code: plainCell(cells[column]) }];
  });
  const { codes, problems: wrong } = checked(lines);
  return { codes, problems: [...problems, ...wrong] };
}

function checked(lines: { line: number; code: string }[]): CodesRead {
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  for (const { line, code: given } of lines) {
    const { data: code, error } = codeCell.safeParse(given);
    const before = code === undefined ? undefined : seen.get(code);
    if (code === undefined) problems.push({ line, message: `這個碼${error?.issues[0]?.message ?? ''}` });
    else if (before !== undefined) problems.push({ line, message: `與第 ${before} 行是同一個碼` });
    else seen.set(code, line);
  }
  return { codes: [...seen.keys()], problems };
}
