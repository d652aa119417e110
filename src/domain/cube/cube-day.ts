import { dayNumber } from '../../kit/beijing';

/** What may be known of a person; width is how many there are, and how much of this. */
export const knownNames = {
  gender: '知道性別',
  birthday: '知道生日',
  city: '知道城市',
  phone: '綁了手機',
  asked: '30 天內問過',
} as const;
export type KnownCode = keyof typeof knownNames;
export const knownCodes = Object.keys(knownNames) as KnownCode[];

/** How long in relation, by whole months since she followed: from so many on, up to the next. */
export const bands = [
  { months: 0, name: '不到 1 個月' },
  { months: 1, name: '1 到 3 個月' },
  { months: 3, name: '3 到 6 個月' },
  { months: 6, name: '6 到 12 個月' },
  { months: 12, name: '1 到 2 年' },
  { months: 24, name: '2 年以上' },
] as const;
/** When she followed is not known: she did before we were connected. */
export const unknownBand = bands.length;

/**
 * People who are alike in length and value, counted together. `fifth`: 1 to 5 by what they spent or gathered, 0 while nobody has
 * judged them; `days` since they followed, of all of them.
 */
export type Block = { band: number; kind: 'purchase' | 'engagement'; fifth: number } & Sums;
type Sums = {
  people: number;
  days: number;
  purchases: number;
  spentFen: number;
  points: number;
} & Record<KnownCode, number>;

export const fifthNames = ['最低', '次低', '中間', '次高', '最高'] as const;
export type Fifth = { people: number; sum: number };

/** `cubeDays{_id: day}`: the cube as it was counted on a Beijing day, at `at`. Names nobody, kept for good. */
export type CubeDay = {
  _id: string;
  at: Date;
  people: number;
  known: Record<KnownCode, number>;
  /** People by band; the last are those of whom it is not known. `meanDays`: of those of whom it is. */
  length: { bands: number[]; unknown: number; meanDays?: number };
  /** `fifths`, the lowest first: fen of those who bought; points of those who never did. `unjudged`: not in them yet. */
  bought: { people: number; purchases: number; spentFen: number; fifths: Fifth[]; unjudged: number };
  engaged: { people: number; points: number; fifths: Fifth[]; unjudged: number };
  /** Of everybody, buyers too. */
  points: number;
  stages: Record<string, number>;
};

/** Puts the blocks together. */
export function cubeOf(
  blocks: readonly Block[],
  when: { day: string; at: Date; stages: Readonly<Record<string, number>> },
): CubeDay {
  const sum = (of: keyof Sums, some = blocks) => some.reduce((all, one) => all + one[of], 0);
  const inBand = (band: number) =>
    sum(
      'people',
      blocks.filter((one) => one.band === band),
    );
  const byKind = (kind: Block['kind'], of: 'spentFen' | 'points') => {
    const some = blocks.filter((one) => one.kind === kind);
    const inFifth = (fifth: number) => some.filter((one) => one.fifth === fifth);
    return {
      people: sum('people', some),
      fifths: [1, 2, 3, 4, 5].map((fifth) => ({
        people: sum('people', inFifth(fifth)),
        sum: sum(of, inFifth(fifth)),
      })),
      unjudged: sum('people', inFifth(0)),
    };
  };
  const people = sum('people');
  const dated = people - inBand(unknownBand);
  return {
    _id: when.day,
    at: when.at,
    people,
    known: Object.fromEntries(knownCodes.map((code) => [code, sum(code)])) as CubeDay['known'],
    length: {
      bands: bands.map((_, band) => inBand(band)),
      unknown: people - dated,
      ...(dated > 0 ? { meanDays: sum('days') / dated } : {}),
    },
    bought: {
      ...byKind('purchase', 'spentFen'),
      purchases: sum('purchases'),
      spentFen: sum('spentFen'),
    },
    engaged: {
      ...byKind('engagement', 'points'),
      points: sum(
        'points',
        blocks.filter(({ kind }) => kind === 'engagement'),
      ),
    },
    points: sum('points'),
    stages: { ...when.stages },
  };
}

/** The last day, since 1970, on which who followed has been here for so many months. A 31st has its month on the last day of it. */
export function monthsBefore(day: string, months: number): number {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
  const at = new Date(Date.UTC(year, month - 1 - months, Math.min(date, last)));
  return dayNumber(at.toISOString().slice(0, 10));
}
