import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import { rowsOf, type Upkeep } from '../upkeep';

/** What a fan wrote for the people who answer, outside their hours. `_id` = the inbox id: a re-run writes no second one. */
type EnquiryRow = { _id: string; pid: string; words: string; phone: string; at: Date; answeredAt?: Date };

export const enquiryIndexes: IndexSpec[] = [
  { collection: 'enquiries', key: { pid: 1 }, why: 'what did she ask (erasure)' },
  { collection: 'enquiries', key: { at: -1 }, why: 'the newest, for the people who answer' },
];

export function createEnquiries({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<EnquiryRow>('enquiries');
  return {
    upkeep: {
      indexes: enquiryIndexes,
      erase: async (her) => void (her.pid && (await rows.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ enquiries: await rows.find({ pid }).toArray() }),
    } satisfies Upkeep,
    async take(enquiry: { id: string; pid: string; words: string; phone: string }): Promise<void> {
      const { id, ...row } = enquiry;
      await rows.updateOne(
        { _id: id },
        { $setOnInsert: { ...row, at: new Date(clock.now()) } },
        { upsert: true },
      );
    },
    newest: (limit: number): Promise<EnquiryRow[]> => rows.find({}, { sort: { at: -1 }, limit }).toArray(),
  };
}

export type Enquiries = ReturnType<typeof createEnquiries>;
