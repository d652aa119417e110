import { maskBoardName, maskCode } from '../../kit/mask';
import { type Award } from './award';
import { type AwardFilter, awardFilterOf } from './award-filter';
import type { Awards, PlaceInList } from './awards';
import type { Claim, Claims } from './claims';
import { readRedeemCode, showRedeemCode } from './codes';
import type { NamesOf } from './views';

/** A prize that was won, as those see it who hand prizes out. Without `full` nothing of it tells who she is. */
export type Winner = { award: Award; name: string; claim: Claim | undefined; code: string };

/** The list of winners for our own people. */
export function createWinners(given: {
  awards: Pick<Awards, 'page' | 'count' | 'read'>;
  claims: Pick<Claims, 'readMany' | 'masked'>;
  namesOf: NamesOf;
}) {
  const { awards, claims, namesOf } = given;

  async function withPeople(some: Award[], full: boolean): Promise<Winner[]> {
    const [claimed, ...named] = await Promise.all([
      claims.readMany(some.map(({ _id }) => _id)),
      ...[...new Set(some.map(({ campaign }) => campaign))].map(async (campaign) => {
        const pids = some.filter((one) => one.campaign === campaign).map(({ pid }) => pid);
        return { campaign, names: await namesOf(campaign, pids) };
      }),
    ]);
    const nameOf = ({ campaign, pid }: Award): string =>
      named.find((one) => one.campaign === campaign)?.names.get(pid) ?? '';
    return some.map((award) => {
      const claim = claimed.get(award._id);
      const { code = '', redeem } = award;
      const whole = redeem ? showRedeemCode(redeem) : code;
      return {
        award,
        name: full ? nameOf(award) : maskBoardName(nameOf(award)),
        claim: claim && (full ? claim : claims.masked(claim)),
        code: full ? whole : maskCode(whole),
      };
    });
  }

  return {
    /** Newest first unless `oldest`. `words`: a whole code, a pid or the award's own number. */
    async winnersBy(
      filter: AwardFilter,
      options: {
        full: boolean;
        words?: string | undefined;
        from?: PlaceInList | undefined;
        oldest?: boolean;
        limit?: number;
      },
    ): Promise<{ winners: Winner[]; next?: PlaceInList }> {
      const { full, words, limit = 50, ...order } = options;
      const asked = { ...awardFilterOf(filter), ...(words === undefined ? {} : named(words)) };
      const found = await awards.page(asked, { ...order, limit: limit + 1 });
      const some = found.slice(0, limit);
      const last = some.at(-1);
      return {
        winners: await withPeople(some, full),
        ...(found.length > limit && last ? { next: { at: last.at, id: last._id } } : {}),
      };
    },

    async winner(id: string, { full }: { full: boolean }): Promise<Winner | undefined> {
      const award = await awards.read(id);
      return award && award.state !== 'pending' ? (await withPeople([award], full))[0] : undefined;
    },

    countOf: (filter: AwardFilter): Promise<number> => awards.count(awardFilterOf(filter)),
  };
}

/** What is searched for stands whole: each of these has an index. */
function named(words: string): Record<string, unknown> {
  const redeem = readRedeemCode(words);
  return {
    $or: [{ _id: words }, { pid: words }, { code: words }, ...(redeem === undefined ? [] : [{ redeem }])],
  };
}
