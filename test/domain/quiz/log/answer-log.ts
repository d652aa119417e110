import type { Connection } from 'mongoose';
import type { Prize } from '../../../../src/domain/prizes/prize';
import type { Batch, Entry } from '../../../../src/domain/quiz/log/floors';

export const quizId = 'autumn';

export const floorPrize = (every: number): Prize => ({
  id: 'lamp',
  name: '燈',
  kind: 'goods',
  priceFen: 100,
  quantity: 1_000,
  way: { kind: 'floor', every },
  claimDays: 7,
});

/** An answer of somebody, as short as a test can say it. */
export type Given = { pid: string; on?: string; q: string; points?: number; more?: Partial<Entry> };

export function entryOf({ pid, on = '2026-11-21', q, points = 10, more = {} }: Given): Entry {
  return {
    k: `${quizId}:${pid}:${on}:${q}`,
    pid,
    on,
    q,
    choice: 0,
    ok: points > 0,
    points,
    by: `inbox-${pid}-${on}-${q}`,
    took: 4_000,
    level: 1,
    ...more,
  };
}

/** Writes batches as the answer log has them. */
export function orderLog(db: Connection) {
  let seq = 0;
  let count = 0;
  return {
    entries: [] as Entry[],
    async append(...batches: Given[][]): Promise<void> {
      const rows: Batch[] = batches.map((batch) => {
        const a = batch.map(entryOf);
        const row = {
          _id: `${quizId}/${String(++seq).padStart(9, '0')}`,
          quiz: quizId,
          seq,
          first: count + 1,
          v: 1,
          at: new Date(1_795_000_000_000 + seq * 1_000),
          a,
        };
        count += a.length;
        this.entries.push(...a);
        return row;
      });
      if (rows.length > 0) await db.collection<Batch>('answers').insertMany(rows);
    },
  };
}
