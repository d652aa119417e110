import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { isDuplicate } from '../../../store/duplicate';
import type { Award } from '../award';

export const timeoutMS = 2_500;

/** Awards as they are stored. */
export function createAwardRows(db: Connection) {
  const rows = db.collection<Award>('awards');

  /** Inserts unless it is there; what is there afterwards, and whether we put it there. */
  async function insert(award: Award): Promise<{ award: Award; fresh: boolean }> {
    const { _id, ...fields } = award;
    const done = await rows
      .updateOne({ _id }, { $setOnInsert: { ...fields, todoAt: new Date() } }, { upsert: true, timeoutMS })
      .catch((error: unknown) => {
        if (isDuplicate(error)) return { upsertedCount: 0 };
        throw error;
      });
    if (done.upsertedCount === 1) return { award, fresh: true };
    return { award: await mustHave(_id), fresh: false };
  }

  const read = async (id: string): Promise<Award | undefined> =>
    (await rows.findOne({ _id: id }, { timeoutMS })) ?? undefined;

  async function mustHave(id: string): Promise<Award> {
    const award = await read(id);
    if (!award) throw new AppError('NotFound', 'award.unknown', `沒有這個獎項：${id}`);
    return award;
  }

  return { rows, insert, read, mustHave };
}

export type AwardRows = ReturnType<typeof createAwardRows>;
