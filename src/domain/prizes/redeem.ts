import type { Connection } from 'mongoose';
import { beijingMoment, hourMs, minuteMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Log } from '../../kit/log';
import { fold } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import type { Award } from './award';
import type { Awards } from './awards';
import { readRedeemCode } from './codes';

export const redeemIndexes: IndexSpec[] = [
  { collection: 'redeemTries', key: { at: 1 }, why: 'which counts of tries may be forgotten' },
];

/** What the counter is told. */
export type Redeemed =
  | { kind: 'used'; award: Award }
  | { kind: 'already'; award: Award }
  | { kind: 'expired'; award: Award }
  | { kind: 'void'; award: Award }
  | { kind: 'waits'; award: Award }
  /** It is for another place, and whoever is there did not say that this one is meant. */
  | { kind: 'elsewhere'; award: Award }
  /** Not a code of ours, or not written as one. */
  | { kind: 'unknown' }
  | { kind: 'tooMany' };

/** As `Redeemed`, before it is. */
export type Looked = Exclude<Redeemed, { kind: 'used' | 'elsewhere' }> | { kind: 'valid'; award: Award };

/** `onlyThere`: not where it is, as far as two texts can tell, for another place. */
type Who = { by: string; at: string; onlyThere?: boolean };

/** Wrong codes a person may enter in a minute, and all together before somebody must look. */
const mostWrong = 5;
const alarmAt = 50;

type TryRow = { _id: string; n: number; at: Date };

/** Staff check a coupon: once, with where and by whom. Guessing is slow, and 60 random bits are too many to guess. */
export function createRedeem(given: { db: Connection; clock: Clock; log: Log; awards: Awards }) {
  const { db, clock, log, awards } = given;
  const tries = db.collection<TryRow>('redeemTries');

  /** Counts a try before it is looked at, so that five hundred at once are not five hundred looks. */
  async function count(id: string, by: number): Promise<number> {
    const row = await tries.findOneAndUpdate(
      { _id: id },
      { $inc: { n: by }, $setOnInsert: { at: new Date() } },
      { upsert: true, returnDocument: 'after', timeoutMS: 2_500 },
    );
    return row?.n ?? 0;
  }

  async function find(code: string): Promise<Looked> {
    const read = readRedeemCode(code);
    const award = read === undefined ? undefined : await awards.byRedeemCode(read);
    if (!award) return { kind: 'unknown' };
    const now = clock.now();
    if (award.state === 'used' || award.state === 'done') return { kind: 'already', award };
    if (award.state === 'void') return { kind: 'void', award };
    if (award.state === 'expired' || (award.claimBy ?? now) < now) return { kind: 'expired', award };
    return { kind: award.waits === undefined ? 'valid' : 'waits', award };
  }

  async function check(code: string, { by, at, onlyThere = false }: Who): Promise<Redeemed> {
    const found = await find(code);
    if (found.kind !== 'valid') return found;
    if (onlyThere && isElsewhere(found.award, at)) return { kind: 'elsewhere', award: found.award };
    const set = { used: { where: at, by, at: clock.now() } };
    const moved = await awards.move(found.award._id, 'used', { by, set });
    switch (moved.kind) {
      case 'moved':
        return { kind: 'used', award: moved.award };
      case 'same':
        return { kind: 'already', award: moved.award };
      case 'refused':
        return { kind: moved.why === 'waits' ? 'waits' : 'void', award: moved.award };
      case 'unknown':
        return { kind: 'unknown' };
    }
  }

  /** Whoever asks for codes that are none waits; asking for one that is counts for nothing. */
  async function guarded<Answer extends { kind: string }>(
    by: string,
    ask: () => Promise<Answer>,
  ): Promise<Answer | { kind: 'tooMany' }> {
    const minute = Math.floor(Date.now() / minuteMs);
    const mine = `${by}:${minute}`;
    if ((await count(mine, 1)) > mostWrong) return { kind: 'tooMany' };
    crashPoint('redeem-counted');
    const answer = await ask();
    if (answer.kind !== 'unknown') {
      await count(mine, -1);
      return answer;
    }
    if ((await count(`:${minute}`, 1)) === alarmAt)
      log.error({ minute, wrong: alarmAt }, 'somebody is guessing redeem codes; look at who enters them');
    return answer;
  }

  return {
    /** @param who the member of staff and the place; both are kept with the coupon */
    redeem: (code: string, who: Who): Promise<Redeemed> => guarded(who.by, () => check(code, who)),
    /** What this code is, without using it. A wrong one counts as one that was entered. */
    look: (code: string, { by }: Pick<Who, 'by'>): Promise<Looked> => guarded(by, () => find(code)),
    /** What somebody redeemed since a moment, the last first. */
    async usedBy(by: string, { since, limit = 20 }: { since: number; limit?: number }): Promise<Award[]> {
      const found: Award[] = [];
      for await (const award of awards.find({ 'used.at': { $gte: since }, 'used.by': by })) found.push(award);
      return found.toSorted((a, b) => (b.used?.at ?? 0) - (a.used?.at ?? 0)).slice(0, limit);
    },
    forget: async (): Promise<void> => {
      await tries.deleteMany({ at: { $lt: new Date(Date.now() - hourMs) } });
    },
  };
}

export type Redeem = ReturnType<typeof createRedeem>;

/** The answer as one sentence for the counter. */
export function tellRedeemed(answer: Redeemed | Looked): string {
  switch (answer.kind) {
    case 'valid':
      return `可以使用：${answer.award.what.name}。還沒有核銷。`;
    case 'used':
      return `可以使用：${answer.award.what.name}。已登記為使用。`;
    case 'already': {
      const { used } = answer.award;
      return `已經用過了${used ? `：${beijingMoment(used.at)} 在 ${used.where}，由 ${used.by} 核銷` : ''}。`;
    }
    case 'expired':
      return `已過期${answer.award.claimBy ? `：有效期到 ${beijingMoment(answer.award.claimBy)}` : ''}。`;
    case 'void':
      return '這張券已作廢，不能使用。';
    case 'waits':
      return '這張券正在核對，暫時不能使用；請客人稍後再來，或聯繫主辦方。';
    case 'elsewhere':
      return `這張券只在「${answer.award.what.usedAt ?? ''}」使用；確定就是這裡，再核銷。`;
    case 'unknown':
      return '沒有這個碼，請核對後再輸入（0 與 O、1 與 I 不分）。';
    case 'tooMany':
      return '輸錯太多次了，請等一分鐘再試。';
  }
}

/**
 * She may use it at one place, and this seems to be another: the two texts have no three signs in a row in common, and none
 * stands in the other. Whoever is there knows better.
 */
export function isElsewhere({ what }: Pick<Award, 'what'>, at: string): boolean {
  const [meant, here] = [fold(what.usedAt ?? ''), fold(at)];
  if (meant === '' || here === '' || meant.includes(here) || here.includes(meant)) return false;
  const signs = [...here];
  return !signs.some((_, n) => n + 3 <= signs.length && meant.includes(signs.slice(n, n + 3).join('')));
}
