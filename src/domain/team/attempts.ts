import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { keyedHash } from '../../kit/ids';

type AttemptsRow = { _id: string; n: number; nextAt: number; at: Date };

/** So many at once are free; then each waits twice as long as the one before, a quarter of an hour at most. */
const free = 5;
const longestMs = 15 * 60_000;
/** After an hour without a try all is forgotten. */
const forgottenMs = 3_600_000;
/** From browsers that nobody has signed in from, in one minute, whoever they ask for and from wherever. */
const strangersPerMinute = 60;

/**
 * Guessing costs time, per name, per address and altogether, and shuts nobody out for good: a browser in which she has signed in
 * before is counted by itself, so that who guesses from elsewhere never keeps her waiting. `now`: machine time, ms.
 */
export function createAttempts({ db, key, now }: { db: Connection; key: string; now(): number }) {
  const rows = db.collection<AttemptsRow>('attempts');

  /** One try under this name: counted before it is made. Ms to wait; 0: go on. */
  async function tryUnder(name: string, most = Number.POSITIVE_INFINITY): Promise<number> {
    const at = now();
    const _id = keyedHash(key, 'attempt', name);
    const fresh = { $lt: [{ $ifNull: ['$at', new Date(0)] }, new Date(at - forgottenMs)] };
    const n = { $cond: [fresh, 1, { $add: [{ $ifNull: ['$n', 0] }, 1] }] };
    const pause = {
      $cond: [
        { $gt: ['$n', most === Number.POSITIVE_INFINITY ? free : most] },
        {
          $min: [
            longestMs,
            { $multiply: [1_000, { $pow: [2, { $min: [20, { $subtract: ['$n', free] }] }] }] },
          ],
        },
        0,
      ],
    };
    const waits = { $and: [{ $gt: [{ $ifNull: ['$nextAt', 0] }, at] }, { $not: [fresh] }] };
    const before = await rows.findOneAndUpdate(
      { _id },
      [
        { $set: { waits } },
        { $set: { n: { $cond: ['$waits', '$n', n] }, at: { $cond: ['$waits', '$at', new Date(at)] } } },
        { $set: { nextAt: { $cond: ['$waits', '$nextAt', { $add: [at, pause] }] } } },
        { $unset: 'waits' },
      ],
      { upsert: true, returnDocument: 'before' },
    );
    if (!before || before.at.getTime() < at - forgottenMs) return 0;
    return Math.max(0, before.nextAt - at);
  }

  return {
    /**
     * Counts a try to sign in, before the password is looked at.
     * @throws AppError `TooMany`, the same whether the name is somebody's or not
     */
    async signIn(asked: { login: string; ip: string; device: string | undefined }): Promise<void> {
      const { login, ip, device } = asked;
      const minute = Math.floor(now() / 60_000);
      if (device) return refuseFor(await tryUnder(`device ${device}`));
      // Who is stopped by the first is not counted under the others: one address shuts nobody else out.
      refuseFor(await tryUnder(`ip ${ip}`));
      refuseFor(await tryUnder(`login ${login}`));
      refuseFor(await tryUnder(`minute ${minute}`, strangersPerMinute));
    },
    /** Counts a try of a second factor. */
    async second(who: string): Promise<void> {
      refuseFor(await tryUnder(`second ${who}`));
    },
    /** She is who she says: what was guessed before under these counts no more. */
    async passed(asked: {
      login?: string;
      device?: string | undefined;
      ip?: string;
      second?: string;
    }): Promise<void> {
      const names = [
        ...(asked.ip ? [`ip ${asked.ip}`] : []),
        ...(asked.login ? [`login ${asked.login}`] : []),
        ...(asked.device ? [`device ${asked.device}`] : []),
        ...(asked.second ? [`second ${asked.second}`] : []),
      ];
      await rows.deleteMany({ _id: { $in: names.map((name) => keyedHash(key, 'attempt', name)) } });
    },
    forget: () => rows.deleteMany({ at: { $lt: new Date(now() - 86_400_000) } }),
  };
}

/** 「24 秒」, 「3 分鐘」. */
function refuseFor(waitMs: number): void {
  if (waitMs <= 0) return;
  const seconds = Math.ceil(waitMs / 1_000);
  const told = seconds < 90 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分鐘`;
  throw new AppError('TooMany', 'team.too-many-tries', `試的次數太多了，請 ${told}後再試。`);
}
