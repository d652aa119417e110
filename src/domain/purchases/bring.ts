import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Line } from './read-purchases';

/** `purchases{_id: order number}`. Whose it is says the keyed hash of the phone alone. */
export type Purchase = { _id: string; phone: string; on: string; fen: number; what?: string; at: Date };
/** `members{_id: keyed hash of the phone}`: as the newest file has it. `at`: when that file came first. */
export type Member = { _id: string; number?: string; level?: string; at: Date };
/** An order that a file tells otherwise than is kept. `settled`: somebody has decided. */
export type PurchaseConflict = {
  _id: string;
  order: string;
  phone: string;
  on: string;
  fen: number;
  what?: string;
  file: string;
  line: number;
  at: Date;
  settled?: 'keep' | 'take';
};

/** `purchaseFiles{_id: digest}`: when a file came first. */
export type PurchaseFile = { _id: string; name: string; at: Date };

export type Brought = { added: number; same: number; conflicts: number; members: number };

type Order = Omit<Purchase, 'at'> & { line: number };
const batch = 1_000;

/** Writes what files say. A file may come again, at once or after others, and be cut off anywhere: that changes nothing. */
export function createBring(given: {
  db: Connection;
  clock: Clock;
  hashOf: (what: string, text: string) => string;
}) {
  const { db, clock, hashOf } = given;
  const purchases = db.collection<Purchase>('purchases');
  const members = db.collection<Member>('members');
  const conflicts = db.collection<PurchaseConflict>('purchaseConflicts');
  const files = db.collection<PurchaseFile>('purchaseFiles');

  /** When this very file came first: so that an old file that comes again does not undo what a newer one said. */
  async function cameAt(name: string, bytes: Buffer): Promise<Date> {
    const _id = createHash('sha256').update(bytes).digest('base64url');
    const at = new Date(clock.now());
    await files.updateOne({ _id }, { $setOnInsert: { name, at } }, { upsert: true });
    return (await files.findOne({ _id }))?.at ?? at;
  }

  async function bringOrders(orders: Order[], told: { file: string; at: Date; dryRun: boolean }) {
    const { file, at, dryRun } = told;
    let added = 0;
    if (!dryRun) {
      const done = await purchases.bulkWrite(
        orders.map(({ _id, phone, on, fen, what }) => ({
          updateOne: {
            filter: { _id },
            update: { $setOnInsert: { phone, on, fen, ...(what === undefined ? {} : { what }), at } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
      added = done.upsertedCount;
      crashPoint('purchases-written');
    }
    const ids = orders.map(({ _id }) => _id);
    const kept = new Map(
      (await purchases.find({ _id: { $in: ids } }).toArray()).map((one) => [one._id, one]),
    );
    const other = orders.filter((one) => {
      const before = kept.get(one._id);
      return before && !isSame(before, one);
    });
    if (dryRun) added = orders.length - kept.size;
    else if (other.length > 0)
      await conflicts.bulkWrite(
        other.map(({ _id: order, line, ...values }) => ({
          updateOne: {
            filter: { _id: `${order}/${digestOf(values)}` },
            update: { $setOnInsert: { order, ...values, file, line, at } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    return { added, conflicts: other.length };
  }

  /** Only what a newer file says of a member takes the place of what is kept. Returns who changed. */
  async function bringMembers(some: Omit<Member, 'at'>[], told: { at: Date; dryRun: boolean }) {
    const { at, dryRun } = told;
    const kept = new Map(
      (await members.find({ _id: { $in: some.map(({ _id }) => _id) } }).toArray()).map((one) => [
        one._id,
        one,
      ]),
    );
    const changed = some.filter(({ _id, number, level }) => {
      const before = kept.get(_id);
      if (!before) return true;
      if (before.at > at) return false;
      return (number ?? before.number) !== before.number || (level ?? before.level) !== before.level;
    });
    if (!dryRun && changed.length > 0)
      await members.bulkWrite(
        changed.flatMap(({ _id, ...fields }) => [
          { updateOne: { filter: { _id }, update: { $setOnInsert: { ...fields, at } }, upsert: true } },
          { updateOne: { filter: { _id, at: { $lte: at } }, update: { $set: { ...fields, at } } } },
        ]),
      );
    return changed.map(({ _id }) => _id);
  }

  /** Returns also the hashes of the phones of which something is new. */
  return async function bring(
    lines: Line[],
    file: { name: string; bytes: Buffer },
    { dryRun }: { dryRun: boolean },
  ): Promise<Brought & { phones: string[] }> {
    const at = dryRun ? new Date(clock.now()) : await cameAt(file.name, file.bytes);
    const orders = new Map<string, Order>();
    const told = new Map<string, Omit<Member, 'at'>>();
    for (const { line, phone, order, member } of lines.toSorted(byDay)) {
      const hash = hashOf('phone', phone);
      if (order) {
        const { id, ...values } = order;
        orders.set(id, { _id: id, phone: hash, ...values, line });
      }
      if (member)
        told.set(hash, {
          ...told.get(hash),
          _id: hash,
          ...(member.number === undefined ? {} : { number: hashOf('member', member.number) }),
          ...(member.level === undefined ? {} : { level: member.level }),
        });
    }
    const result = { added: 0, same: 0, conflicts: 0, members: 0 };
    for (const some of inBatches([...orders.values()])) {
      const done = await bringOrders(some, { file: file.name, at, dryRun });
      result.added += done.added;
      result.conflicts += done.conflicts;
    }
    result.same = orders.size - result.added - result.conflicts;
    for (const some of inBatches([...told.values()]))
      result.members += (await bringMembers(some, { at, dryRun })).length;
    // All that stands in the file: a run that was cut off before this has written some of it already.
    return {
      ...result,
      phones: [...new Set([...told.keys(), ...[...orders.values()].map(({ phone }) => phone)])],
    };
  };
}

/** What a member is, her newest purchase says; of one day, the line farther down; a line without a day says what is now. */
const byDay = (a: Line, b: Line): number => {
  const [x, y] = [a.order?.on ?? '9999', b.order?.on ?? '9999'];
  return x === y ? a.line - b.line : x < y ? -1 : 1;
};

/** A name that one of them does not tell makes no difference. */
const isSame = (kept: Purchase, told: Order): boolean =>
  kept.phone === told.phone &&
  kept.on === told.on &&
  kept.fen === told.fen &&
  (kept.what ?? told.what) === (told.what ?? kept.what);

const digestOf = ({ phone, on, fen, what }: Omit<Order, '_id' | 'line'>): string =>
  createHash('sha256')
    .update(JSON.stringify([phone, on, fen, what]))
    .digest('base64url')
    .slice(0, 16);

function* inBatches<T>(all: T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += batch) yield all.slice(at, at + batch);
}
