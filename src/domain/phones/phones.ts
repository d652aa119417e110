import { createHmac } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { dayMs, minuteMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { keyedHash } from '../../kit/ids';
import type { Log } from '../../kit/log';
import type { IndexSpec } from '../../store/indexes';
import type { Audience } from '../audience';
import { notAfter, type Upkeep } from '../upkeep';
import { createSmsConsents } from './consents';
import { phoneLeaves } from './phones.leaves';
import { promotionalText, type SmsSender } from './sms';

/**
 * `phoneCodes{_id: pid}`: the phone that she says is hers, until she proves it. The code follows from `cause` and lies nowhere;
 * `tried` are the causes of what she said as the code. What came of it stays, without the phone, for a second run. `sealed` is
 * the phone that she has bound, until `offerUntil`: so long she may say that she wants promotional texts on it.
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
  sealed?: string;
  offerUntil?: Date;
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
/** `again`: we have no phone of hers, she has to bind it (again). */
export type Subscribed = { kind: 'subscribed'; tail: string } | { kind: 'again' };

const lastsMs = 10 * minuteMs;
const mostTries = 5;
/** A day, of one person and of one phone. */
const mostAsks = 5;
/** Between two codes to the same phone. */
const pauseMs = minuteMs;
/** How long after binding a phone she may say that she wants promotional texts on it. */
const offerMs = 30 * minuteMs;

const indexes: IndexSpec[] = [
  { collection: 'phoneCodes', key: { at: 1 }, why: 'what is older than its retention' },
  {
    collection: 'phoneCodes',
    key: { offerUntil: 1 },
    partial: { offerUntil: { $exists: true } },
    why: 'whose sealed phone is to go',
  },
  { collection: 'phoneAsks', key: { at: 1 }, why: 'what is older than its retention' },
];

/**
 * Proves by a code in a text message that a phone is hers, and has it bound to her; and keeps it, where she wants promotional
 * texts on it.
 */
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
  /** Of these people something is known now that was not before. */
  changed: (pids: string[]) => Promise<void>;
}) {
  const { db, clock, log, key, signature, sms, bind, changed } = given;
  const consents = createSmsConsents({ db, key, log });
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
        await consents.erase({ fan: '', pid, upTo });
        const days = [0, 1, 2].map((ago) => askOf(pid, clock.now() - ago * dayMs));
        await asks.deleteMany({ _id: { $in: days }, ...old });
      },
      async copy({ pid }) {
        const days = [0, 1, 2].map((ago) => askOf(pid, clock.now() - ago * dayMs));
        const [phoneCodes, phoneAsks, smsConsents] = await Promise.all([
          codes.find({ _id: pid }, { projection: { sealed: 0 } }).toArray(),
          asks.find({ _id: { $in: days } }).toArray(),
          consents.copy(pid),
        ]);
        return { phoneCodes, phoneAsks, smsConsents };
      },
      /** She did not want any: her phone goes. */
      async sweep() {
        const over = { offerUntil: { $lte: new Date(clock.now()) } };
        await codes.updateMany(over, { $unset: { sealed: 1, offerUntil: 1 } });
      },
      async forget(ago) {
        await codes.deleteMany({ at: { $lt: ago(1) } });
        await asks.deleteMany({ at: { $lt: ago(1) } });
      },
    } satisfies Upkeep,
    audience: {
      from: { group: '她訂閱的', how: '綁定手機後的「訂閱短信」' },
      leaves: phoneLeaves,
      async facts(people) {
        const wanting = await consents.among(people.map(({ pid }) => pid));
        return new Map(wanting.map((pid) => [pid, { tokens: ['sms:yes'] }]));
      },
    } satisfies Audience,

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
      const isOffered = kind === 'bound' && sms?.push !== undefined;
      const offer = {
        sealed: consents.seal(row.phone, pid),
        offerUntil: new Date(clock.now() + offerMs),
      };
      if (kind === 'bound' && (await consents.endOfOthers(pid, row.phone))) await changed([pid]);
      await codes.updateOne(
        { _id: pid, cause: row.cause },
        { $set: { proven: { by: cause, kind, tail }, ...(isOffered ? offer : {}) }, $unset: { phone: '' } },
      );
      return { kind, tail };
    },

    /** Whether promotional texts can be sent at all. */
    pushAvailable: sms?.push !== undefined,

    /** Whether she wants promotional texts; `offered`: she has just bound a phone and may say so. */
    async wantsPush(pid: string): Promise<'yes' | 'offered' | 'no'> {
      if ((await consents.among([pid])).length > 0) return 'yes';
      return (await offeredTo(pid)) === undefined ? 'no' : 'offered';
    },

    /** She wants promotional texts on the phone that she has just bound, and read `consent`; said again it is the same. */
    async subscribe(asked: { pid: string; at: Date; consent: string }): Promise<Subscribed> {
      const { pid } = asked;
      const offered = await offeredTo(pid);
      if (offered !== undefined) {
        await consents.give({ ...asked, phone: offered });
        await dropOffer(pid);
      }
      const phone = (await consents.phonesOf([pid])).get(pid);
      if (phone === undefined) return { kind: 'again' };
      await changed([pid]);
      return { kind: 'subscribed', tail: tailOf(phone) };
    },

    /** She wants none (any more), also for having let go of her phone: what she said up to then ends, and the phone goes. */
    async unsubscribe(pid: string, upTo: Date): Promise<void> {
      await dropOffer(pid);
      await consents.end(pid, upTo);
      await changed([pid]);
    },

    /** The phones of those who want promotional texts; who is missing gets none. Of at most some thousands at once. */
    forPush: (pids: readonly string[]): Promise<Map<string, string>> => consents.phonesOf(pids),

    /**
     * Sends a promotional text: `words` (`problemsOfSms` has none), signed and with a way out. `id`: the same again is the same
     * text to a provider that knows it. `withdrawn`: she wants none by now, nothing went out.
     * @throws AppError when it may or may not have gone out, or nobody sends such texts
     */
    async sendPush(text: {
      id: string;
      pid: string;
      words: string;
      /** What differs in the provider's own template; absent: all of the words. */
      values?: readonly string[];
    }): Promise<'sent' | 'refused' | 'withdrawn'> {
      const { id, pid, words, values = [words.trim()] } = text;
      if (!sms?.push)
        throw new AppError(
          'Conflict',
          'sms.no-push',
          '還不能發優惠短信：設定 SMS_PUSH_TEMPLATE_ID（審核過的營銷模板）。',
        );
      const phone = (await consents.phonesOf([pid])).get(pid);
      if (phone === undefined) return 'withdrawn';
      return sms.push({ id, phone, text: promotionalText(signature, words), values });
    },
  };

  async function offeredTo(pid: string): Promise<string | undefined> {
    const row = await codes.findOne({ _id: pid, offerUntil: { $gt: new Date(clock.now()) } });
    return row?.sealed === undefined ? undefined : consents.unseal(row.sealed, pid);
  }

  async function dropOffer(pid: string): Promise<void> {
    await codes.updateOne({ _id: pid }, { $unset: { sealed: 1, offerUntil: 1 } });
  }

  function whyNot(row: CodeRow | null, cause: string): Proven {
    if (row?.proven?.by === cause) return { kind: row.proven.kind, tail: row.proven.tail };
    if (!row || !isOpen(row)) return { kind: 'none' };
    return { kind: row.at.getTime() <= clock.now() - lastsMs ? 'expired' : 'tooOften' };
  }
}

export type Phones = ReturnType<typeof createPhones>;

const isOpen = (row: CodeRow): row is OpenRow => row.phone !== undefined;
const tailOf = (phone: string): string => phone.slice(-4);
