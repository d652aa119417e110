import { Writable } from 'node:stream';
import { type Column, writeSheet } from '../../sheets/sheet';

/** A small table as a CSV that Excel opens. What it was asked for stands in its last column, so that the file tells it by itself. */
export async function csvOf<Row>(
  columns: Column<Row>[],
  rows: readonly Row[],
  asked: string,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const out = new Writable({
    write(piece: Buffer | string, encoding, done) {
      pieces.push(typeof piece === 'string' ? Buffer.from(piece, encoding) : piece);
      done();
    },
  });
  await writeSheet({
    format: 'csv',
    columns: [...columns, { title: '條件', of: () => asked }],
    rows: (async function* () {
      yield* rows;
    })(),
    out,
    about: [],
  });
  return Buffer.concat(pieces);
}
