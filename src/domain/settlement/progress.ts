import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';

/** The steps that are done once, in their order. What may change later (decisions, draws) is looked at every time. */
type StepName = 'wait' | 'close' | 'seal' | 'project' | 'judge' | 'publish' | 'give';

/** `settlements{_id: campaign}`: how far it is. */
export type SettlementRow = {
  _id: string;
  /** Moves with every decision about somebody who is held. */
  rev: number;
  /** When each was done, business ms. */
  steps: Partial<Record<StepName, number>>;
  /** What publication has seen: decisions up to this `rev`. */
  published?: { at: number; by: string; rev: number };
};

/** How far a settlement is. */
export function createProgress({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<SettlementRow>('settlements');
  const read = (id: string) => rows.findOne({ _id: id }, { readConcern: 'majority' });

  return {
    read,
    async begin(id: string): Promise<void> {
      await rows.updateOne({ _id: id }, { $setOnInsert: { rev: 0, steps: {} } }, { upsert: true });
    },
    /** Does a step unless it is done; it is done when it returns. */
    async once(id: string, name: StepName, work: () => Promise<unknown>): Promise<void> {
      if ((await read(id))?.steps[name]) return;
      await work();
      await rows.updateOne({ _id: id }, { $set: { [`steps.${name}`]: clock.now() } });
      crashPoint('settlement-step-done');
    },
    /** The list of winners stands as of this many decisions. False: somebody was decided about meanwhile. */
    async publish({ id, by, rev }: { id: string; by: string; rev: number }): Promise<boolean> {
      const { matchedCount } = await rows.updateOne(
        { _id: id, rev, published: { $exists: false } },
        { $set: { published: { at: clock.now(), by, rev } } },
      );
      crashPoint('settlement-published');
      return matchedCount > 0;
    },
  };
}

export type Progress = ReturnType<typeof createProgress>;
