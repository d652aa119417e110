import { inflateRawSync } from 'node:zlib';
import { unreadable } from './rows';

/** Bounds of an unpacked workbook. 50,000 hotels are 700,000 cells and rows, and cost 800 MB of memory. */
export const zipLimits = { entries: 500, bytes: 128 * 1024 * 1024, cells: 1_000_000 } as const;

/**
 * Unpacks every entry of a zip here, with a hard bound on what comes out, before a library gets to see the file: the sizes a
 * zip declares may be lies, and a library that trusts them, or trusts nothing and inflates all, can be made to eat the memory.
 * Also counts the cells of the sheets, since each costs far more in memory than in the file.
 * @throws AppError `Invalid`
 */
export function guardZip(bytes: Buffer): void {
  let total = 0;
  let cells = 0;
  for (const entry of entriesOf(bytes)) {
    if (/(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[a-z]:/i.test(entry.name)) {
      throw unreadable('這個 XLSX 裡有可疑的檔名，不予讀取。');
    }
    const content = unpack(entry, zipLimits.bytes - total);
    total += content.length;
    if (total > zipLimits.bytes) throw tooBig();
    if (/\.xml$/i.test(entry.name))
      cells += count(content, '<c ') + count(content, '<c>') + count(content, '<row');
    if (cells > zipLimits.cells) throw unreadable('這個 XLSX 的格子太多，請刪去空白的行與欄後再存一次。');
  }
}

type Entry = { name: string; method: number; data: Buffer };

const tooBig = () => unreadable('這個 XLSX 解開後太大（超過 128 MB），不予讀取。');
const broken = () => unreadable('這個 XLSX 檔案壞了，或不是 XLSX；請用 Excel 重新另存。');

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

function count(content: Buffer, needle: string): number {
  let found = 0;
  for (let at = content.indexOf(needle); at !== -1; at = content.indexOf(needle, at + needle.length)) found++;
  return found;
}
