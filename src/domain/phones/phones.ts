import { createHmac } from 'node:crypto';
import type { Connection } from 'mongoose';
import { dayMs, minuteMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { keyedHash } from '../../kit/ids';
import type { Log } from '../../kit/log';
import type { IndexSpec } from '../../store/indexes';
import { notAfter, type Upkeep } from '../upkeep';
import type { SmsSender } from './sms';

/**
 * `phoneCodes{_id: pid}`: the phone that she says is hers, until she proves it. The code follows from `cause` and lies nowhere;
 * `tried` are the causes of what she said as the code. What came of it stays, without the phone, for a second run.
 */
type CodeRow = {
  _id: string;
  phone?: string;
  cause: string;
  consent: string;
  at: Date;
  tried: string[];
  sentAt?: Date;
  proven?: { by: string; kind: 'bound' | 'taken'; tail: string };
};
type OpenRow = CodeRow & { phone: string };
/** `phoneAsks{_id: '<day>/<whom>'}`: how many codes were asked for, by the causes. */
type AskRow = { _id: string; causes: string[]; at: Date };

export type Asked =
  /** `shown`: the message itself, where there is no other phone than the chat. */
  | { kind: 'asked'; tail: string; shown?: string }
  /** The last one may still be under way. */
  | { kind: 'tooSoon'; inMs: number }
  | { kind: 'tooMany' }
  /** Nothing can be sent to this phone. */
  | { kind: 'refused' }
  /** Not sent, by no fault of hers; it does not count. */
  | { kind: 'failed' }
  /** Nothing to send again. */
  | { kind: 'none' };
export type Proven =
  | { kind: 'bound'; tail: string }
  /** The phone is somebody else's here. */
  | { kind: 'taken'; tail: string }
  | { kind: 'wrong'; left: number }
  | { kind: 'expired' }
  | { kind: 'tooOften' }
  | { kind: 'none' };

const lastsMs = 10 * minuteMs;
const mostTries = 5;
/** A day, of one person and of one phone. */
const mostAsks = 5;
/** Between two codes to the same phone. */
const pauseMs = minuteMs;

const indexes: IndexSpec[] = [
  { collection: 'phoneCodes', key: { at: 1 }, why: 'what is older than its retention' },
  { collection: 'phoneAsks', key: { at: 1 }, why: 'what is older than its retention' },
];

/** Proves by a code in a text message that a phone is hers, and has it bound to her. */
export function createPhones(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  key: string;
  /** The name in front of every message: 「【小藝旅行】」. */
  signature: string;
  /** None: not connected. */
  sms: SmsSender | undefined;
  bind: (
    pid: string,
    phone: string,
    how: { source: string; consent: string },
  ) => Promise<{ kind: 'bound' | 'taken' }>;
}) {
  const { db, clock, log, key, signature, sms, bind } = given;
  const codes = db.collection<CodeRow>('phoneCodes');
  const asks = db.collection<AskRow>('phoneAsks');

  const codeOf = (cause: string): string =>
    String(createHmac('sha256', key).update(`sms\n${cause}`).digest().readUInt32BE() % 1_000_000).padStart(
      6,
      '0',
    );
  const askOf = (whom: string, at = clock.now()): string => `${clock.day(at)}/${whom}`;
  const whomOf = ({ _id, phone }: OpenRow): string[] => [_id, keyedHash(key, 'phone', phone)];

  /** Counts one more, the same cause once. False: it was the last already. */
  async function isAllowed(whom: string, cause: string): Promise<boolean> {
    const at = new Date(clock.now());
    const _id = askOf(whom);
    await asks.updateOne({ _id }, { $setOnInsert: { causes: [], at } }, { upsert: true });
    const { matchedCount } = await asks.updateOne(
      { _id, $or: [{ causes: cause }, { [`causes.${mostAsks - 1}`]: { $exists: false } }] },
      { $addToSet: { causes: cause } },
    );
    return matchedCount === 1;
  }

  async function send(row: OpenRow): Promise<Asked> {
    const { _id, phone, cause } = row;
    const [code, minutes] = [codeOf(cause), String(lastsMs / minuteMs)];
    const text = `【${signature}】驗證碼 ${code}，${minutes} 分鐘內有效。不是你本人操作，請不要理會。拒收請回覆 R`;
    const asked = { kind: 'asked' as const, tail: tailOf(phone), ...(sms?.shows ? { shown: text } : {}) };
    if (row.sentAt) return asked;
    const answer = await sms
      ?.send({ id: cause, phone, text, values: [code, minutes] })
      .catch((err: unknown) => {
        log.warn({ err, id: cause }, 'phones: a code was not sent');
        return undefined;
      });
    crashPoint('sms-sent');
    if (answer === 'refused') return { kind: 'refused' };
    if (answer === undefined) {
      const ids = whomOf(row).map((whom) => askOf(whom));
      await asks.updateMany({ _id: { $in: ids } }, { $pull: { causes: cause } });
      return { kind: 'failed' };
    }
    await codes.updateOne({ _id, cause }, { $set: { sentAt: new Date(clock.now()) } });
    return asked;
  }

  /** Sends a code to a phone she says is hers. `cause` (an inbox id): the same again is the same code, sent once. */
  async function ask(asked: { pid: string; phone: string; cause: string; consent: string }): Promise<Asked> {
    const { pid: _id, phone, cause, consent } = asked;
    const before = await codes.findOne({ _id });
    if (before && isOpen(before) && before.cause === cause) return send(before);
    const sentAgo = clock.now() - (before?.sentAt?.getTime() ?? 0);
    if (before?.phone === phone && sentAgo < pauseMs) return { kind: 'tooSoon', inMs: pauseMs - sentAgo };
    const row = { _id, phone, cause, consent, at: new Date(clock.now()), tried: [] };
    for (const one of whomOf(row)) if (!(await isAllowed(one, cause))) return { kind: 'tooMany' };
    await codes.replaceOne({ _id }, row, { upsert: true });
    return send(row);
  }

  return {
    upkeep: {
      indexes,
      async erase({ pid, upTo }) {
        if (pid === undefined) return;
        const old = { at: notAfter(upTo) };
        await codes.deleteMany({ _id: pid, ...old });
        const days = [0, 1, 2].map((ago) => askOf(pid, clock.now() - ago * dayMs));
        await asks.deleteMany({ _id: { $in: days }, ...old });
      },
      async copy({ pid }) {
        const days = [0, 1, 2].map((ago) => askOf(pid, clock.now() - ago * dayMs));
        const [phoneCodes, phoneAsks] = await Promise.all([
          codes.find({ _id: pid }).toArray(),
          asks.find({ _id: { $in: days } }).toArray(),
        ]);
        return { phoneCodes, phoneAsks };
      },
      async forget(ago) {
        await codes.deleteMany({ at: { $lt: ago(1) } });
        await asks.deleteMany({ at: { $lt: ago(1) } });
      },
    } satisfies Upkeep,

    /** Whether there is anybody who sends. */
    available: sms !== undefined,

    ask,

    /** Sends another code to the phone of the last one. */
    async askAgain(pid: string, cause: string): Promise<Asked> {
      const row = await codes.findOne({ _id: pid });
      return row && isOpen(row) ? ask({ ...row, pid, cause }) : { kind: 'none' };
    },

    /** What she types as the code; the right one binds. `cause`: the same again is the same try. */
    async prove(pid: string, said: string, cause: string): Promise<Proven> {
      const row = await codes.findOneAndUpdate(
        {
          ...{ _id: pid, phone: { $exists: true }, at: { $gt: new Date(clock.now() - lastsMs) } },
          $or: [{ tried: cause }, { [`tried.${mostTries - 1}`]: { $exists: false } }],
        },
        { $addToSet: { tried: cause } },
        { returnDocument: 'after' },
      );
      if (!row || !isOpen(row)) return whyNot(await codes.findOne({ _id: pid }), cause);
      if (said.normalize('NFKC').replace(/\s/gu, '') !== codeOf(row.cause))
        return { kind: 'wrong', left: mostTries - 1 - row.tried.indexOf(cause) };
      const { kind } = await bind(pid, row.phone, { source: 'sms', consent: row.consent });
      crashPoint('phone-bound');
      const tail = tailOf(row.phone);
      await codes.updateOne(
        { _id: pid, cause: row.cause },
        { $set: { proven: { by: cause, kind, tail } }, $unset: { phone: '' } },
      );
      return { kind, tail };
    },
  };

  function whyNot(row: CodeRow | null, cause: string): Proven {
    if (row?.proven?.by === cause) return { kind: row.proven.kind, tail: row.proven.tail };
    if (!row || !isOpen(row)) return { kind: 'none' };
    return { kind: row.at.getTime() <= clock.now() - lastsMs ? 'expired' : 'tooOften' };
  }
}

export type Phones = ReturnType<typeof createPhones>;

const isOpen = (row: CodeRow): row is OpenRow => row.phone !== undefined;
const tailOf = (phone: string): string => phone.slice(-4);
