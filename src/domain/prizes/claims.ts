import type { Connection } from 'mongoose';
import { z } from 'zod';
import { dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { maskAddress, maskName, maskPhone } from '../../kit/mask';
import type { IndexSpec } from '../../store/indexes';
import type { Award } from './award';
import type { Awards } from './awards';

/**
 * Where a prize goes: the only place with a name, a phone and an address. `_id` is the award's. `until`: when it is
 * forgotten (business time), once the award is closed.
 */
export type Claim = {
  _id: string;
  pid: string;
  name: string;
  phone: string;
  address: string;
  /** When she agreed to its use, and to which text. */
  consentAt: number;
  consent: string;
  at: number;
  until?: Date;
};

export const claimIndexes: IndexSpec[] = [
  { collection: 'claims', key: { pid: 1 }, why: 'what did she leave us (erasure, her own copy)' },
  {
    collection: 'claims',
    key: { until: 1 },
    partial: { until: { $exists: true } },
    why: 'what may be forgotten',
  },
];

// Control characters come from broken files and hostile hands: they are what is looked for.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001f\u007f\ufffd]/;
/** What leaves no trace on a parcel: fillers, joiners, the blank braille cell. */
const invisible = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;
const line = (least: number, most: number, wrong: string) =>
  z
    .string({ error: wrong })
    .transform((value) => value.normalize('NFC').replace(invisible, '').replace(/\s+/g, ' ').trim())
    .refine(
      (value) =>
        value.length >= least && value.length <= most && !control.test(value) && /\p{L}/u.test(value),
      { error: wrong },
    );

/** What she fills in; also read by the form of the chat. Messages are words for her. */
export const claimForm = z.object({
  name: line(1, 30, '請填收件人姓名，最多 30 個字'),
  phone: z
    .string({ error: '請填能聯繫到你的手機號' })
    .transform((value) => value.normalize('NFKC').replace(/[\s()-]/g, ''))
    .refine((value) => /^\+?\d{8,15}$/.test(value), { error: '這不像手機號，請只填數字，例如 13800001111' }),
  address: line(6, 120, '請填完整的收件地址（省、市、區、路名、門牌），6 到 120 個字'),
  /** The version of the text she agreed to; without agreement there is no claim. */
  consent: z.string({ error: '需要你同意我們為寄送獎品使用這些資料' }).min(1).max(40),
});
export type ClaimForm = z.output<typeof claimForm>;

export type Submitted =
  | { kind: 'claimed'; award: Award; again: boolean }
  | { kind: 'invalid'; problems: { field: string; message: string }[] }
  /** Not hers, not one that is sent by post, too late, or already approved. */
  | { kind: 'refused'; why: 'unknown' | 'kind' | 'expired' | 'closed' };

export type Corrected =
  | { kind: 'corrected'; award: Award }
  | Extract<Submitted, { kind: 'invalid' }>
  /** It is approved already, or nobody has claimed it. */
  | { kind: 'refused' };

const keptMs = 90 * dayMs;

/** Claims: a form with a deadline. They are personal data with their own retention, and go when she asks. */
export function createClaims({ db, clock, awards }: { db: Connection; clock: Clock; awards: Awards }) {
  const rows = db.collection<Claim>('claims');

  return {
    /** She says where a prize goes. Until it is approved she may correct it. */
    async submit(given: { award: string; pid: string; form: unknown }): Promise<Submitted> {
      const parsed = claimForm.safeParse(given.form);
      if (!parsed.success)
        return {
          kind: 'invalid',
          problems: parsed.error.issues.map(({ path, message }) => ({
            field: String(path[0] ?? ''),
            message,
          })),
        };
      const award = await awards.read(given.award);
      if (!award || award.pid !== given.pid || award.state === 'pending')
        return { kind: 'refused', why: 'unknown' };
      if (award.what.kind !== 'goods' && award.what.kind !== 'money') return { kind: 'refused', why: 'kind' };
      const now = clock.now();
      const again = award.state === 'claimed';
      if (award.state === 'expired' || (!again && award.claimBy !== undefined && award.claimBy < now))
        return { kind: 'refused', why: 'expired' };
      if (!['won', 'told', 'claimed'].includes(award.state)) return { kind: 'refused', why: 'closed' };

      const { consent, ...filled } = parsed.data;
      await rows.replaceOne(
        { _id: award._id },
        { pid: award.pid, ...filled, consent, consentAt: now, at: now },
        { upsert: true, timeoutMS: 2_500 },
      );
      crashPoint('claim-written');
      const moved = await awards.move(award._id, 'claimed', {
        by: 'fan',
        ...(again ? { reason: '更正' } : {}),
      });
      if (moved.kind === 'moved' || moved.kind === 'same')
        return { kind: 'claimed', award: moved.award, again };
      // Decided otherwise in this very moment: what she wrote is of no use any more.
      if (moved.kind === 'refused' && moved.award.state !== 'approved')
        await rows.deleteOne({ _id: award._id });
      return { kind: 'refused', why: 'closed' };
    },

    read: async (award: string): Promise<Claim | undefined> =>
      (await rows.findOne({ _id: award }, { timeoutMS: 2_500 })) ?? undefined,
    readMany: async (ids: string[]): Promise<Map<string, Claim>> =>
      new Map((await rows.find({ _id: { $in: ids } }).toArray()).map((claim) => [claim._id, claim])),
    /** As most of us may see it. */
    masked: (claim: Claim): Claim => ({
      ...claim,
      name: maskName(claim.name),
      phone: maskPhone(claim.phone),
      address: maskAddress(claim.address),
    }),
    /**
     * She told us on the phone, or the courier did, that what she wrote is wrong: it is corrected until it is approved.
     * That it was is in the history; what it was is not, as it is about her.
     */
    async correct(given: { award: string; by: string; reason: string; form: unknown }): Promise<Corrected> {
      const parsed = claimForm.omit({ consent: true }).safeParse(given.form);
      if (!parsed.success)
        return {
          kind: 'invalid',
          problems: parsed.error.issues.map(({ path, message }) => ({
            field: String(path[0] ?? ''),
            message,
          })),
        };
      const moved = await awards.move(given.award, 'claimed', {
        by: given.by,
        reason: `更正收件資料：${given.reason}`,
        only: { state: 'claimed' },
      });
      if (moved.kind !== 'moved') return { kind: 'refused' };
      crashPoint('claim-corrected');
      await rows.updateOne({ _id: given.award }, { $set: { ...parsed.data, at: clock.now() } });
      return { kind: 'corrected', award: moved.award };
    },
    /** All that she left us, for her own copy of her data. */
    of: (pid: string): Promise<Claim[]> => rows.find({ pid }).toArray(),

    /**
     * She left, or asks. What is on its way keeps its address until it is closed, unless `everything`: then her open
     * prizes that cannot be sent any more are void.
     */
    async erase(pid: string, { everything = false }: { everything?: boolean } = {}): Promise<void> {
      for (const { _id } of await rows.find({ pid }, { projection: { _id: 1 } }).toArray()) {
        const award = await awards.read(_id);
        const open = award && ['told', 'won', 'claimed', 'approved'].includes(award.state);
        if (open && !everything) continue;
        // The prize first: without her claim a second run would not find it.
        if (open) await awards.annul(_id, { by: 'fan', reason: '本人要求刪除資料' });
        crashPoint('claim-annulled');
        await rows.deleteOne({ _id });
      }
    },

    /** Housekeeping: claims of closed awards are kept 90 days for complaints, then they go. */
    async forget(): Promise<void> {
      const now = clock.now();
      for await (const { _id } of rows.find({ until: { $exists: false } }, { projection: { _id: 1 } })) {
        const award = await awards.read(_id);
        if (!award || ['sent', 'done', 'expired', 'void'].includes(award.state))
          await rows.updateOne({ _id }, { $set: { until: new Date(now + keptMs) } });
      }
      await rows.deleteMany({ until: { $lt: new Date(now) } });
    },
  };
}

export type Claims = ReturnType<typeof createClaims>;
