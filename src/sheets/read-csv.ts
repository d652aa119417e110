import { CsvError, parse } from 'csv-parse/sync';
import { decodeText } from './decode-text';
import { type Shown, type Table, tableLimits, tableOf } from './grid';
import { type Problem, quoted, unreadable } from './problems';

type Parsed = { record: string[]; raw: string; info: { lines: number } };

/** A comma-separated table. A record is told by the line it begins on, also when a cell holds line breaks. */
export function readCsv(bytes: Buffer): Table {
  const { text, encoding } = decodeText(bytes);
  // One sign for the end of a line, or the parser counts two in a cell. Excel's own first line, `sep=,`, is no column.
  const plain = text.replace(/\r\n?/g, '\n').replace(/^sep=,(?=\n)/i, '');
  const records = parseRecords(plain).filter(({ record }) => record.some((cell) => cell.trim() !== ''));
  const [head] = records;
  if (!head) throw unreadable('檔案裡沒有一行內容。');
  const sign = otherSeparator(head.record);
  if (sign) throw unreadable(`欄與欄之間是${sign}，不是逗號；請另存成以逗號分隔的 CSV，或存成 .xlsx。`);

  const problems: Problem[] = [];
  const width = head.record.findLastIndex((cell) => cell.trim() !== '') + 1;
  const lines = records.flatMap((parsed) => {
    const { record } = parsed;
    const line = lineOf(parsed);
    const extra = record.slice(width).find((cell) => cell.trim() !== '');
    if (extra === undefined) return [{ line, cells: record.map(shownOf) }];
    problems.push({
      line,
      value: quoted(extra),
      message: `這一行有 ${record.length} 格，欄名只有 ${width} 個；內容裡有逗號時，請用雙引號括起來`,
    });
    return [];
  });
  const table = tableOf({ lines });
  return { ...table, problems: [...table.problems, ...problems], remarks: [], unit: '行', encoding };
}

const textFormula = '="…" 這樣的文字公式；請在試算表裡把這一欄設成「文字」、只留引號裡的內容，再另存成 CSV';

/** What other programs write between cells: it stands in the names of the columns as often as a comma between them. */
function otherSeparator(head: string[]): string | undefined {
  const names = head.join('');
  const signs = {
    '\t': '定位鍵（Tab）',
    ';': '分號',
    '；': '分號',
    '，': '全形逗號',
    '|': '豎線',
    '、': '頓號',
  };
  const commas = head.findLastIndex((cell) => cell.trim() !== '');
  return Object.entries(signs).find(([sign]) => {
    const count = names.split(sign).length - 1;
    return count > 0 && count >= commas;
  })?.[1];
}

const shownOf = (cell: string): Shown => {
  const text = cell.trim();
  return /^="[^"]*"$/.test(text) ? { text: '', wrong: `是 ${textFormula}`, address: text } : { text };
};

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
    if (line !== undefined && /(^|,)\s*="/.test(text.split('\n')[line - 1] ?? ''))
      throw unreadable(`${where}有 ${textFormula}。`);
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
  parsed.info.lines - (parsed.raw.replace(/^\n+|\n+$/g, '').match(/\n/g)?.length ?? 0);
