import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import { escaped, spellings } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import { rowsOf, type Upkeep } from '../upkeep';

/** What an operator wrote down about somebody. She reads it in her copy. */
export type Note = { _id: string; pid: string; words: string; by: string; at: Date };

const indexes: IndexSpec[] = [
  { collection: 'notes', key: { pid: 1 }, why: 'what is noted of her' },
  { collection: 'notes', key: { at: -1, _id: -1 }, why: 'what was noted last, of anybody' },
];
const longest = 500;
/** A word that hardly any note has is looked for so long. */
const mostMs = 2_000;

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
    /**
     * Of everybody, the newest first. `q`: what stands in it, in either script; `after`: where the list goes on.
     * @throws AppError TooMany when it took too long to find
     */
    async latest(asked: {
      q?: string | undefined;
      after?: { at: number; id: string } | undefined;
      most: number;
    }): Promise<Note[]> {
      const { q, after, most } = asked;
      const at = new Date(after?.at ?? 0);
      return rows
        .find(
          {
            $and: [
              q === undefined
                ? {}
                : { $or: spellings(q).map((way) => ({ words: { $regex: escaped(way), $options: 'i' } })) },
              after ? { $or: [{ at: { $lt: at } }, { at, _id: { $lt: after.id } }] } : {},
            ],
          },
          { sort: { at: -1, _id: -1 }, limit: most, maxTimeMS: mostMs },
        )
        .toArray()
        .catch((error: unknown) => {
          throw (error as { code?: number }).code === 50
            ? new AppError(
                'TooMany',
                'note.list',
                '有這些字的備註太少，要翻的太多，兩秒沒有找完。換一個詞，或到她的檔案裡看。',
              )
            : error;
        });
    },
    /** @throws AppError NotFound when it was removed meanwhile, or she was erased */
    async get(id: string): Promise<Note> {
      return (await rows.findOne({ _id: id })) ?? gone();
    },
    /**
     * @returns what it was
     * @throws AppError NotFound when somebody was faster
     */
    async remove(id: string): Promise<Note> {
      return (await rows.findOneAndDelete({ _id: id })) ?? gone();
    },
    /** @throws AppError Invalid when it is empty or too long */
    async write(note: Pick<Note, 'pid' | 'words' | 'by'>): Promise<void> {
      const words = note.words.trim();
      if (words === '' || [...words].length > longest)
        throw new AppError('Invalid', 'note.words', `備註要 1 到 ${longest} 個字。`);
      await rows.insertOne({ _id: randomId(), ...note, words, at: new Date(clock.now()) });
    },
  };
}

function gone(): never {
  throw new AppError('NotFound', 'note.unknown', '這條備註已經不在了：同事刪了它，或者她的資料已經刪除。');
}

export type Notes = ReturnType<typeof createNotes>;
