import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { AppError } from '../../errors';
import { momentAt } from '../../kit/beijing';

/** A file that came with a form. */
export type Upload = { name: string; bytes: Buffer };

type Value = string | Upload;
type Fields = { [name: string]: Value | Value[] | Record<string, Value>[] };

/** 「word」, or one field of a row of a list: 「questions.3.text」. Nothing else is a field, so nothing can be smuggled in. */
const plainName = /^[a-z][A-Za-z0-9]{0,40}$/;
const rowName = /^([a-z][A-Za-z0-9]{0,40})\.(\d{1,4})\.([a-z][A-Za-z0-9]{0,40})$/;
const mostFields = 20_000;

/** What stands in a form, of either encoding that browsers send. `most`: bytes. */
export async function readForm(request: IncomingMessage, most: number): Promise<Fields> {
  const type = request.headers['content-type'] ?? '';
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data;)/i.test(type))
    throw new AppError('Invalid', 'console.form', '這裡只收表單。');
  const body = await readAll(request, most);
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw new AppError('Invalid', 'console.form', '表單讀不了：可能沒有傳完，請再試一次。', { cause });
    });
  return fieldsOf(form);
}

async function fieldsOf(form: FormData): Promise<Fields> {
  const fields: Fields = Object.create(null) as Fields;
  const lists = new Map<string, Map<number, Record<string, Value>>>();
  let n = 0;
  for (const [name, given] of form.entries()) {
    if (++n > mostFields) throw new AppError('Invalid', 'console.form', '表單的欄位太多了。');
    const value =
      typeof given === 'string'
        ? given.replaceAll('\r\n', '\n')
        : { name: given.name.slice(0, 200), bytes: Buffer.from(await given.arrayBuffer()) };
    // A file field that was left empty.
    if (typeof value !== 'string' && value.name === '' && value.bytes.length === 0) continue;
    const row = rowName.exec(name);
    if (row) {
      const [, list = '', at = '', field = ''] = row;
      const rows = lists.get(list) ?? new Map<number, Record<string, Value>>();
      lists.set(list, rows);
      const fieldsOfRow = rows.get(Number(at)) ?? (Object.create(null) as Record<string, Value>);
      rows.set(Number(at), fieldsOfRow);
      fieldsOfRow[field] = value;
    } else if (plainName.test(name)) {
      const before = fields[name] as Value | Value[] | undefined;
      fields[name] =
        before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
    } else throw new AppError('Invalid', 'console.form', `表單裡有不認得的欄位「${name.slice(0, 40)}」。`);
  }
  for (const [list, rows] of lists)
    fields[list] = [...rows].toSorted(([a], [b]) => a - b).map(([, row]) => row);
  return fields;
}

function readAll(request: IncomingMessage, most: number): Promise<Buffer> {
  const tooLarge = () =>
    new AppError(
      'Invalid',
      'console.too-large',
      `太大了：最多 ${Math.floor(most / 1024).toLocaleString('en')} KB。`,
    );
  if (Number(request.headers['content-length'] ?? 0) > most) {
    request.resume();
    return Promise.reject(tooLarge());
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) {
        request.removeAllListeners('data').resume();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('aborted', () =>
      reject(new AppError('Invalid', 'console.form', '還沒傳完就斷了，請再試一次。')),
    );
  });
}

/*
 * What a field may hold. Everything in a form and in an address is text, until one of these has read it.
 */

/** A name in an address: 「autumn-quiz」, a pid. Never an operator, never empty. */
export const id = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._:/-]{0,127}$|^[A-Za-z0-9_-]{1,128}$/u, '編號不對');
/** One line. */
export const line = (most: number, least = 1) =>
  z
    .string()
    .transform((text) => text.trim())
    .pipe(
      z
        .string()
        .min(least, least === 1 ? '不能空著' : `至少 ${least} 個字`)
        .max(most, `最多 ${most} 個字`)
        .regex(/^[^\p{Cc}\p{Cs}]*$/u, '裡面有不能用的字元'),
    );
/** Several lines. */
export const lines = (most: number) =>
  z
    .string()
    .max(most, `最多 ${most} 個字`)
    .regex(/^(?:[\n\t]|[^\p{Cs}\p{Cc}])*$/u, '裡面有不能用的字元');
/** Left empty, it is not there. */
export const maybe = <T extends z.ZodType>(field: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), field.optional());
export const whole = (least: number, most: number) =>
  z
    .string()
    .transform((text) => text.normalize('NFKC').replace('−', '-').trim())
    .pipe(z.string().regex(/^-?\d{1,15}$/, '要填整數'))
    .transform(Number)
    .pipe(z.number().min(least, `至少 ${least}`).max(most, `最多 ${most}`));
/** A box that is ticked or not. */
export const ticked = z.preprocess(
  (value) => value === 'on' || value === 'true' || value === '1',
  z.boolean(),
);
export const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, '日期寫成 2026-11-21');
/** What `<input type="datetime-local">` holds, in Beijing time; ms. */
export const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, '時間寫成 2026-11-21T20:00')
  .transform(momentAt)
  .refine((at) => !Number.isNaN(at), '沒有這個時間');
/** One or more of what can be ticked. */
export const several = <T extends z.ZodType>(one: T) =>
  z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(one));
/** Rows of a list: 「questions.0.text」 …; left out, there are none. */
export const rows = <T extends z.ZodType>(row: T, most = 500) =>
  z.preprocess((value) => value ?? [], z.array(row).max(most, `最多 ${most} 行`));
export const upload = z.custom<Upload>(
  (value) => typeof value === 'object' && value !== null && Buffer.isBuffer((value as Upload).bytes),
  '請選一個文件',
);
/** Why something is done, where that must be said. */
export const reason = line(200);
/** Of a long list, where it goes on. */
export const cursor = maybe(z.string().regex(/^[A-Za-z0-9_.:~+/=-]{1,300}$/, '頁碼不對'));
