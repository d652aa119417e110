import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import type { IndexSpec } from '../../store/indexes';
import { rowsOf, type Upkeep } from '../upkeep';

/** What an operator wrote down about somebody. She reads it in her copy. */
export type Note = { _id: string; pid: string; words: string; by: string; at: Date };

const indexes: IndexSpec[] = [{ collection: 'notes', key: { pid: 1 }, why: 'what is noted of her' }];
const longest = 500;

export function createNotes({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<Note>('notes');
  return {
    upkeep: {
      indexes,
      erase: async (her) => void (her.pid !== undefined && (await rows.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ notes: await rows.find({ pid }).toArray() }),
    } satisfies Upkeep,
    /** What is noted of her, the newest first. */
    of: (pid: string, limit = 50): Promise<Note[]> =>
      rows.find({ pid }, { sort: { at: -1 }, limit }).toArray(),
    /** @throws AppError Invalid when it is empty or too long */
    async write(note: Pick<Note, 'pid' | 'words' | 'by'>): Promise<void> {
      const words = note.words.trim();
      if (words === '' || [...words].length > longest)
        throw new AppError('Invalid', 'note.words', `備註要 1 到 ${longest} 個字。`);
      await rows.insertOne({ _id: randomId(), ...note, words, at: new Date(clock.now()) });
    },
  };
}

export type Notes = ReturnType<typeof createNotes>;
