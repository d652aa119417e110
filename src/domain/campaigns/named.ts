import { AppError } from '../../errors';
import { fold } from '../../kit/text';
import type { Campaign } from './campaign';

type Named = { id: string; name: string };

/**
 * A prize of a campaign by its id or its name, whatever its script and width.
 *
 * @throws AppError NotFound prize.unknown, with those that there are; Invalid prize.several when the name is of more than one
 */
export const prizeNamed = ({ prizes }: Pick<Campaign, 'prizes'>, said: string) =>
  namedAmong(prizes, said, 'prize', '獎品');

/** As `prizeNamed`, of the sponsors. */
export const sponsorNamed = ({ sponsors }: Pick<Campaign, 'sponsors'>, said: string) =>
  namedAmong(sponsors, said, 'sponsor', '贊助商');

function namedAmong<One extends Named>(all: readonly One[], said: string, code: string, what: string): One {
  const byId = all.find(({ id }) => id === said.trim());
  const byName = all.filter(({ name }) => fold(name) === fold(said));
  const [found, more] = byId ? [byId] : byName;
  const listed = all.map(({ id, name }) => `${id}「${name}」`).join('、');
  if (!found)
    throw new AppError(
      'NotFound',
      `${code}.unknown`,
      `沒有${what}「${said}」；${listed === '' ? `這個活動沒有${what}` : `有的是：${listed}`}。`,
    );
  if (more)
    throw new AppError('Invalid', `${code}.several`, `叫「${said}」的${what}不只一個，請給編號：${listed}。`);
  return found;
}
