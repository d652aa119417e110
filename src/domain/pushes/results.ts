import type { Connection } from 'mongoose';
import type { MassReport, ReachLedger } from '../reach/reach';
import type { Deliveries, Delivery } from './deliveries';
import type { PushRow } from './push';
import { byVariant, type Status, statusOf } from './report';

type Given = {
  db: Connection;
  deliveries: Deliveries;
  reach: Pick<ReachLedger, 'massReports' | 'massReported'>;
  mustGet: (id: string) => Promise<PushRow>;
  now: () => Date;
};

/** What came of a push: where it stands, whom it reached and missed, what WeChat reported, which links were opened. */
export function createResults({ db, deliveries, reach, mustGet, now }: Given) {
  const rows = db.collection<PushRow>('pushes');

  return {
    /** Where it stands, without counting anybody. */
    async stateOf(id: string): Promise<Pick<Status, 'push' | 'state'>> {
      const push = await mustGet(id);
      if (push.state !== 'running' || !push.frozen) return { push, state: push.state };
      const { run } = push.frozen;
      const open = await deliveries.chunks.countDocuments({ push: id, run, open: true }, { limit: 1 });
      return { push, state: open > 0 ? 'running' : 'finished' };
    },
    status: async (id: string): Promise<Status> => statusOf(deliveries, await mustGet(id)),
    byVariant: (id: string) => byVariant(deliveries, id),
    /** Whom it missed, and why; those of some reasons. */
    async missed(
      id: string,
      { reason, limit = 50 }: { reason?: string; limit?: number } = {},
    ): Promise<Delivery[]> {
      return deliveries.rows
        .find({ push: id, missed: true, ...(reason ? { reason } : {}) }, { limit })
        .toArray();
    },
    /** All of them. */
    missedRows: (id: string, reason?: string): AsyncIterable<Delivery> =>
      deliveries.rows.find({ push: id, missed: true, ...(reason ? { reason } : {}) }),
    /** Everybody it was given to, piece by piece. */
    async *reached(id: string): AsyncGenerator<{ pid: string; at: Date }[]> {
      const { frozen } = await mustGet(id);
      if (!frozen) return;
      for await (const { ids } of deliveries.chunks.find({ push: id, run: frozen.run }, { sort: { n: 1 } })) {
        const some = await deliveries.of(id, ids);
        yield some.flatMap(({ pid, state, at }) =>
          (state === 'sent' || state === 'handed') && at ? [{ pid, at }] : [],
        );
      }
    },
    /** Mass sends of a push, with what WeChat reported. */
    async massOf(id: string) {
      const pieces = await deliveries.chunks
        .find({ push: id, batches: { $exists: true } }, { projection: { ids: 0 } })
        .toArray();
      const batches = pieces.flatMap((piece) => piece.batches ?? []);
      const reports = await reach.massReports(batches.flatMap(({ msgId }) => msgId ?? []));
      const byId = new Map(reports.map((one) => [one._id, one.report]));
      return batches.map((one) => ({ ...one, report: one.msgId ? byId.get(one.msgId) : undefined }));
    },

    /** WeChat reports on a delivery (job of a template or notice): a report may settle what is not known, nothing else. */
    async reported(about: {
      msgId: string;
      pid?: string;
      route: 'template' | 'notice';
      ok: boolean;
      said: string;
    }): Promise<void> {
      const { msgId, pid, route, ok, said } = about;
      const known = await deliveries.rows.findOneAndUpdate(
        { msgId, report: { $exists: false } },
        { $set: { report: said } },
      );
      if (known || pid === undefined || (await isOfAnother(msgId, pid))) return;
      const settled = await deliveries.rows.findOneAndUpdate(
        { pid, missed: true, state: 'unknown', route },
        ok
          ? { $set: { state: 'sent', msgId, report: said }, $unset: { missed: 1, reason: 1 } }
          : { $set: { state: 'failed', msgId, report: said, reason: said } },
        { sort: { firstAt: -1 } },
      );
      if (settled) await deliveries.recount(settled.push, settled.n);
    },
    massReported: (msgId: string, at: Date, report: MassReport): Promise<void> =>
      reach.massReported(msgId, at, report),

    /** Where a tracked link leads; who opened it is noted. Undefined: no such link. */
    async linkOf(ref: string): Promise<{ url: string; counted: string } | undefined> {
      const [id = '', n = '', pid = ''] = ref.split('/');
      const row = await rows.findOne({ _id: id }, { projection: { links: 1 } });
      const url = row?.links[Number(n)];
      if (url === undefined) return undefined;
      if (pid !== '')
        await deliveries.rows.updateOne(
          { _id: `${id}/${pid}`, clickedAt: { $exists: false } },
          { $set: { clickedAt: now() } },
        );
      return { url, counted: `${id}/${n}` };
    },
  };

  /**
   * Whether a report is not about what is unknown of hers: it came before, or it is about what is being sent to her now, and our own
   * record of that is still to come.
   */
  async function isOfAnother(msgId: string, pid: string): Promise<boolean> {
    if ((await deliveries.rows.countDocuments({ msgId }, { limit: 1 })) > 0) return true;
    const open: string[] = await deliveries.chunks.distinct('push', { open: true });
    const hers = { _id: { $in: open.map((push) => `${push}/${pid}`) }, state: 'sending' as const };
    return (await deliveries.rows.countDocuments(hers, { limit: 1 })) > 0;
  }
}
