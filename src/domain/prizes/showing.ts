import { type Award, awardStateNames, isLive } from './award';
import type { Awards } from './awards';
import type { NamesOf } from './export';
import { toldText } from './telling';

/**
 * An award as 「獎品」 shows it: as the template of what is told, with `state` in words; codes only while they are of use, a
 * day only while there is something to do until then, the reason when it is off.
 */
export const shownAward = (award: Award) => {
  const text = toldText(award);
  const open = award.state === 'won' || award.state === 'told';
  return {
    ...text,
    state: award.waits && open ? '核對中' : awardStateNames[award.state],
    code: isLive(award.state) ? text.code : '',
    redeem: open && !award.waits ? text.redeem : '',
    claimOn: open ? text.claimOn : '',
    reason: award.state === 'void' ? (award.history.at(-1)?.reason ?? '') : '',
  };
};

/** The newest winners of a quiz by the names that boards show, and nothing else about them; what waits or fell through is left out. */
export async function maskedWinners(
  awards: Pick<Awards, 'find'>,
  quiz: string,
  { limit, nameOf }: { limit: number; nameOf: NamesOf },
): Promise<{ name: string; prize: string; why: Award['why']; unit: string; on: string }[]> {
  const found: Award[] = [];
  const filter = { quiz, state: { $nin: ['pending', 'expired', 'void'] }, waits: { $exists: false } };
  for await (const award of awards.find(filter, { limit, newest: true })) found.push(award);
  const names = await nameOf(found.map(({ pid }) => pid));
  return found.map(({ pid, what, why, unit, on }) => ({
    name: names.get(pid) ?? '旅友',
    prize: what.name,
    why,
    unit,
    on,
  }));
}
