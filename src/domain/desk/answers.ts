import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';

/** Words that people of ours say often. */
export type CannedAnswer = { _id: string; title: string; words: string; by: string; at: Date };

export const answerIndexes: IndexSpec[] = [
  { collection: 'cannedAnswers', key: { title: 1 }, unique: true, why: 'two answers have two titles' },
];

const most = 200;

export function createAnswers({ db, clock }: { db: Connection; clock: Clock }) {
  const gone = () => new AppError('NotFound', 'desk.answer-gone', '這條常用回覆已經刪了。');
  const rows = db.collection<CannedAnswer>('cannedAnswers');

  return {
    list: (): Promise<CannedAnswer[]> => rows.find({}, { sort: { title: 1 }, limit: most }).toArray(),
    async get(id: string): Promise<CannedAnswer> {
      const row = await rows.findOne({ _id: id });
      if (!row) throw gone();
      return row;
    },
    /** @returns what was there before. @throws AppError Conflict where another one has the title, NotFound where it is gone */
    async save(asked: {
      id?: string | undefined;
      title: string;
      words: string;
      by: string;
    }): Promise<{ title: string; answer: string } | undefined> {
      const { id, ...rest } = asked;
      const row = { ...rest, at: new Date(clock.now()) };
      try {
        if (id === undefined) {
          if ((await rows.estimatedDocumentCount()) >= most)
            throw new AppError('Conflict', 'desk.answers-full', `常用回覆最多 ${most} 條，請先刪掉不用的。`);
          await rows.insertOne({ _id: randomId(), ...row });
          return undefined;
        }
        const before = await rows.findOneAndUpdate({ _id: id }, { $set: row });
        if (before) return { title: before.title, answer: before.words };
        throw gone();
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new AppError('Conflict', 'desk.answer-title', `已經有一條叫「${asked.title}」。`, {
          details: { fields: { title: '換一個名稱' } },
        });
      }
    },
    /** Gives what was removed, so that it can be written again. */
    async remove(id: string): Promise<CannedAnswer> {
      const row = await rows.findOneAndDelete({ _id: id });
      if (!row) throw gone();
      return row;
    },
  };
}

export type Answers = ReturnType<typeof createAnswers>;
