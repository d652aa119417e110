import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { dayNumber } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { keyedHash } from '../../kit/ids';
import { areaOf } from '../../kit/phone-area';
import type { Problem, Unit } from '../../sheets/problems';
import { readTable } from '../../sheets/read-table';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Audience, Facts } from '../audience';
import { rowsOf, type Upkeep } from '../upkeep';
import {
  type Brought,
  createBring,
  type Member,
  type Purchase,
  type PurchaseConflict,
  type PurchaseFile,
} from './bring';
import { readPhone } from './phone';
import { purchaseLeaves } from './purchases.leaves';
import { readPurchases } from './read-purchases';

/** `bindings{_id: '<pid>/phone'}`: the phone that she showed to be hers, as a keyed hash. */
type Binding = {
  _id: string;
  pid: string;
  hash: string;
  /** The province of the number, where the table knows it. */
  area?: string;
  at: Date;
  source: string;
  consent: string;
};

/** What a file brought; bad lines are told in `problems` (the first 200 of `total`) and left out. */
export type PurchaseImport = Brought & {
  rows: number;
  problems: Problem[];
  total: number;
  remarks: Problem[];
  unit: Unit;
};

const indexes: IndexSpec[] = [
  { collection: 'bindings', key: { hash: 1 }, unique: true, why: 'a phone is one person’s' },
  { collection: 'purchases', key: { phone: 1 }, why: 'what was bought with this phone' },
  { collection: 'purchaseFiles', key: { at: -1 }, why: 'what was brought lately' },
  { collection: 'purchaseConflicts', key: { order: 1 }, why: 'what is said otherwise of an order' },
];

/**
 * Members and purchases of the brand's own systems. They lie under a keyed hash of the phone and are matched with who has
 * bound it when they are read: so a binding finds what came before it, and what comes after it finds the binding.
 */
