import type { Connection } from 'mongoose';
import { keyedHash, randomId } from '../kit/ids';
import { createSeal } from '../kit/seal';

/** `mark`: which token it is, without telling it. `until` and `leaseUntil` are moments of the database's clock. */
type TokenRow = {
  _id: string;
  sealed?: string;
  mark?: string;
  until?: Date;
  owner?: string;
  leaseUntil?: Date;
};

/** Longer than WeChat takes to answer; a process that dies in the middle stops the others no longer than this. */
const leaseMs = 15_000;
/** A token is wanted now; without the database each process asks for its own. */
const timeoutMS = 1_000;

/**
 * One access token for all processes of an account (`SharedToken` in `wechat/api/token.ts`), in `tokens{_id: appId}`. It
 * lies there sealed: who reads the database, a backup or its log has no token. Expiry and lease go by the database's
 * clock.
 */
export function createSharedToken({
  db,
  appId,
  dataKey,
}: {
  db: Connection;
  appId: string;
  dataKey: string;
}) {
  const rows = db.collection<TokenRow>('tokens');
  const owner = randomId();
  const { seal, unseal } = createSeal(dataKey, 'token-seal');
  const markOf = (token: string): string => keyedHash(dataKey, 'token', token);
  const isFresh = { $gt: ['$until', '$$NOW'] };
  const empty = { sealed: '', mark: '', until: '' } as const;

  return {
    async read(): Promise<{ token: string; freshMs: number } | undefined> {
      const [row] = await rows
        .aggregate<TokenRow & { freshMs: number }>(
          [
            { $match: { _id: appId, $expr: isFresh } },
            { $set: { freshMs: { $subtract: ['$until', '$$NOW'] } } },
          ],
          { timeoutMS },
        )
        .toArray();
      if (!row?.sealed) return undefined;
      try {
        return { token: unseal(row.sealed, appId).toString('utf8'), freshMs: row.freshMs };
      } catch {
        // Of another data key: nobody here can open it, and it stands in the way of a new one.
        await rows.updateOne({ _id: appId, sealed: row.sealed }, { $unset: empty }, { timeoutMS });
        return undefined;
      }
    },

    async lease(): Promise<boolean> {
      await rows.updateOne({ _id: appId }, { $setOnInsert: { owner: '' } }, { upsert: true, timeoutMS });
      const isFree = { $or: [{ $eq: ['$owner', owner] }, { $not: [{ $gt: ['$leaseUntil', '$$NOW'] }] }] };
      const { matchedCount } = await rows.updateOne(
        { _id: appId, $expr: { $and: [isFree, { $not: [isFresh] }] } },
        [{ $set: { owner, leaseUntil: { $add: ['$$NOW', leaseMs] } } }],
        { timeoutMS },
      );
      return matchedCount === 1;
    },

    /** Only while the lease is ours: who slept longer than it has nothing to say any more. */
    async write(kept?: { token: string; freshMs: number }): Promise<void> {
      const given = kept && {
        sealed: seal(Buffer.from(kept.token), appId),
        mark: markOf(kept.token),
        until: { $add: ['$$NOW', Math.floor(kept.freshMs)] },
      };
      const update = [{ $set: { ...given, owner: '', leaseUntil: new Date(0) } }];
      await rows.updateOne({ _id: appId, owner }, update, { timeoutMS });
    },

    async forget(token: string): Promise<void> {
      await rows.updateOne({ _id: appId, mark: markOf(token) }, { $unset: empty }, { timeoutMS });
    },
  };
}
