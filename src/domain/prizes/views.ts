import { beijingDay } from '../../kit/beijing';
import { maskBoardName } from '../../kit/mask';
import { type Award, awardStateNames, isLive } from './award';
import type { Awards } from './awards';
import { showRedeemCode } from './codes';

/** A line of 「獎品」. Empty texts and 0 mean: there is none. */
export type PrizeLine = {
  id: string;
  campaign: string;
  name: string;
  kind: Award['what']['kind'];
  why: Award['why'];
  unit: string;
  floor: number;
  state: Award['state'];
  /** 「已寄出」; 「核對中」 while it waits. */
  stateName: string;
  /** What she can do now. */
  next: 'claim' | 'use' | '';
  /** Beijing day, for what she has yet to claim or use. */
  until: string;
  points: number;
  code: string;
  redeem: string;
  usedAt: string;
  courier: string;
  tracking: string;
  reason: string;
};

/** Names as boards show them. */
export type NamesOf = (campaign: string, pids: string[]) => Promise<Map<string, string>>;

export type WinnerLine = { name: string; prize: string; why: Award['why']; unit: string; on: string };

/** Awards as fans see them: her own, and the list of winners. */
export function createViews({ awards, namesOf }: { awards: Awards; namesOf: NamesOf }) {
  return {
    /** 「獎品」: all of hers, oldest first. */
    prizesOf: async (pid: string, campaign?: string): Promise<PrizeLine[]> =>
      (await awards.of(pid, campaign)).map(prizeLine),

    /**
     * 「中獎名單」, newest first: what was won and neither waits nor fell through. By the names that boards show; `masked`
     * hides most of a name that she chose herself. `before`: where the page before ended.
     */
    async winners(
      campaign: string,
      options: { masked: boolean; limit?: number; before?: { at: number; id: string }; prize?: string },
    ): Promise<{ lines: WinnerLine[]; before?: { at: number; id: string } }> {
      const { masked, limit = 50, before, prize } = options;
      const found: Award[] = [];
      const filter = {
        campaign,
        ...(prize === undefined ? {} : { prize }),
        ...(before === undefined
          ? {}
          : { $or: [{ at: { $lt: before.at } }, { at: before.at, _id: { $lt: before.id } }] }),
        state: { $nin: ['pending', 'expired', 'void'] },
        waits: { $exists: false },
      };
      for await (const award of awards.find(filter, { limit: limit + 1, newest: true })) found.push(award);
      const page = found.slice(0, limit);
      const names = await namesOf(
        campaign,
        page.map(({ pid }) => pid),
      );
      const last = page.at(-1);
      return {
        lines: page.map(({ pid, what, why, unit, on }) => {
          const name = names.get(pid) ?? '旅友';
          return {
            name: masked ? maskBoardName(name) : name,
            prize: what.name,
            why,
            unit,
            on,
          };
        }),
        ...(found.length > limit && last ? { before: { at: last.at, id: last._id } } : {}),
      };
    },
  };
}

export type Views = ReturnType<typeof createViews>;

/** Codes only while they are of use, a day only while there is something to do until then. */
export function prizeLine(award: Award): PrizeLine {
  const { _id: id, campaign, what, why, unit, floor = 0, state, waits, claimBy, code, redeem, sent } = award;
  const open = state === 'won' || state === 'told';
  const next = !open || claimBy === undefined ? '' : what.kind === 'coupon' ? 'use' : 'claim';
  return {
    id,
    campaign,
    name: what.name,
    kind: what.kind,
    why,
    unit,
    floor,
    state,
    stateName: waits && open ? '核對中' : awardStateNames[state],
    next: waits && next === 'use' ? '' : next,
    until: next === '' || claimBy === undefined ? '' : beijingDay(claimBy),
    points: what.points ?? 0,
    code: isLive(state) ? (code ?? '') : '',
    redeem: redeem && open && !waits ? showRedeemCode(redeem) : '',
    usedAt: what.usedAt ?? '',
    courier: sent?.courier ?? '',
    tracking: sent?.tracking ?? '',
    reason: state === 'void' ? (award.history.at(-1)?.reason ?? '') : '',
  };
}
