import { z } from 'zod';
import {
  type AskedState,
  type AwardFilter,
  askedState,
  askedStateNames,
} from '../../domain/prizes/award-filter';
import type { PlaceInList } from '../../domain/prizes/awards';
import type { Winner } from '../../domain/prizes/winners';
import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import type { Services } from '../../services';
import { cursor, day, id, line, maybe } from './form';
import type { Cell, Field, Filter, Option, Tone } from './parts';

/* What the pages about winners have in common: what can be asked for, and how a line of the list looks. */

export const filterAsked = {
  campaign: maybe(id),
  prize: maybe(id),
  sponsor: maybe(id),
  state: maybe(askedState),
  day: maybe(day),
};
export const winnersAsked = z.object({
  ...filterAsked,
  q: maybe(line(200)),
  sort: maybe(z.enum(['at', '-at'])),
  cursor,
});
export type WinnersAsked = z.output<typeof winnersAsked>;

export const filterOf = ({ campaign, prize, sponsor, state, day: on }: AwardFilter): AwardFilter => ({
  ...(campaign === undefined ? {} : { campaign }),
  ...(prize === undefined ? {} : { prize }),
  ...(sponsor === undefined ? {} : { sponsor }),
  ...(state === undefined ? {} : { state }),
  ...(on === undefined ? {} : { day: on }),
});

/** A filter as the end of an address, with the question mark. */
export function queryOf(asked: Record<string, unknown>): string {
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' && value !== '' ? [[name, value]] : [],
    ),
  ).toString();
  return query === '' ? '' : `?${query}`;
}
export const listOf = (filter: AwardFilter): string => `/winners${queryOf(filter)}`;

/** An award's own number has slashes in it. */
export const winnerPath = (award: string): string => `/winners/${encodeURIComponent(award)}`;

/** A filter as hidden fields of a form. */
export const filterFields = (filter: AwardFilter): Field[] =>
  Object.entries(filter).map(([name, value]) => ({ name, label: '', kind: 'hidden', value }));

export const cursorOf = ({ at, id: award }: PlaceInList): string =>
  Buffer.from(`${at} ${award}`).toString('base64url');
export function placeOf(text: string | undefined): PlaceInList | undefined {
  if (text === undefined) return undefined;
  const [, at, award] = /^(\d{1,15}) (.+)$/s.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (at === undefined || award === undefined)
    throw new AppError('Invalid', 'winners.cursor', '頁碼不對，請從名單的開頭再看。');
  return { at: Number(at), id: award };
}

export type Titles = Map<string, string>;
export const titlesOf = async ({ campaigns }: Pick<Services, 'campaigns'>): Promise<Titles> =>
  new Map((await campaigns.list()).toReversed().map(({ _id, title }) => [_id, title]));

const options = (some: readonly { id: string; name: string }[]): Option[] =>
  some.map(({ id: value, name: label }) => ({ value, label }));

/** Prizes and sponsors are of one campaign: they can be chosen when it is. */
export async function filtersFor(
  { campaigns }: Pick<Services, 'campaigns'>,
  { asked, titles }: { asked: WinnersAsked; titles: Titles },
): Promise<Filter[]> {
  const one = asked.campaign === undefined ? undefined : await campaigns.find(asked.campaign);
  const select = (name: 'prize' | 'sponsor', label: string, some: Option[]): Filter[] =>
    some.length === 0 ? [] : [{ kind: 'select', name, label, value: asked[name], options: some }];
  return [
    {
      kind: 'select',
      name: 'campaign',
      label: '活動',
      value: asked.campaign,
      options: [...titles].map(([value, label]) => ({ value, label })),
    },
    ...select('prize', '獎品', options(one?.prizes ?? [])),
    ...select('sponsor', '贊助商', options(one?.sponsors ?? [])),
    {
      kind: 'select',
      name: 'state',
      label: '狀態',
      value: asked.state,
      options: Object.entries(askedStateNames).map(([value, label]) => ({ value, label })),
    },
    { kind: 'day', name: 'day', label: '中獎日', value: asked.day },
    { kind: 'text', name: 'q', label: '整個碼、編號或 pid', value: asked.q },
  ];
}

const tones: Record<AskedState, Tone> = {
  open: 'blue',
  delivered: 'green',
  won: 'blue',
  told: 'blue',
  claimed: 'yellow',
  approved: 'yellow',
  sent: 'green',
  used: 'green',
  done: 'green',
  expired: 'grey',
  void: 'red',
};
export function stateCell({ award }: Pick<Winner, 'award'>): Cell {
  const state = award.state as AskedState;
  return {
    text: askedStateNames[state],
    tone: tones[state],
    ...(award.waits === undefined ? {} : { note: `核對中：${award.waits}` }),
  };
}

export const columns = [
  { label: '獎品' },
  { label: '活動' },
  { label: '誰' },
  { label: '狀態' },
  { label: '中獎時間', sort: 'at' },
  { label: '碼' },
  { label: '收件' },
];

/** `tick`: the form that what is ticked belongs to. */
export function rowOf(
  winner: Winner,
  { titles, tick }: { titles: Titles; tick: string | undefined },
): Cell[] {
  const { award, name, claim, code } = winner;
  const ticks = tick !== undefined && award.state === 'claimed' && award.waits === undefined;
  return [
    {
      text: award.what.name,
      href: winnerPath(award._id),
      own: true,
      ...(ticks
        ? { tick: { form: tick, name: 'ids', value: award._id, label: `選「${award.what.name}」${name}` } }
        : {}),
    },
    { text: titles.get(award.campaign) ?? award.campaign, own: true },
    { text: name, own: true },
    stateCell(winner),
    beijingMoment(award.at),
    { text: code || '—', own: true },
    { text: claim ? `${claim.name} ${claim.phone} ${claim.address}` : '—', own: true },
  ];
}
