import { beijingMoment } from '../../kit/beijing';
import type { Campaign } from '../campaigns/campaign';
import type { Draw } from '../draws/draws';
import type { SettlementRow } from './settlement';

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

/** One line for the morning page: what waits for whom, and how to go on. */
export function tellWait(campaign: string, wait: Wait): string {
  switch (wait.for) {
    case 'start':
      return `結束了，十分鐘後自動結算；現在就要：settle ${campaign}`;
    case 'settle':
      return `結算還沒有做完：settle ${campaign}`;
    case 'review':
      return `${wait.held} 人被留置，等人審核（${wait.blocks ? '名單還沒有公布' : '他們的獎品等著'}）：held ${campaign}，再 release 或 disqualify`;
    case 'value':
      if (!wait.due) return `抽獎 ${wait.draw} 等公開數「${wait.named}」，${beijingMoment(wait.at)} 公布`;
      return `抽獎 ${wait.draw} 等${wait.by ? ` ${wait.by} 以外的一位` : '兩位各自'}輸入「${wait.named}」：draw ${wait.draw} value 公開數`;
    case 'laterValue':
      return `抽獎 ${wait.draw} 的「${wait.named}」已經可以知道，等兩位另指定以後的：draw ${wait.draw} put-off`;
    case 'codes':
      return `獎品 ${wait.prize} 還缺 ${wait.missing} 個兌換碼：加進檔案的「兌換碼」表再 import，另一位 approve 後自動發給得主`;
    case 'nothing':
      return `抽獎 ${wait.draw} 開賽時沒有公布承諾，不能公開抽獎`;
  }
}
