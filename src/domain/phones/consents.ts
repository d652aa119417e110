import type { Connection } from 'mongoose';
import { keyedHash } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { createSeal } from '../../kit/seal';
import { type Erased, notAfter } from '../upkeep';

/** `smsConsents{_id: pid}`: she wants promotional texts on this phone. The only place where a bound phone stays, and it lies sealed. */
type ConsentRow = { _id: string; sealed: string; hash: string; at: Date; consent: string };

/** Who wants promotional texts, and on which phone. */
export function createSmsConsents({ db, key, log }: { db: Connection; key: string; log: Log }) {
  const rows = db.collection<ConsentRow>('smsConsents');
  const sealed = createSeal(key, 'sms-phone');
  const seal = (phone: string, pid: string): string => sealed.seal(Buffer.from(phone), pid);
  const unseal = (text: string, pid: string): string => sealed.unseal(text, pid).toString();

  return {
    seal,
    unseal,
    /** The first time counts; given again it is the same. */
    async give({ pid, phone, ...how }: { pid: string; phone: string; at: Date; consent: string }) {
      const row = { sealed: seal(phone, pid), hash: keyedHash(key, 'phone', phone), ...how };
      await rows.updateOne({ _id: pid }, { $setOnInsert: row }, { upsert: true });
    },
    /** What she gave up to then. False: there was nothing. */
    async end(pid: string, upTo: Date): Promise<boolean> {
      return (await rows.deleteOne({ _id: pid, at: notAfter(upTo) })).deletedCount > 0;
    },
    /** It was for another phone than this one. */
    async endOfOthers(pid: string, phone: string): Promise<boolean> {
      const hash = { $ne: keyedHash(key, 'phone', phone) };
      return (await rows.deleteOne({ _id: pid, hash })).deletedCount > 0;
    },
    /** The phones of those who want texts. */
    async phonesOf(pids: readonly string[]): Promise<Map<string, string>> {
      const found = rows.find({ _id: { $in: [...pids] } }, { projection: { sealed: 1 } });
      const phones = new Map<string, string>();
      for await (const row of found)
        try {
          phones.set(row._id, unseal(row.sealed, row._id));
        } catch (err) {
          log.error({ err }, 'a phone was sealed under another DATA_KEY: put the former one back');
        }
      return phones;
    },
    async among(pids: readonly string[]): Promise<string[]> {
      const found = rows.find({ _id: { $in: [...pids] } }, { projection: { _id: 1 } });
      return (await found.toArray()).map(({ _id }) => _id);
    },
    erase: ({ pid = '', upTo }: Erased) => rows.deleteOne({ _id: pid, at: notAfter(upTo) }),
    /** Hers to read. */
    async copy(pid: string) {
      const found = await rows.find({ _id: pid }).toArray();
      return found.map(({ _id, sealed: phone, at, consent }) => ({
        _id,
        phone: unseal(phone, _id),
        at,
        consent,
      }));
    },
  };
}
