import type { Campaign } from '../campaigns/campaign';
import type { Draw } from '../draws/draw';
import type { Awards } from '../prizes/awards';
import type { SettlementRow } from './progress';

/** What stands between a campaign that has ended and its last prize. */
export type Wait =
  /** By itself, ten minutes after the end, or by a person before that. */
  | { for: 'start' }
  /** It was cut off, or could go on since: `settle` once more. */
  | { for: 'settle' }
  /** People are held; until they are decided about (`blocks`) nobody's rank is published. */
  | { for: 'review'; held: number; blocks: boolean }
  /** The public value of a draw is not there before `at`; then two people enter it. `by` has done so. */
  | { for: 'value'; draw: string; named: string; at: number; due: boolean; by: string | undefined }
  /** The value named could be known before the list was frozen: two people name a later one. */
  | { for: 'laterValue'; draw: string; named: string }
  /** So many have won it and wait for their codes: more have to be imported, by two people. */
  | { for: 'codes'; prize: string; missing: number }
  /** Its seed was never committed to: it cannot be drawn in public. */
  | { for: 'nothing'; draw: string };

/** Works out what a settlement waits for; nothing before the end, and nothing when it is all done. */
export function waitsOf(given: {
  campaign: Pick<Campaign, 'id' | 'state' | 'prizes'>;
  row: Pick<SettlementRow, 'steps' | 'published'> | null;
  held: number;
  draws: Pick<Draw, '_id' | 'prize' | 'state' | 'named' | 'valueAt' | 'pending'>[];
  now: number;
}): Wait[] {
  const { campaign, row, held, draws, now } = given;
  if (campaign.state === 'ended') return [{ for: 'start' }];
  if (campaign.state !== 'settling' && campaign.state !== 'settled') return [];
  const published = row?.published !== undefined;
  const review: Wait[] = held > 0 ? [{ for: 'review', held, blocks: !published }] : [];
  if (campaign.state === 'settled') return review;
  if (!row?.steps.judge) return [{ for: 'settle' }];
  if (!published) return held > 0 ? review : [{ for: 'settle' }];
  const waiting = campaign.prizes.flatMap(({ id, way }): Wait[] => {
    if (way.kind !== 'draw') return [];
    const draw = draws.find(({ prize }) => prize === id);
    if (!draw) return [{ for: 'nothing', draw: `${campaign.id}/${id}` }];
    const { _id, state, named, valueAt: at, pending } = draw;
    if (state === 'drawn') return [];
    if (state === 'frozen') return [{ for: 'value', draw: _id, named, at, due: now >= at, by: pending?.by }];
    return [state === 'committed' && now >= at ? { for: 'laterValue', draw: _id, named } : { for: 'settle' }];
  });
  return [...review, ...(waiting.length > 0 ? waiting : [{ for: 'settle' } as const])];
}

/** A code that was shown to somebody who lost it again is given to nobody else. */
export async function codesMissing(
  campaign: Pick<Campaign, 'id' | 'prizes'>,
  awards: Pick<Awards, 'count'>,
): Promise<Wait[]> {
  const coded = campaign.prizes.filter(({ kind }) => kind === 'code');
  const waits = coded.map(async ({ id: prize }): Promise<Wait> => {
    const lacking = {
      campaign: campaign.id,
      prize,
      todo: 'ticket',
      state: { $nin: ['pending', 'void', 'expired'] },
    };
    return { for: 'codes', prize, missing: await awards.count(lacking) };
  });
  return (await Promise.all(waits)).filter((wait) => wait.for !== 'codes' || wait.missing > 0);
}
