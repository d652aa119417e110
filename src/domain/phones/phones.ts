import { createHmac } from 'node:crypto';
import type { Connection } from 'mongoose';
import { minuteMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { keyedHash } from '../../kit/ids';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';
import type { SmsSender } from './sms';

/** `phoneCodes{_id: pid}`: the phone that she says is hers, until she proves it. The code follows from `cause` and lies nowhere. */
type CodeRow = {
  _id: string;
  phone: string;
  cause: string;
  consent: string;
  at: Date;
  tries: number;
  sentAt?: Date;
};
/** `phoneAsks{_id: '<day>/<whom>'}`: how many codes were asked for, by the causes. */
type AskRow = { _id: string; causes: string[]; at: Date };

export type Asked = { kind: 'asked' } | { kind: 'tooMany' } | { kind: 'refused' };
export type Proven =
  | { kind: 'bound'; phone: string }
  /** The phone is somebody else's here. */
  | { kind: 'taken' }
  | { kind: 'wrong'; left: number }
  /** None was asked for, or it is too old, or was tried too often. */
  | { kind: 'none' };

const lastsMs = 10 * minuteMs;
const mostTries = 5;
/** A day, of one person and of one phone. */
const mostAsks = 5;

const indexes: IndexSpec[] = [
  { collection: 'phoneCodes', key: { at: 1 }, why: 'what is older than its retention' },
  { collection: 'phoneAsks', key: { at: 1 }, why: 'what is older than its retention' },
];

/** Proves by a code in a text message that a phone is hers, and has it bound to her. */
export function createPhones(given: {
  db: Connection;
  clock: Clock;
  key: string;
  /** The name in front of every message: 「【小藝旅行】」. */
  signature: string;
  sms: SmsSender;
  bind: (
    pid: string,
    phone: string,
    how: { source: string; consent: string },
  ) => Promise<{ kind: 'bound' | 'taken' }>;
}) {
  const { db, clock, key, signature, sms, bind } = given;
  const codes = db.collection<CodeRow>('phoneCodes');
  const asks = db.collection<AskRow>('phoneAsks');

  const codeOf = (cause: string): string =>
    String(createHmac('sha256', key).update(`sms\n${cause}`).digest().readUInt32BE() % 1_000_000).padStart(
      6,
      '0',
    );

  /** Counts one more, the same cause once. False: it was the last already. */
  async function isAllowed(whom: string, cause: string): Promise<boolean> {
    const at = new Date(clock.now());
    const _id = `${clock.day(clock.now())}/${whom}`;
    await asks.updateOne({ _id }, { $setOnInsert: { causes: [], at } }, { upsert: true });
    const { matchedCount } = await asks.updateOne(
      { _id, $or: [{ causes: cause }, { [`causes.${mostAsks - 1}`]: { $exists: false } }] },
      { $addToSet: { causes: cause } },
    );
    return matchedCount === 1;
  }

  async function send(row: CodeRow): Promise<Asked> {
    if (row.sentAt) return { kind: 'asked' };
    const text = `【${signature}】驗證碼 ${codeOf(row.cause)}，10 分鐘內有效。不是你本人操作，請不要理會。拒收請回覆 R`;
    const answer = await sms.send({ id: row.cause, phone: row.phone, text });
    crashPoint('sms-sent');
    if (answer === 'refused') return { kind: 'refused' };
    await codes.updateOne({ _id: row._id, cause: row.cause }, { $set: { sentAt: new Date(clock.now()) } });
    return { kind: 'asked' };
  }

  return {
    upkeep: {
      indexes,
      erase: async ({ pid }) => void (pid !== undefined && (await codes.deleteMany({ _id: pid }))),
      async forget(ago) {
        await codes.deleteMany({ at: { $lt: ago(1) } });
        await asks.deleteMany({ at: { $lt: ago(1) } });
      },
    } satisfies Upkeep,

    /** Sends a code to a phone she says is hers. `cause` (an inbox id): the same again is the same code, sent once. */
    async ask(asked: { pid: string; phone: string; cause: string; consent: string }): Promise<Asked> {
      const { pid, phone, cause, consent } = asked;
      const before = await codes.findOne({ _id: pid });
      if (before?.cause === cause) return send(before);
      const whom = [pid, keyedHash(key, 'phone', phone)];
      for (const one of whom) if (!(await isAllowed(one, cause))) return { kind: 'tooMany' };
      const row = { phone, cause, consent, at: new Date(clock.now()), tries: 0 };
      await codes.replaceOne({ _id: pid }, row, { upsert: true });
      return send({ _id: pid, ...row });
    },

    /** What she types as the code; the right one binds. */
    async prove(pid: string, said: string): Promise<Proven> {
      const row = await codes.findOneAndUpdate(
        { _id: pid, tries: { $lt: mostTries }, at: { $gt: new Date(clock.now() - lastsMs) } },
        { $inc: { tries: 1 } },
        { returnDocument: 'after' },
      );
      if (!row) return { kind: 'none' };
      if (said.normalize('NFKC').replace(/\s/gu, '') !== codeOf(row.cause))
        return { kind: 'wrong', left: mostTries - row.tries };
      const bound = await bind(pid, row.phone, { source: 'sms', consent: row.consent });
      crashPoint('phone-bound');
      await codes.deleteOne({ _id: pid, cause: row.cause });
      return bound.kind === 'taken' ? { kind: 'taken' } : { kind: 'bound', phone: row.phone };
    },
  };
}

export type Phones = ReturnType<typeof createPhones>;
