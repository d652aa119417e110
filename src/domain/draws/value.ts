import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { isSamePerson } from '../../kit/signed';
import { changed, type Draw, type Pending } from './draw';

/** The public value that decides: two people say it, each on her own. */
export function createValues(given: {
  db: Connection;
  clock: Clock;
  mustHave: (id: string) => Promise<Draw>;
}) {
  const { db, clock, mustHave } = given;
  const rows = db.collection<Draw>('draws');

  /**
   * One person says something, a second says the same: then it is done. The same person again only corrects what she said.
   */
  async function together(given: {
    draw: Draw;
    from: Draw['state'][];
    said: Pending;
    same: (before: Pending) => boolean;
    then: (first: Pending) => Record<string, unknown>;
  }): Promise<'waits' | 'done'> {
    const { draw, from, said, same, then } = given;
    const { pending } = draw;
    const second = pending && pending.what === said.what && !isSamePerson(pending.by, said.by);
    if (second && !same(pending)) {
      await rows.updateOne({ _id: draw._id, pending }, { $unset: { pending: 1 } });
      throw new AppError(
        'Conflict',
        'draw.differs',
        `與 ${pending.by} 先前輸入的不同，兩個都沒有採用；請兩位核對原始公告後各自再輸入一次。`,
      );
    }
    const before = pending ? { pending } : { pending: { $exists: false } };
    const { matchedCount } = await rows.updateOne(
      { _id: draw._id, state: { $in: from }, ...before },
      second ? { ...then(pending), $unset: { pending: 1 } } : { $set: { pending: said } },
    );
    if (matchedCount === 0) throw changed(draw._id);
    return second ? 'done' : 'waits';
  }

  return {
    /**
     * Enters the value that was named, once it is known. Two people, each on her own; only when both say the same it
     * counts.
     *
     * @throws AppError Conflict before the list is frozen, before its time, or when they differ (both are dropped);
     *   Invalid draw.value when it has not the form of what was named
     */
    async enter({ id, value, by }: { id: string; value: string; by: string }): Promise<'waits' | 'done'> {
      const draw = await mustHave(id);
      const text = canonicalValue(value);
      const wrong = text === '' ? '公開數是空的。' : whyNotValue(draw.named, text);
      if (wrong) throw new AppError('Invalid', 'draw.value', wrong);
      if (draw.value) {
        if (draw.value.text === text) return 'done';
        throw new AppError('Conflict', 'draw.state', `「${id}」的公開數已經確定是「${draw.value.text}」。`);
      }
      if (draw.state !== 'frozen')
        throw new AppError('Conflict', 'draw.state', `「${id}」的名單還沒有凍結，不能輸入公開數。`);
      const at = clock.now();
      if (at < draw.valueAt)
        throw new AppError(
          'Conflict',
          'draw.early',
          `「${draw.named}」要到 ${beijingMoment(draw.valueAt)} 才會公布。`,
        );
      return together({
        draw,
        from: ['frozen'],
        said: { what: 'value', by, at, text },
        same: (first) => first.what === 'value' && first.text === text,
        then: (first) => ({
          $set: { state: 'valued', value: { text, at, by: first.by, approvedBy: by } },
        }),
      });
    },

    /**
     * Names a later value in place of one that is known before the list could be frozen, or will never be published. Two
     * people; what was named before is kept and shown in the proof's history.
     */
    async putOff(given: {
      id: string;
      named: string;
      valueAt: number;
      by: string;
      reason: string;
    }): Promise<'waits' | 'done'> {
      const { id, valueAt, by, reason } = given;
      const draw = await mustHave(id);
      const named = given.named.trim();
      const at = clock.now();
      if (draw.state !== 'committed')
        throw new AppError('Conflict', 'draw.state', `「${id}」的名單已經凍結，公開數不能再換。`);
      if (named === '' || valueAt <= at)
        throw new AppError('Invalid', 'draw.value', '請指定一個以後才會公布的數，和它公布的時間。');
      return together({
        draw,
        from: ['committed'],
        said: { what: 'putOff', by, at, named, valueAt, reason },
        same: (first) =>
          first.what === 'putOff' &&
          canonicalValue(first.named) === canonicalValue(named) &&
          first.valueAt === valueAt,
        then: (first) => ({
          $set: { named, valueAt },
          $push: {
            putOff: { named: draw.named, valueAt: draw.valueAt, by: first.by, approvedBy: by, at, reason },
          },
        }),
      });
    },
  };
}

/** Width and spaces of what somebody typed do not decide who wins. */
export const canonicalValue = (text: string): string =>
  text.normalize('NFKC').replaceAll(/\s+/g, ' ').trim().toLowerCase();

/** Numbers drawn without putting back: how many, up to which. */
type Balls = { count: number; most: number };

/** What well-known public values look like, so that a slip of the finger decides nothing. */
const forms: { named: RegExp; is: (text: string) => boolean; like: string }[] = [
  {
    named: /drand/i,
    is: (text) => /^[0-9a-f]{64}$/.test(text),
    like: 'drand 那一輪的 randomness：64 個 0 到 9、a 到 f；在 https://api.drand.sh/public/輪次 看',
  },
  {
    named: /雙色球|双色球/,
    is: (text) =>
      areBalls(text, [
        { count: 6, most: 33 },
        { count: 1, most: 16 },
      ]),
    like: '雙色球七個號：六個不同的紅球 01 到 33，再一個藍球 01 到 16，例如「03 07 12 18 25 31 09」',
  },
  {
    named: /大樂透|大乐透/,
    is: (text) =>
      areBalls(text, [
        { count: 5, most: 35 },
        { count: 2, most: 12 },
      ]),
    like: '大樂透七個號：前區五個不同的 01 到 35，後區兩個 01 到 12，例如「03 07 12 18 25 04 09」',
  },
  {
    named: /福彩 ?3d|排列三|排列3/i,
    is: (text) => /^\d[ ,]?\d[ ,]?\d$/.test(text),
    like: '三個數字，例如「3 0 7」',
  },
];

/** Why a text can not be the value that was named; undefined when it can, or when nobody knows its form. */
export function whyNotValue(named: string, text: string): string | undefined {
  const form = forms.find((one) => one.named.test(named.normalize('NFKC')));
  return form && !form.is(text) ? `「${text}」不像「${named}」：應該是${form.like}。` : undefined;
}

function areBalls(text: string, groups: Balls[]): boolean {
  const numbers = text.split(/[ ,+|]+/).filter(Boolean);
  let at = 0;
  return (
    numbers.every((number) => /^\d{1,2}$/.test(number)) &&
    numbers.length === groups.reduce((sum, { count }) => sum + count, 0) &&
    groups.every(({ count, most }) => {
      const own = numbers.slice(at, (at += count)).map(Number);
      return new Set(own).size === count && own.every((number) => number >= 1 && number <= most);
    })
  );
}
