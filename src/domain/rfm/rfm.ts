import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { Flat } from '../leaf';
import type { Upkeep } from '../upkeep';
import { recountTask } from './rfm.tasks';

export type RfmKind = 'purchase' | 'engagement';
export type RfmPart = 'r' | 'f' | 'm';
/** People with the same three scores, 1 to 5. `sum`: fen that buyers spent, points that the others gathered. */
export type RfmCell = { kind: RfmKind; r: number; f: number; m: number; people: number; sum: number };
/** `rfmDays{_id: day}`: how many had which scores when they were judged that day. Names nobody, kept for good. */
export type RfmDay = { _id: string; at: Date; cells: RfmCell[]; unjudged: number };

/** How much of each part makes which words in a rule (`stages.leaves.ts`). */
const partWords: Record<RfmPart, string> = { r: '近度', f: '頻度', m: '額度' };

/** Recency, frequency and money of everybody, counted together from their flat rows once a day, after they were judged. */
export function createRfm({ db, clock }: { db: Connection; clock: Clock }) {
  const days = db.collection<RfmDay>('rfmDays');
  const people = db.collection<Flat & { _id: string }>('people');

  /** One pass over all flat rows that the database makes: seconds with a million of them. */
  async function keep({ anew = false } = {}): Promise<void> {
    const _id = clock.day();
    if (!anew && (await days.findOne({ _id }, { projection: { _id: 1 } }))) return;
    const isBuyer = { $gt: ['$n.boughtOn', null] };
    const found = await people
      .aggregate<{ _id: { kind: RfmKind; r?: number; f?: number; m?: number }; people: number; sum: number }>(
        [
          {
            $group: {
              _id: {
                kind: { $cond: [isBuyer, 'purchase', 'engagement'] },
                r: '$n.value_r',
                f: '$n.value_f',
                m: '$n.value_m',
              },
              people: { $sum: 1 },
              sum: { $sum: { $cond: [isBuyer, '$n.spentFen', '$n.points'] } },
            },
          },
        ],
        { allowDiskUse: true },
      )
      .toArray();
    const cells: RfmCell[] = [];
    let unjudged = 0;
    for (const { _id: of, people: n, sum } of found)
      if (of.r && of.f && of.m) cells.push({ kind: of.kind, r: of.r, f: of.f, m: of.m, people: n, sum });
      else unjudged += n;
    await days.replaceOne({ _id }, { at: new Date(clock.now()), cells, unjudged }, { upsert: true });
  }

  return {
    // After people and stages, which are worked out anew in the same run.
    upkeep: { tasks: [recountTask], forget: () => keep() } satisfies Upkeep,
    keep,
    /** As it was last counted, or last up to a day; null where nobody has counted. */
    last: (upTo = '9999'): Promise<RfmDay | null> =>
      days.findOne({ _id: { $lte: upTo } }, { sort: { _id: -1 } }),
  };
}

export type Rfm = ReturnType<typeof createRfm>;

/** Two of the three scores against each other: `rows[4]` is who has 5 in `down`, its `[4]` who has 5 in `across`. */
export function gridOf(day: RfmDay, kind: RfmKind, across: RfmPart, down: RfmPart) {
  const rows = Array.from({ length: 5 }, () => Array.from({ length: 5 }, () => ({ people: 0, sum: 0 })));
  for (const cell of day.cells) {
    const at = cell.kind === kind ? rows[cell[down] - 1]?.[cell[across] - 1] : undefined;
    if (!at) continue;
    at.people += cell.people;
    at.sum += cell.sum;
  }
  return rows;
}

/** The rule, as a sentence of segments, of who has just these scores. */
export function sentenceOf(kind: RfmKind, scores: Partial<Record<RfmPart, number>>): string {
  const parts = (Object.entries(scores) as [RfmPart, number][]).flatMap(([part, score]) => {
    const least = (n: number) => `價值分 ${partWords[part]} 至少 ${n}`;
    return [least(score), ...(score < 5 ? [`都不（${least(score + 1)}）`] : [])];
  });
  const bought = '買過至少 1 次';
  return `同時（${[kind === 'purchase' ? bought : `都不（${bought}）`, ...parts].join('；')}）`;
}
