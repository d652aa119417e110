import type { Connection } from 'mongoose';
import { isDuplicate } from '../../store/duplicate';
import { type Erased, notAfter } from '../upkeep';

/** `mailConsents{_id: pid}`: she wants promotional mails at the address (`hash`) that she had bound then, and at no other. */
type ConsentRow = { _id: string; hash: string; at: Date; consent: string };
type Bound = { _id: string; pid: string; address: string; hash: string };

/** Who wants promotional mails. They count only while she has the address bound, and its reader has not ended all mails. */
export function createMailConsents({ db }: { db: Connection }) {
  const rows = db.collection<ConsentRow>('mailConsents');
  const bindings = db.collection<Bound>('mailBindings');
  const stops = db.collection<{ _id: string }>('mailStops');

  return {
    /** For the address that she has bound; given again it is the same. False: she has bound none. */
    async give(pid: string, how: { at: Date; consent: string }): Promise<boolean> {
      const bound = await bindings.findOne({ _id: `${pid}/mail` });
      if (!bound) return false;
      const { hash } = bound;
      try {
        await rows.updateOne({ _id: pid, hash: { $ne: hash } }, { $set: { hash, ...how } }, { upsert: true });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      return true;
    },
    /** What she gave up to then. */
    end: (pid: string, upTo: Date) => rows.deleteOne({ _id: pid, at: notAfter(upTo) }),
    /** Whoever gave it for this address. Their pids. */
    async endOf(hash: string): Promise<string[]> {
      const found = await rows.find({ hash }).toArray();
      await rows.deleteMany({ _id: { $in: found.map(({ _id }) => _id) }, hash });
      return found.map(({ _id }) => _id);
    },
    /** The address is hers now, and no other is. */
    moved: (pid: string, hash: string) =>
      rows.deleteMany({
        $or: [
          { _id: pid, hash: { $ne: hash } },
          { _id: { $ne: pid }, hash },
        ],
      }),
    /** The addresses of those who want mails. */
    async addressesOf(pids: readonly string[]): Promise<Map<string, { address: string; hash: string }>> {
      const given = await rows.find({ _id: { $in: [...pids] } }).toArray();
      const hashOf = new Map(given.map(({ _id, hash }) => [_id, hash]));
      const [bound, stopped] = await Promise.all([
        bindings.find({ _id: { $in: given.map(({ _id }) => `${_id}/mail`) } }).toArray(),
        stops.distinct('_id', { _id: { $in: [...hashOf.values()] } }),
      ]);
      const none = new Set(stopped);
      return new Map(
        bound.flatMap(({ pid, address, hash }) =>
          hashOf.get(pid) === hash && !none.has(hash) ? [[pid, { address, hash }] as const] : [],
        ),
      );
    },
    erase: ({ pid = '', upTo }: Erased) => rows.deleteOne({ _id: pid, at: notAfter(upTo) }),
    copy: (pid: string) => rows.find({ _id: pid }, { projection: { hash: 0 } }).toArray(),
  };
}
