import type { PersonRow } from '../../domain/people/people';
import { dayOfNumber } from '../../kit/beijing';
import { maskBoardName } from '../../kit/mask';
import type { Visit } from './console';
import { type Table, table } from './parts';

/** What of a flat row is told in a line: of what kind a token is, and the words behind it. */
const told: [RegExp, (found: RegExpExecArray) => string][] = [
  [/^attribute:([^=]*)=(.*)$/s, ([, name = '', value = '']) => `${name} ${value}`],
  [/^age:(.*)$/s, ([, band = '']) => band],
  [/^city:(.*)$/s, ([, city = '']) => city],
  [/^channel:last:(.*)$/s, ([, scene = '']) => `從 ${scene} 來`],
];
const mostTold = 5;

/** People in a table, each leading to her profile; a name of her own is masked for who may not see people in full. */
export async function peopleTable(
  { services, may }: Pick<Visit, 'services' | 'may'>,
  people: readonly PersonRow[],
  more: Pick<Table, 'caption' | 'empty'> & Partial<Table>,
) {
  const names = await services.names.nameOf(people.map(({ _id }) => _id));
  return table({
    columns: [{ label: '人' }, { label: '知道的' }, { label: '積分', number: true }, { label: '最後來過' }],
    rows: people.map(({ _id, t, n }) => {
      const name = names.get(_id) ?? '';
      const known = t.flatMap((token) => {
        for (const [pattern, tell] of told) {
          const found = pattern.exec(token);
          if (found) return [tell(found)];
        }
        return [];
      });
      return [
        {
          text: may('people.full') ? name : maskBoardName(name),
          href: `/subscribers/${_id}`,
          note: _id,
          own: true,
        },
        { text: known.slice(0, mostTold).join('、') || '—', own: true },
        n['points'] ?? 0,
        n['seenOn'] === undefined ? '—' : dayOfNumber(n['seenOn']),
      ];
    }),
    ...more,
  });
}
