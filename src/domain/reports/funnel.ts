import { dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { Campaign } from '../campaigns/campaign';
import type { Count, Segments } from '../segments/segments';

/** One step. `sentence`: who is in it, as a rule; undefined where nothing that is kept tells. `why`: what it counts, or why nothing does. */
export type FunnelStep = { name: string; why: string; sentence?: string; count?: Count };
export type Funnel = { campaign: string; title: string; at: number; steps: FunnelStep[] };

const together = (sentences: readonly string[]): string =>
  sentences.length === 1 ? (sentences[0] as string) : `同時（${sentences.join('；')}）`;

/** The way of people through a campaign. Asked of those who are here now: who left is in no step. */
export function createFunnel(given: {
  clock: Clock;
  segments: Pick<Segments, 'readText' | 'count'>;
  campaigns: { find(id: string): Promise<Pick<Campaign, 'id' | 'title' | 'startsAt'> | undefined> };
}) {
  const { clock, segments, campaigns } = given;

  return {
    /**
     * Six questions of all flat rows, one after the other; some seconds with a million people.
     * @returns undefined where there is no such campaign
     */
    async of(id: string): Promise<Funnel | undefined> {
      const campaign = await campaigns.find(id);
      if (!campaign) return undefined;
      const at = clock.now();
      const days = Math.min(3_650, Math.max(1, Math.ceil((at - campaign.startsAt) / dayMs)));
      const played = `玩過活動「${id}」`;
      const won = `在活動「${id}」得過獎`;
      const bound = '綁定了手機';
      const steps: FunnelStep[] = [
        { name: '關注', why: '現在關注的所有人', sentence: '所有人' },
        { name: '參加', why: '打開了題、一題都沒答的人沒有單獨留下記錄，數不出來' },
        { name: '答題', why: '至少答過一題', sentence: played },
        { name: '得獎', why: '答過題，而且在這個活動得過獎', sentence: together([played, won]) },
        { name: '綁定手機', why: '得過獎，而且現在綁著手機', sentence: together([played, won, bound]) },
        {
          name: '購買',
          why: '綁著手機，活動開始以後買過（從導入的訂單看）',
          sentence: together([played, won, bound, `${days} 天內買過`]),
        },
        {
          name: '再買',
          why: '其中一共買過至少兩次',
          sentence: together([played, won, bound, `${days} 天內買過`, '買過至少 2 次']),
        },
      ];
      for (const step of steps)
        if (step.sentence !== undefined)
          step.count = await segments.count(await segments.readText(step.sentence));
      return { campaign: id, title: campaign.title, at, steps };
    },
  };
}

export type Funnels = ReturnType<typeof createFunnel>;
