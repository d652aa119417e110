import type { Connection } from 'mongoose';
import type { PersonRow } from '../people/people';
import type { Rule } from './rule';

/** A group of a campaign's players, as a segment would be saved. */
export type PlayerGroup = { id: string; name: string; rule: Rule; people: number };

const gender = '性別';
/** By what players are told apart, beside what they did: tokens that begin so, and the leaf that asks for one of them. */
const traits: { prefix: string; what: string; rule: (value: string) => Rule }[] = [
  {
    prefix: `attribute:${gender}=`,
    what: gender,
    rule: (value) => ({ leaf: 'attribute', name: gender, values: [value] }),
  },
  { prefix: 'region:', what: '地區', rule: (value) => ({ leaf: 'region', regions: [value] }) },
  { prefix: 'age:', what: '年齡', rule: (value) => ({ leaf: 'age', band: value }) },
];
/** Of each trait so many values, the most frequent first. */
const mostValues = 12;
/** Fewer are no group that somebody writes to. */
const fewest = 5;

/**
 * Those who played a campaign, grouped by gender, region, age and by what they did in it: whoever is in a group now and whoever
 * comes to be.
 */
export async function playerGroups(
  db: Connection,
  { id, title }: { id: string; title: string },
): Promise<PlayerGroup[]> {
  const people = db.collection<PersonRow>('people');
  const played: Rule = { leaf: 'played', quiz: id };
  const both = (rule: Rule): Rule => ({ all: [played, rule] });
  const won: Rule = { leaf: 'won', campaign: id };
  const finished: Rule = { leaf: 'finished', quiz: id };
  const did: { name: string; part: string; rule: Rule; token?: string; none?: string }[] = [
    { name: `玩過「${title}」`, part: 'players', rule: played },
    { name: `「${title}」通關`, part: 'finished', rule: finished, token: `finished:${id}` },
    {
      name: `「${title}」沒通關`,
      part: 'unfinished',
      rule: both({ none: [finished] }),
      none: `finished:${id}`,
    },
    { name: `「${title}」得過獎`, part: 'won', rule: won, token: `won:${id}` },
    { name: `「${title}」沒得獎`, part: 'won-nothing', rule: both({ none: [won] }), none: `won:${id}` },
  ];
  const count = ({ token, none }: { token?: string; none?: string }): Promise<number> =>
    people.countDocuments({
      $and: [
        { t: `played:${id}` },
        ...(token ? [{ t: token }] : []),
        ...(none ? [{ t: { $ne: none } }] : []),
      ],
    });
  const groups: PlayerGroup[] = [];
  for (const { name, part, rule, ...asks } of did)
    groups.push({ id: `${id}-${part}`, name, rule, people: await count(asks) });

  for (const { prefix, what, rule } of traits) {
    const found = await people
      .aggregate<{ _id: string; people: number }>([
        { $match: { t: `played:${id}` } },
        { $unwind: '$t' },
        { $match: { t: { $gte: prefix, $lt: `${prefix}\uffff` } } },
        { $group: { _id: '$t', people: { $sum: 1 } } },
        { $match: { people: { $gte: fewest } } },
        { $sort: { people: -1, _id: 1 } },
        { $limit: mostValues },
      ])
      .toArray();
    for (const [i, one] of found.entries()) {
      const value = one._id.slice(prefix.length);
      groups.push({
        id: `${id}-${{ 性別: 'gender', 地區: 'region', 年齡: 'age' }[what]}-${i + 1}`,
        name: `玩過「${title}」·${what} ${value}`.slice(0, 40),
        rule: both(rule(value)),
        people: one.people,
      });
    }
  }
  return groups.filter(({ people: size }) => size > 0);
}
