import { fold } from '../../kit/text';
import * as cell from '../../sheets/cells';
import { readLine } from '../../sheets/columns';
import type { Table } from '../../sheets/grid';
import { createProblems, type Problems } from '../../sheets/problems';
import { plainCell } from '../../sheets/safe-cells';

/** What names a person in a file. Our own exports call the first 「粉絲」. */
const heads = { pid: ['pid', '粉絲'], openid: ['openid'] } as const;
export type NamedBy = keyof typeof heads;

export type Named = { line: number; word: string };

const word = cell.text(64, '請填 pid 或 openid').meta({ holds: 'word' });

/** Whom a file names, line by line. Every line that names nobody is told and left out. */
export function readListFile(table: Table): {
  by: NamedBy;
  column: string;
  named: Named[];
  problems: Problems;
} {
  const problems = createProblems(table.problems);
  const found = (Object.keys(heads) as NamedBy[]).flatMap((by) =>
    table.columns
      .filter((column) => heads[by].some((head) => fold(head) === fold(column)))
      .map((column) => ({ by, column })),
  );
  const [only, ...more] = found;
  if (!only || more.length > 0) {
    const message = only
      ? `「${found.map(({ column }) => column).join('」「')}」分不出該讀哪一欄，請只留一欄`
      : '要有一欄叫 pid 或 openid';
    problems.add({ line: 1, message });
    return { by: 'pid', column: '', named: [], problems };
  }
  const { by, column } = only;
  const named = table.rows.flatMap((row): Named[] => {
    const { line } = row;
    const complain = (_column: string, message: string) => problems.add({ line, column, message });
    const { values } = readLine({ [column]: word }, row, complain);
    const said = plainCell(values[column]);
    return said === '' ? [] : [{ line, word: said }];
  });
  return { by, column, named, problems };
}
