import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import ExcelJS from 'exceljs';
import { type Column, writeSheet } from '../../src/sheets/sheet';

test('a column to fill in is text, so that a long number keeps its digits; our own numbers stay numbers', async () => {
  const out = new PassThrough();
  const bytes = buffer(out);
  async function* rows() {
    yield { name: '杭州', points: 5 };
  }
  const columns: Column<{ name: string; points: number }>[] = [
    { title: '名字', of: ({ name }) => name },
    { title: '積分', of: ({ points }) => points },
    { title: '快遞單號', of: () => '' },
  ];
  await writeSheet({ format: 'xlsx', columns, rows: rows(), out, about: [] });
  const book = new ExcelJS.Workbook();
  await book.xlsx.load((await bytes) as unknown as ExcelJS.Buffer);
  const [sheet] = book.worksheets;
  const shown = (address: string) => [sheet?.getCell(address).value, sheet?.getCell(address).numFmt];
  expect(shown('A2')).toEqual(['杭州', '@']);
  expect(shown('B2')).toEqual([5, undefined]);
  expect(shown('C2')[1]).toBe('@');
  expect(sheet?.getColumn(3).numFmt).toBe('@');
});

test('a cell of several lines stays one cell of a CSV', async () => {
  const out = new PassThrough();
  const bytes = buffer(out);
  async function* rows() {
    yield { words: '早餐\n午餐' };
  }
  const columns: Column<{ words: string }>[] = [{ title: '詞', of: ({ words }) => words }];
  await writeSheet({ format: 'csv', columns, rows: rows(), out, about: [] });
  expect((await bytes).toString()).toBe('\ufeff詞\r\n"早餐\n午餐"\r\n');
});
