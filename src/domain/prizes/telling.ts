import { beijingDay, dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { inScript, type Script } from '../../kit/text';
import type { Reply } from '../../wechat/protocol/reply';
import type { Outbox } from '../outbox/outbox';
import { type Award, occasionOf } from './award';
import type { Awards } from './awards';
import { showRedeemCode } from './codes';

export type Telling = 'won' | 'sent' | 'remind' | 'expired';

/** Tells her of a prize outside a reply: a customer message when a window is open, else the first words of her next reply. */
export function createTelling(given: {
  clock: Clock;
  awards: Pick<Awards, 'read' | 'told'>;
  outbox: Pick<Outbox, 'add'>;
  /** `templates/replies/award-<what>.txt`. */
  render: (template: string, data: object) => Reply;
  fanByPid: (pid: string) => Promise<{ fan: string; script?: Script | undefined } | undefined>;
  titleOf: (campaign: string) => string | undefined;
}) {
  const { clock, awards, outbox, render, fanByPid, titleOf } = given;

  return {
    /** Once for each award and occasion, however often it is called. Who left is not told; she sees it when she asks. */
    async tell(id: string, what: Telling): Promise<void> {
      const award = await awards.read(id);
      if (!award || !isDue(award, what, clock.now())) return;
      const her = await fanByPid(award.pid);
      if (!her) return;
      const reply = render(`award-${what}`, toldText(award, titleOf(award.campaign)));
      const occasion = what === 'remind' ? `remind_${award.claimBy}` : occasionOf(award, what);
      await outbox.add({ id: `told_${id}_${occasion}`, fan: her.fan }, [
        {
          kind: 'tell',
          reply:
            reply.kind === 'text' ? { ...reply, text: inScript(reply.text, her.script ?? 'hant') } : reply,
        },
      ]);
      crashPoint('award-told');
      if (what === 'won') await awards.told(id);
    },
  };
}

export type TellAward = ReturnType<typeof createTelling>;

/** Whether there is still something to tell. */
function isDue({ state, claimBy = 0 }: Award, what: Telling, now: number): boolean {
  switch (what) {
    case 'won':
      return state === 'won';
    case 'remind':
      return (state === 'won' || state === 'told') && claimBy > now && claimBy - now < 3 * dayMs;
    case 'sent':
      return state === 'sent';
    case 'expired':
      return state === 'expired';
  }
}

/** What the templates `award-….txt` say about an award. Empty texts and 0 mean: there is none. */
export const toldText = (award: Award, title = '') => ({
  campaign: title,
  prize: award.what.name,
  kind: award.what.kind,
  why: award.why,
  unit: award.unit,
  floor: award.floor ?? 0,
  points: award.what.points ?? 0,
  code: award.code ?? '',
  redeem: award.redeem ? showRedeemCode(award.redeem) : '',
  usedAt: award.what.usedAt ?? '',
  claimOn: award.claimBy === undefined ? '' : beijingDay(award.claimBy),
  courier: award.sent?.courier ?? '',
  tracking: award.sent?.tracking ?? '',
  corrected: occasionOf(award, 'sent') !== 'sent',
});
