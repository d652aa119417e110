import type ExcelJS from 'exceljs';

/** A sheet to fill in. `faint`: words that explain; `choices`: what its cells offer to choose from. */
export type BlankSheet = {
  name: string;
  columns: { title: string; width: number; wrapped?: boolean; faint?: boolean; choices?: string[] }[];
  rows: (string | number | undefined)[][];
};

/** How many lines of a sheet offer their choices. */
const offered = 5_000;

/** A workbook of sheets to fill in. All cells are text, or Excel would turn 2026-12-01 09:00 and 5/3 into dates of its own. */
export async function writeBook(sheets: BlankSheet[]): Promise<Buffer> {
  // Loaded when it is needed: it takes 17 MB, which few processes ever need.
  const { default: Excel } = await import('exceljs');
  const book = new Excel.Workbook();
  for (const { name, columns, rows } of sheets) {
    const sheet = book.addWorksheet(name, { views: [{ state: 'frozen', ySplit: 1 }] });
    sheet.columns = columns.map(({ title, width, wrapped, faint }) => ({
      header: title,
      width,
      style: {
        numFmt: '@',
        ...(wrapped ? { alignment: { wrapText: true, vertical: 'top' } } : {}),
        ...(faint ? { font: { color: { argb: 'FF888888' } } } : {}),
      },
    }));
    for (const row of rows) sheet.addRow(row.map((cell) => cell ?? null));
    const head = sheet.getRow(1);
    head.font = { bold: true };
    head.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFE8F0EC' } };
    // exceljs keeps validations of a whole range but does not type them.
    const { dataValidations } = sheet as unknown as {
      dataValidations: { add(range: string, rule: ExcelJS.DataValidation): void };
    };
    for (const [i, { choices }] of columns.entries())
      if (choices) {
        const { letter } = sheet.getColumn(i + 1);
        const formulae = [`"${choices.join(',')}"`];
        dataValidations.add(`${letter}2:${letter}${offered + 1}`, {
          type: 'list',
          allowBlank: true,
          formulae,
        });
      }
  }
  return Buffer.from(await book.xlsx.writeBuffer());
}
