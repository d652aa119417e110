import { dayMs, startOfBeijingDay } from '../../kit/beijing';
import type { Campaign } from '../campaigns/campaign';
import type { Played } from '../campaigns/kind';
import type { AwardState } from '../prizes/award';
import type { Awards } from '../prizes/awards';
import type { Prize } from '../prizes/prize';
import type { Tickets } from '../prizes/tickets';

type PrizeCount = {
  prize: string;
  name: string;
  promised: number;
  left: number;
  given: number;
  /** Won and not claimed or used yet. */
  open: number;
  /** Claimed or approved, not sent. */
  toSend: number;
  sent: number;
  used: number;
  expired: number;
  void: number;
  /** Of those that were given and did not fall through, integer fen. */
  valueFen: number;
};

export type MorningReport = {
  on: string;
  newFollowers: number;
  campaigns: {
    campaign: string;
    title: string;
    players: number;
    answers: number;
    given: number;
    couponsUsed: number;
    /** As of now. */
    unclaimed: number;
    /** Unclaimed, and the deadline is within three days. */
    soonLost: number;
    toApprove: number;
    toSend: number;
    /** Awards that have no ticket: stock is less than was promised. */
    short: number;
  }[];
};

export type SponsorReport = {
  campaign: string;
  title: string;
  sponsor: string;
  name: string;
  questions: number;
  answers: number;
  right: number;
  players: number;
  prizes: PrizeCount[];
};

type Reported = Pick<Campaign, 'id' | 'kind' | 'title' | 'sponsors' | 'prizes' | 'game'>;
type Counted = Pick<Played, 'on' | 'ofSponsor'>;

const nothing = { questions: 0, answers: 0, right: 0, players: 0 };
const fellThrough: AwardState[] = ['expired', 'void'];

/** What the people behind a campaign want to know, as plain data. */
export function createReports(given: {
  awards: Pick<Awards, 'count' | 'find'>;
  tickets: Pick<Tickets, 'counts'>;
  /** By the names that campaigns have in `kind`. */
  kinds: Readonly<Record<string, Counted>>;
  /** New followers between two moments, business ms. */
  followed: (from: number, to: number) => Promise<number>;
  clock: { now(): number };
}) {
  const { awards, tickets, followed, clock, kinds } = given;

  async function countsOf(campaign: Reported, prizes: Prize[]): Promise<PrizeCount[]> {
    const stock = await tickets.counts(campaign.id);
    const counts = new Map<string, PrizeCount>(
      prizes.map(({ id, name, quantity }) => [
        id,
        {
          prize: id,
          name,
          promised: quantity,
          left: stock.get(id)?.free ?? 0,
          ...{ given: 0, open: 0, toSend: 0, sent: 0, used: 0, expired: 0, void: 0, valueFen: 0 },
        },
      ]),
    );
    for await (const { prize, state, what, used, sent } of awards.find({ campaign: campaign.id })) {
      const count = counts.get(prize);
      if (!count) continue;
      count.given++;
      if (state === 'won' || state === 'told') count.open++;
      else if (state === 'claimed' || state === 'approved') count.toSend++;
      else if (state === 'expired' || state === 'void') count[state]++;
      if (used) count.used++;
      if (sent) count.sent++;
      if (!fellThrough.includes(state)) count.valueFen += what.priceFen;
    }
    return [...counts.values()];
  }

  return {
    /** The page for the morning after a Beijing day. */
    async morning(on: string, campaigns: Reported[]): Promise<MorningReport> {
      const from = startOfBeijingDay(on);
      const inDay = { $gte: from, $lt: from + dayMs };
      const now = clock.now();
      const of = async ({ id, title, kind }: Reported): Promise<MorningReport['campaigns'][number]> => {
        const open = { campaign: id, state: { $in: ['won', 'told'] }, claimBy: { $gte: now } };
        return {
          campaign: id,
          title,
          ...((await kinds[kind]?.on(id, on)) ?? { players: 0, answers: 0 }),
          given: await awards.count({
            campaign: id,
            at: inDay,
            state: { $nin: ['pending', ...fellThrough] },
          }),
          couponsUsed: await awards.count({ campaign: id, 'used.at': inDay }),
          unclaimed: await awards.count(open),
          soonLost: await awards.count({ ...open, claimBy: { $gte: now, $lt: now + 3 * dayMs } }),
          toApprove: await awards.count({ campaign: id, state: 'claimed' }),
          toSend: await awards.count({ campaign: id, state: 'approved' }),
          short: await awards.count({ campaign: id, todo: 'ticket' }),
        };
      };
      const pages: MorningReport['campaigns'] = [];
      for (const campaign of campaigns) pages.push(await of(campaign));
      return { on, newFollowers: await followed(from, from + dayMs), campaigns: pages };
    },

    /** What a campaign brought one sponsor. */
    async sponsor(campaign: Reported, sponsor: string): Promise<SponsorReport> {
      return {
        campaign: campaign.id,
        title: campaign.title,
        sponsor,
        name: campaign.sponsors.find(({ id }) => id === sponsor)?.name ?? sponsor,
        ...((await kinds[campaign.kind]?.ofSponsor(campaign, sponsor)) ?? nothing),
        prizes: await countsOf(
          campaign,
          campaign.prizes.filter((prize) => prize.sponsor === sponsor),
        ),
      };
    },
  };
}

export type Reports = ReturnType<typeof createReports>;

const yuan = (fen: number): string => `${fen % 100 === 0 ? fen / 100 : (fen / 100).toFixed(2)} 元`;

export function tellMorning({ on, newFollowers, campaigns }: MorningReport): string {
  const pages = campaigns.map((one) =>
    [
      `【${one.title}】`,
      `玩家 ${one.players} 人，答題 ${one.answers} 次`,
      `發出獎品 ${one.given} 份，用掉優惠券 ${one.couponsUsed} 張`,
      `未領 ${one.unclaimed} 份${one.soonLost > 0 ? `，其中 ${one.soonLost} 份三天內到期` : ''}`,
      `待批准 ${one.toApprove} 份，待寄 ${one.toSend} 份`,
      ...(one.short > 0 ? [`注意：有 ${one.short} 份中獎沒有庫存，請補貨或導入兌換碼`] : []),
    ].join('\n'),
  );
  return [`${on} 日報`, `新關注 ${newFollowers} 人`, ...pages].join('\n\n');
}

export function tellSponsor(report: SponsorReport): string {
  const { name, title, questions, answers, right, players, prizes } = report;
  const rate = answers === 0 ? '' : `，答對率 ${Math.round((right / answers) * 100)}%`;
  const lines = prizes.map(
    (one) =>
      `${one.name}：承諾 ${one.promised}，發出 ${one.given}（待領 ${one.open}、待寄 ${one.toSend}、已寄 ${one.sent}、已用 ${one.used}、過期 ${one.expired}、作廢 ${one.void}），剩 ${one.left}，價值 ${yuan(one.valueFen)}`,
  );
  return [
    `${name} · ${title}`,
    `題目 ${questions} 道，${players} 人答了 ${answers} 次${rate}`,
    ...lines,
  ].join('\n');
}
