import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import { rowsOf, type Upkeep } from '../upkeep';
import { enquiryExport } from './enquiries.tasks';
import type { Enquiry, EnquiryFilter } from './enquiry';

export const enquiryIndexes: IndexSpec[] = [
  { collection: 'enquiries', key: { pid: 1 }, why: 'what did she ask (erasure)' },
  { collection: 'enquiries', key: { at: -1 }, why: 'the newest, for the people who answer' },
  {
    collection: 'enquiries',
    key: { answeredAt: 1, at: 1, _id: 1 },
    why: 'what nobody answered yet, oldest first',
  },
  {
    collection: 'enquiries',
    key: { answeredAt: -1, _id: -1 },
    partial: { answeredAt: { $exists: true } },
    why: 'what was answered, the last first',
  },
];

export function createEnquiries({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<Enquiry>('enquiries');
  const gone = () =>
    new AppError('NotFound', 'enquiry.unknown', '沒有這則留話。她可能取消了關注，留話隨她的資料一起刪除了。');
  const matchOf = (show: EnquiryFilter) =>
    show === 'all' ? {} : { answeredAt: show === 'open' ? { $exists: false } : { $exists: true } };

  return {
    upkeep: {
      indexes: enquiryIndexes,
      tasks: [enquiryExport],
      erase: async (her) => void (her.pid && (await rows.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({
        enquiries: await rows.find({ pid }, { projection: { answeredBy: 0 } }).toArray(),
      }),
    } satisfies Upkeep,
    async take(enquiry: { id: string; pid: string; words: string; phone: string }): Promise<void> {
      const { id, ...row } = enquiry;
      await rows.updateOne(
        { _id: id },
        { $setOnInsert: { ...row, at: new Date(clock.now()) } },
        { upsert: true },
      );
    },
    newest: (limit: number): Promise<Enquiry[]> => rows.find({}, { sort: { at: -1 }, limit }).toArray(),

    /** One page: what nobody answered, the oldest first; what was answered, the last first; all, the newest first. */
    async list(asked: {
      show: EnquiryFilter;
      cursor?: string | undefined;
      limit?: number;
    }): Promise<{ rows: Enquiry[]; next: string | undefined }> {
      const { show, cursor, limit = 30 } = asked;
      const field = show === 'done' ? 'answeredAt' : 'at';
      const way = show === 'open' ? 1 : -1;
      const [ms = '', ...rest] = (cursor ?? '').split('~');
      const [on, than] = [new Date(Number(ms) || 0), way === 1 ? '$gt' : '$lt'];
      const behind = {
        $or: [{ [field]: { [than]: on } }, { [field]: on, _id: { [than]: rest.join('~') } }],
      };
      const found = await rows
        .find(cursor === undefined ? matchOf(show) : { $and: [matchOf(show), behind] }, {
          sort: { [field]: way, _id: way },
          limit: limit + 1,
        })
        .toArray();
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        rows: found.slice(0, limit),
        next: last && `${(last[field] ?? last.at).getTime()}~${last._id}`,
      };
    },
    each: (show: EnquiryFilter): AsyncIterable<Enquiry> => rows.find(matchOf(show), { sort: { at: -1 } }),
    /** How many nobody answered yet; 1,000 stands for more. */
    open: (): Promise<number> => rows.countDocuments(matchOf('open'), { limit: 1_000 }),
    async get(id: string): Promise<Enquiry> {
      const row = await rows.findOne({ _id: id });
      if (!row) throw gone();
      return row;
    },
    /** Somebody has answered it. @throws AppError Conflict where another one was first */
    async answered(id: string, by: string): Promise<void> {
      const done = await rows.findOneAndUpdate(
        { _id: id, answeredAt: { $exists: false } },
        { $set: { answeredAt: new Date(clock.now()), answeredBy: by } },
      );
      if (done) return;
      const row = await rows.findOne({ _id: id });
      if (!row) throw gone();
      if (row.answeredBy !== by)
        throw new AppError('Conflict', 'enquiry.answered', `${row.answeredBy ?? '同事'}已經回過了。`);
    },
    /** It was not answered after all. */
    async reopen(id: string): Promise<void> {
      const { matchedCount } = await rows.updateOne(
        { _id: id },
        { $unset: { answeredAt: 1, answeredBy: 1 } },
      );
      if (matchedCount === 0) throw gone();
    },
  };
}

export type Enquiries = ReturnType<typeof createEnquiries>;
