import { inflateRawSync } from 'node:zlib';
import { AppError } from '../errors';
import { unreadable } from './problems';

/**
 * Bounds of an unpacked workbook. 50,000 hotels are 700,000 cells and rows, and cost 800 MB of memory. `tags` of XML: a cell
 * with its text has eight. `places`: the columns of all rows up to their last cell, since empty ones are gone through too.
 */
export const zipLimits = {
  entries: 500,
  bytes: 128 * 1024 * 1024,
  tags: 10_000_000,
  cells: 1_000_000,
  places: 20_000_000,
  merges: 20_000,
} as const;

/**
 * Unpacks every entry of a zip here, with a hard bound on what comes out, before a library gets to see the file: the sizes a
 * zip declares may be lies, and a library that trusts them, or trusts nothing and inflates all, can be made to eat the memory.
 * Also counts what the sheets hold and what they declare, since each cell costs far more in memory than in the file, and a
 * merged range of all cells is 20 characters.
 * @throws AppError `Invalid`
 */
export function guardZip(bytes: Buffer): void {
  let total = 0;
  const counts: Counts = { tags: 0, cells: 0, places: 0, merges: 0 };
  for (const entry of entriesOf(bytes)) {
    if (/(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[a-z]:/i.test(entry.name)) {
      throw unreadable('這個 XLSX 裡有可疑的檔名，不予讀取。');
    }
    const content = unpack(entry, zipLimits.bytes - total);
    total += content.length;
    if (total > zipLimits.bytes) throw tooBig();
    if (/\.(xml|rels|vml)$/i.test(entry.name)) countXml(content, counts);
  }
}

type Counts = Record<'tags' | 'cells' | 'places' | 'merges', number>;

/** What Excel has room for. */
const lastRow = 1_048_576;
const lastColumn = 16_384;

const declared = /<(?:[\w.-]+:)?(row|c|si|col|mergeCell)(?=[\s/>])([^>]*)>/g;
const attribute = (name: string) => new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)`);
const [ofR, ofMax, ofRef] = [attribute('r'), attribute('max'), attribute('ref')];

/** By the letter: who writes a number in another way meets the bounds of open-xlsx.js. */
function countXml(content: Buffer, counts: Counts): void {
  for (let at = content.indexOf(60); at !== -1; at = content.indexOf(60, at + 1))
    if (++counts.tags > zipLimits.tags) throw tooMany();
  let widest = 0;
  for (const [, tag, attributes = ''] of content.toString('latin1').matchAll(declared)) {
    switch (tag) {
      case 'row': {
        const line = Number.parseInt(ofR.exec(attributes)?.[1] ?? '', 10);
        if (line > lastRow)
          throw unreadable(`這個 XLSX 寫著第 ${line} 行，Excel 最多 ${lastRow} 行；${again}`);
        counts.places += widest;
        counts.cells++;
        widest = 0;
        break;
      }
      case 'c': {
        const address = ofR.exec(attributes)?.[1] ?? '';
        const { row, column } = placeOf(address);
        if (row > lastRow || column > lastColumn) throw beyond(address);
        widest = Math.max(widest, column);
        counts.cells++;
        break;
      }
      case 'si':
        counts.cells++;
        break;
      case 'col':
        if (Number.parseInt(ofMax.exec(attributes)?.[1] ?? '', 10) > lastColumn) throw beyond('更多欄');
        break;
      case 'mergeCell': {
        const range = ofRef.exec(attributes)?.[1] ?? '';
        const [from, to] = range.split(':').map(placeOf);
        if (from && to)
          counts.cells += (Math.abs(to.row - from.row) + 1) * (Math.abs(to.column - from.column) + 1);
        counts.merges++;
        if (counts.cells > zipLimits.cells || counts.merges > zipLimits.merges)
          throw unreadable(
            `這個 XLSX 合併的儲存格太多或太大（到 ${range.slice(0, 40)}），請取消合併後再存一次。`,
          );
        break;
      }
    }
    if (counts.cells > zipLimits.cells || counts.places > zipLimits.places) throw tooMany();
  }
}

/** As loosely as the library reads it. */
function placeOf(address: string): { row: number; column: number } {
  const [letters, digits] = [address.replace(/[^A-Z]/gi, ''), address.replace(/\D/g, '')];
  const column = [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
  return { row: Number(digits), column };
}

type Entry = { name: string; method: number; data: Buffer };

const tooBig = () => unreadable('這個 XLSX 解開後太大（超過 128 MB），不予讀取。');
const again = '請把要用的內容複製到新的工作簿再存一次。';
const tooMany = () => unreadable('這個 XLSX 的格子太多，請刪去空白的行與欄後再存一次。');
const beyond = (place: string) =>
  unreadable(`這個 XLSX 寫著 ${place.slice(0, 20)}，超出了 Excel 的最後一格 XFD${lastRow}；${again}`);
const broken = () => brokenXlsx();

/** Also for what only the library finds. */
export const brokenXlsx = (cause?: unknown): AppError =>
  new AppError(
    'Invalid',
    'import.unreadable',
    '這個 XLSX 檔案壞了，或不是 XLSX；請用 Excel 重新另存。',
    cause === undefined ? {} : { cause },
  );

function unpack(entry: Entry, allowed: number): Buffer {
  if (entry.method === 0) return entry.data;
  if (entry.method !== 8) throw broken();
  try {
    return inflateRawSync(entry.data, { maxOutputLength: Math.max(1, allowed) });
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? tooBig() : broken();
  }
}

/**
 * Reads the central directory (PKWARE APPNOTE 4.3.12). Strict, so that no other reader can find other entries than these:
 * it must end exactly where its end record begins, hold as many entries as that says, and not point on to a ZIP64 record.
 */
function entriesOf(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end === -1 || end + 22 > bytes.length) throw broken();
  const howMany = bytes.readUInt16LE(end + 10);
  if (howMany > zipLimits.entries)
    throw unreadable(`這個 XLSX 裡有 ${howMany} 個檔案，不像一個正常的工作簿。`);
  const size = bytes.readUInt32LE(end + 12);
  const from = bytes.readUInt32LE(end + 16);
  if (bytes.readUInt32LE(end + 4) !== 0 || bytes.readUInt16LE(end + 8) !== howMany || from + size !== end)
    throw broken();
  const entries: Entry[] = [];
  try {
    let at = from;
    for (let n = 0; n < howMany; n++) {
      if (bytes.readUInt32LE(at) !== 0x02014b50) throw broken();
      const packed = bytes.readUInt32LE(at + 20);
      const nameLength = bytes.readUInt16LE(at + 28);
      const local = bytes.readUInt32LE(at + 42);
      const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      if (bytes.readUInt32LE(local) !== 0x04034b50 || start + packed > bytes.length) throw broken();
      entries.push({
        name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
        method: bytes.readUInt16LE(at + 10),
        data: bytes.subarray(start, start + packed),
      });
      at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    }
    if (at !== end) throw broken();
  } catch (error) {
    if (error instanceof RangeError) throw broken();
    throw error;
  }
  return entries;
}