export function createPurchases(given: {
  db: Connection;
  clock: Clock;
  dataKey: string;
  /** Of these people something is known now that was not before. */
  changed: (pids: string[]) => Promise<void>;
}) {
  const { db, clock, dataKey, changed } = given;
  const purchases = db.collection<Purchase>('purchases');
  const members = db.collection<Member>('members');
  const conflicts = db.collection<PurchaseConflict>('purchaseConflicts');
  const bindings = db.collection<Binding>('bindings');
  const files = db.collection<PurchaseFile>('purchaseFiles');
  const hashOf = (what: string, text: string) => keyedHash(dataKey, what, text);
  const bring = createBring({ db, clock, hashOf });

  const boundTo = async (hashes: string[]): Promise<string[]> => {
    const pids: string[] = [];
    for (let at = 0; at < hashes.length; at += 1_000) {
      const some = bindings.find({ hash: { $in: hashes.slice(at, at + 1_000) } });
      pids.push(...(await some.toArray()).map(({ pid }) => pid));
    }
    return pids;
  };

  async function settle(order: string, how: 'keep' | 'take'): Promise<void> {
    const open = await conflicts.find({ order, settled: { $exists: false } }).toArray();
    const [one, ...more] = open;
    if (!one)
      throw new AppError(
        'NotFound',
        'purchase.no-conflict',
        `訂單「${order.slice(0, 64)}」沒有要決定的衝突。`,
      );
    if (how === 'take') {
      if (more.length > 0)
        throw new AppError(
          'Conflict',
          'purchase.many',
          `訂單「${order}」有 ${open.length} 種說法，不能決定用哪一種；請先在品牌的系統裡查清，導入對的一份，或保留原來的。`,
        );
      const { phone, on, fen, what } = one;
      const before = await purchases.findOne({ _id: order });
      await purchases.updateOne(
        { _id: order },
        { $set: { phone, on, fen, ...(what === undefined ? {} : { what }), at: new Date(clock.now()) } },
      );
      await changed(await boundTo([...new Set([phone, before?.phone ?? phone])]));
    }
    await conflicts.updateMany({ _id: { $in: open.map(({ _id }) => _id) } }, { $set: { settled: how } });
  }

  return {
    upkeep: {
      indexes,
      erase: async (her) =>
        void (
          her.pid !== undefined && (await bindings.deleteMany({ ...rowsOf(her), _id: `${her.pid}/phone` }))
        ),
      async copy({ pid }) {
        const bound = await bindings.find({ _id: `${pid}/phone` }).toArray();
        const hashes = bound.map(({ hash }) => hash);
        const [bought, cards] = await Promise.all([
          purchases.find({ phone: { $in: hashes } }).toArray(),
          members.find({ _id: { $in: hashes } }).toArray(),
        ]);
        return { bindings: bound, purchases: bought, members: cards };
      },
    } satisfies Upkeep,
    audience: {
      from: { group: '品牌的系統', how: '導入的購買與會員，用她綁定的手機號對上' },
      leaves: purchaseLeaves,
      async facts(people) {
        const bound = await bindings
          .find({ _id: { $in: people.map(({ pid }) => `${pid}/phone`) } })
          .toArray();
        const hashes = bound.map(({ hash }) => hash);
        if (hashes.length === 0) return new Map();
        const [sums, levels] = await Promise.all([
          purchases
            .aggregate<{ _id: string; purchases: number; spentFen: number; last: string }>([
              { $match: { phone: { $in: hashes } } },
              {
                $group: {
                  _id: '$phone',
                  purchases: { $sum: 1 },
                  spentFen: { $sum: '$fen' },
                  last: { $max: '$on' },
                },
              },
            ])
            .toArray(),
          members.find({ _id: { $in: hashes } }).toArray(),
        ]);
        const sumOf = new Map(sums.map((one) => [one._id, one]));
        const memberOf = new Map(levels.map((one) => [one._id, one]));
        return new Map(
          bound.map(({ pid, hash, area }) => {
            const { tokens = [], ...known } = factsOf(sumOf.get(hash), memberOf.get(hash));
            return [pid, { ...known, tokens: [...tokens, ...(area ? [`phone-area:${area}`] : [])] }];
          }),
        );
      },
    } satisfies Audience,

    /**
     * Reads a CSV, XLSX or JSON file. With `dryRun` nothing is written and the counts say what would be.
     * @throws AppError Invalid when the file cannot be read at all
     */
    async importFile(
      file: { name: string; bytes: Buffer },
      { dryRun = false } = {},
    ): Promise<PurchaseImport> {
      const table = await readTable(file);
      const { lines, problems } = readPurchases(table, clock.day());
      const { phones, ...brought } = await bring(lines, file, { dryRun });
      if (!dryRun) await changed(await boundTo(phones));
      const { unit, remarks, rows } = table;
      return {
        ...brought,
        rows: rows.length,
        problems: problems.first(),
        total: problems.total,
        remarks,
        unit,
      };
    },

    /** What files say otherwise than is kept, and nobody has decided; with what is kept. `after`: the `_id` of the last one. */
    async conflicts({ after = '', limit = 200 } = {}): Promise<{ told: PurchaseConflict; kept: Purchase }[]> {
      const open = await conflicts
        .find({ settled: { $exists: false }, _id: { $gt: after } }, { sort: { _id: 1 }, limit })
        .toArray();
      const kept = new Map(
        (await purchases.find({ _id: { $in: open.map(({ order }) => order) } }).toArray()).map((one) => [
          one._id,
          one,
        ]),
      );
      return open.flatMap((told) => {
        const one = kept.get(told.order);
        return one ? [{ told, kept: one }] : [];
      });
    },
    /** How many wait for a decision, up to a thousand. */
    openConflicts: (): Promise<number> =>
      conflicts.countDocuments({ settled: { $exists: false } }, { limit: 1_000 }),
    /** Files that were brought, newest first. */
    files: (limit = 20): Promise<PurchaseFile[]> => files.find({}, { sort: { at: -1 }, limit }).toArray(),
    /** Decides about an order: what is kept stays, or what was told otherwise takes its place. */
    settle,

    /**
     * Binds a phone that she showed to be hers. Another phone of hers is let go. `taken`: it is somebody else's here.
     * @throws AppError Invalid when it is no mobile of the mainland
     */
    async bindPhone(
      pid: string,
      phone: string,
      { source, consent }: { source: string; consent: string },
    ): Promise<{ kind: 'bound' | 'taken' }> {
      const read = readPhone(phone);
      if (read === undefined)
        throw new AppError('Invalid', 'purchase.phone', '這不是手機號，請填 11 位的大陸手機號。');
      const area = await areaOf(read);
      const known = { pid, hash: hashOf('phone', read), at: new Date(clock.now()), source, consent };
      const binding =
        area === undefined ? { $set: known, $unset: { area: 1 as const } } : { $set: { ...known, area } };
      try {
        await bindings.updateOne({ _id: `${pid}/phone` }, binding, { upsert: true });
      } catch (error) {
        if (isDuplicate(error)) return { kind: 'taken' };
        throw error;
      }
      await changed([pid]);
      return { kind: 'bound' };
    },

    /** Lets go of her phone; what was bought with it is nobody's then. */
    async unbindPhone(pid: string): Promise<void> {
      const { deletedCount } = await bindings.deleteOne({ _id: `${pid}/phone` });
      if (deletedCount > 0) await changed([pid]);
    },

    /** What is known of one person, the newest purchase first; undefined when she bound no phone. */
    async of(pid: string): Promise<{ level?: string; purchases: Omit<Purchase, 'phone'>[] } | undefined> {
      const binding = await bindings.findOne({ _id: `${pid}/phone` });
      if (!binding) return undefined;
      const member = await members.findOne({ _id: binding.hash });
      const bought = await purchases
        .find({ phone: binding.hash }, { projection: { phone: 0 }, sort: { on: -1, _id: -1 } })
        .toArray();
      return { ...(member?.level === undefined ? {} : { level: member.level }), purchases: bought };
    },
  };
}

export type Purchases = ReturnType<typeof createPurchases>;

function factsOf(
  sum: { purchases: number; spentFen: number; last: string } | undefined,
  member: Member | undefined,
): Facts {
  return {
    tokens: [
      'bound:phone',
      ...(sum ? ['buyer'] : []),
      ...(member ? ['member'] : []),
      ...(member?.level === undefined ? [] : [`member:${member.level}`]),
    ],
    numbers: sum ? { purchases: sum.purchases, spentFen: sum.spentFen, boughtOn: dayNumber(sum.last) } : {},
  };
}
