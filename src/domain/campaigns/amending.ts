import { AppError } from '../../errors';
import { canonical } from '../../kit/canonical';
import type { Clock } from '../../kit/clock';
import { isSamePerson } from '../../kit/signed';
import type { Tickets } from '../prizes/tickets';
import type { Timers } from '../timers/timers';
import type { Content } from './campaign';
import { type CampaignRow, contentOf } from './campaign-row';
import { compareContents, tellChange } from './changes';
import { type By, busy, type Deeds, mustBe, plain } from './deeds';
import type { createDrafts } from './drafts';
import { type Findings, refuseOn, type TakenBy } from './gate/findings';
import type { Change, Finding, Kind } from './kind';
import { type createOpening, endTimer, startTimer } from './opening';
import { isOver, isPublished, stateNames } from './states';

/** Changes of a published campaign: one person lays them down, another puts them into force. */
export function createAmending(given: {
  clock: Clock;
  deeds: Deeds;
  findings: Findings;
  opening: ReturnType<typeof createOpening>;
  kindOf: (content: Content) => Kind;
  timers: Pick<Timers, 'disarm'>;
  tickets: Pick<Tickets, 'addCodes' | 'takeOut'>;
  save: ReturnType<typeof createDrafts>['save'];
}) {
  const { clock, findings, kindOf, timers, tickets, save } = given;
  const { loaded, act } = given.deeds;
  const { armEnd, armStart, finishStock } = given.opening;

  function weigh(row: CampaignRow, next: Content): Change[] {
    if (isOver(row.state) && canonical(withoutCodes(contentOf(row))) !== canonical(withoutCodes(next)))
      throw new AppError(
        'Conflict',
        'campaign.state',
        `活動「${row._id}」現在是「${stateNames[row.state]}」，只能補上或取出兌換碼，別的不能再改。`,
      );
    const begun = row.state !== 'scheduled';
    const changes = compareContents(contentOf(row), next, { begun, kind: kindOf(next) });
    const against = changes.filter((change) => change.against !== undefined);
    if (against.length > 0)
      throw new AppError(
        'Invalid',
        'campaign.against-players',
        `活動「${row._id}」已經公布，只能往對參加者有利的方向改：\n${against.map(tellChange).join('\n')}`,
        { details: changes },
      );
    return changes;
  }

  /** What stands against a change. Codes that are taken out may leave fewer than were promised: a wrong one is no prize. */
  async function gate(row: CampaignRow, next: Content, takenBy: TakenBy): Promise<Finding[]> {
    if (isOver(row.state)) return [];
    const found = await findings.all(next, takenBy);
    const fewer = row.prizes.some(({ id, codes }) => {
      const now = next.prizes.find((one) => one.id === id)?.codes;
      return codes && now && now.count < codes.count;
    });
    refuseOn(next.id, fewer ? found.filter(({ rule }) => rule !== 'stock') : found);
    return found;
  }

  async function propose(given: { content: Content; by: string; takenBy: TakenBy }): Promise<Change[]> {
    const { by, takenBy } = given;
    const next = plain(given.content);
    const row = await loaded(next.id);
    mustBe(row, 'propose');
    const changes = weigh(row, next);
    if (changes.length === 0) return [];
    await gate(row, next, takenBy);
    await act({ id: next.id, by }, (current) => {
      if (current.rev !== row.rev) throw busy(next.id);
      return { deed: 'propose', set: { proposal: { at: clock.now(), by, content: next, changes } } };
    });
    return changes;
  }

  return {
    /**
     * Lays down a change of a published campaign for a second person. Returns what it changes.
     * @throws AppError `Invalid` when any of it is to the players' cost (`details`: the changes) or the gate refuses.
     */
    propose,

    /**
     * Puts codes behind those that a prize has: at once in a draft, else laid down for a second person. `out`: those that
     * were taken out before, and stay out.
     */
    async addCodes(given: {
      id: string;
      prize: string;
      codes: string[];
      by: string;
      takenBy: TakenBy;
    }): Promise<{ kind: 'saved' | 'proposed'; added: number; out: string[]; changes: Change[] }> {
      const { id, by, takenBy } = given;
      const row = await loaded(id);
      const content = contentOf(row);
      const prize = content.prizes.find((one) => one.id === given.prize);
      if (!prize)
        throw new AppError('NotFound', 'prize.unknown', `活動「${id}」沒有獎品「${given.prize}」。`);
      if (prize.kind !== 'code' && prize.kind !== 'coupon')
        throw new AppError('Invalid', 'codes.kind', `獎品「${prize.name}」不是兌換碼或優惠券，不用導入碼。`);
      const { codes, added, out } = await tickets.addCodes(
        { campaign: id, prize: prize.id },
        given.codes,
        prize.codes,
      );
      const prizes = content.prizes.map((one) => (one === prize ? { ...one, codes } : one));
      const next = { ...content, prizes };
      if (isPublished(row.state))
        return { kind: 'proposed', added, out, changes: await propose({ content: next, by, takenBy }) };
      await save({ content: next, by });
      return { kind: 'saved', added, out, changes: [] };
    },

    /**
     * Lays down for a second person that wrong codes of a prize, which nobody has yet, are never given.
     * @throws AppError when one of them is not there or is somebody's already
     */
    async takeOut(given: {
      id: string;
      prize: string;
      codes: string[];
      by: string;
      takenBy: TakenBy;
    }): Promise<Change[]> {
      const { id, by, takenBy } = given;
      const content = contentOf(await loaded(id));
      const prize = content.prizes.find((one) => one.id === given.prize);
      if (!prize)
        throw new AppError('NotFound', 'prize.unknown', `活動「${id}」沒有獎品「${given.prize}」。`);
      const codes = await tickets.takeOut({ campaign: id, prize: prize.id }, given.codes, prize.codes);
      const prizes = content.prizes.map((one) => (one === prize ? { ...one, codes } : one));
      return propose({ content: { ...content, prizes }, by, takenBy });
    },

    /** A second person puts a proposed change into force. */
    async approve({ id, by, takenBy }: By & { takenBy: TakenBy }): Promise<Change[]> {
      const row = await loaded(id);
      const { proposal } = row;
      mustBe(row, 'approve');
      if (!proposal) throw new AppError('NotFound', 'campaign.proposal', `活動「${id}」沒有等待批准的修改。`);
      if (isSamePerson(proposal.by, by))
        throw new AppError(
          'Forbidden',
          'campaign.second-person',
          `這個修改是 ${proposal.by} 提出的，請由另一位批准。`,
        );
      // Weighed again: the campaign may have begun since.
      const changes = weigh(row, proposal.content);
      const found = await gate(row, proposal.content, takenBy);
      const { endsAt, startsAt } = proposal.content;
      await armEnd(id, endsAt);
      if (row.state === 'scheduled') await armStart(id, startsAt);
      await act({ id, by }, async (current, session) => {
        if (current.rev !== row.rev) throw busy(id);
        if (!isOver(row.state)) refuseOn(id, await findings.rivals(proposal.content, session));
        const version = {
          version: row.version + 1,
          by: proposal.by,
          approvedBy: by,
          changes: changes.map(({ what }) => what),
          findings: found,
          content: proposal.content,
        };
        const { id: _id, ...content } = proposal.content;
        return {
          deed: 'approve',
          set: {
            ...content,
            version: version.version,
            check: { at: clock.now(), by, findings: found },
            ...(row.state === 'scheduled' ? {} : { stocking: true as const }),
          },
          unset: ['proposal', ...(content.menuKey === undefined ? (['menuKey'] as const) : [])],
          version,
        };
      });
      // Not before it is in force: whoever wins by what is promised now finds no more than that.
      if (row.state !== 'scheduled') await finishStock(await loaded(id));
      if (endsAt !== row.endsAt) await timers.disarm(endTimer(id, row.endsAt));
      if (startsAt !== row.startsAt) await timers.disarm(startTimer(id, row.startsAt));
      return changes;
    },

    /** Drops a proposed change. */
    async reject({ id, by, reason }: By & { reason: string }): Promise<void> {
      await act({ id, by }, () => ({ deed: 'reject', unset: ['proposal'], reason }));
    },
  };
}

const withoutCodes = (content: Content) => ({
  ...content,
  prizes: content.prizes.map(({ codes: _codes, ...prize }) => prize),
});
