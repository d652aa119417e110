import { CsvError, parse } from 'csv-parse/sync';
import { decodeText } from './decode-text';
import {
  type Problem,
  quoted,
  type Row,
  readHeader,
  type Table,
  tableLimits,
  tooManyRows,
  unreadable,
} from './rows';

type Parsed = { record: string[]; raw: string; info: { lines: number } };

/** A comma-separated table. A record is told by the line it begins on, also when a cell holds line breaks. */
export function readCsv(bytes: Buffer): Table {
  const { text, encoding } = decodeText(bytes);
  const records = parseRecords(text);
  const [first, ...rest] = records;
  if (!first) throw unreadable('檔案裡沒有一行內容。');
  if (rest.length > tableLimits.rows) throw tooManyRows();

  const { columns, problems } = readHeader(first.record, lineOf(first));
  const rows: Row[] = [];
  for (const parsed of rest) {
    const line = lineOf(parsed);
    const row = toRow({ cells: parsed.record, columns, line, problems });
    if (row) rows.push(row);
  }
  return { rows, columns, problems, unit: '行', encoding };
}

function toRow(given: {
  cells: string[];
  columns: string[];
  line: number;
  problems: Problem[];
}): Row | undefined {
  const { cells, columns, line, problems } = given;
  if (cells.every((cell) => cell.trim() === '')) return undefined;
  const extra = cells.slice(columns.length).find((cell) => cell.trim() !== '');
  if (extra !== undefined) {
    problems.push({
      line,
      value: quoted(extra),
      message: `這一行有 ${cells.length} 格，欄名只有 ${columns.length} 個；內容裡有逗號時，請用雙引號括起來`,
    });
    return undefined;
  }
  const named: Record<string, unknown> = {};
  columns.forEach((name, at) => {
    const cell = cells[at]?.trim();
    if (cell) named[name] = cell;
  });
  return { line, cells: named };
}

function parseRecords(text: string): Parsed[] {
  try {
    return parse(text, {
      info: true,
      raw: true,
      relax_column_count: true,
      skip_empty_lines: true,
      // One more than may be, plus the header: enough to see that there are too many.
      to: tableLimits.rows + 2,
      max_record_size: 200_000,
    }) as unknown as Parsed[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
    const where = line === undefined ? '' : `第 ${line} 行`;
    if (line !== undefined && /(^|,)\s*="/.test(text.split(/\r?\n|\r/)[line - 1] ?? ''))
      throw unreadable(
        `${where}有 ="…" 這樣的文字公式；請在試算表裡把這一欄設成「文字」、只留引號裡的內容，再另存成 CSV。`,
      );
    switch (error.code) {
      case 'CSV_QUOTE_NOT_CLOSED':
        throw unreadable(`${where}有一個雙引號沒有配對，請補上或刪去。`);
      case 'CSV_MAX_RECORD_SIZE':
        throw unreadable(`${where}太長，多半是前面有一個雙引號沒有配對。`);
      default:
        throw unreadable(`${where}不合 CSV 的寫法，多半是雙引號放錯了地方（內容裡的雙引號要寫兩個）。`);
    }
  }
}

/** csv-parse counts up to a record's last line: the breaks inside its cells are taken off again. */
const lineOf = (parsed: Parsed): number =>
  parsed.info.lines - (parsed.raw.replace(/^(\r?\n|\r)+|(\r?\n|\r)+$/g, '').match(/\r?\n|\r/g)?.length ?? 0);
