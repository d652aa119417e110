import { dayOfNumber } from '../../kit/beijing';
import { spellings } from '../../kit/text';
import { type Leaf, leaf, oneOf, quoted, quotedList, whole } from '../leaf';
import { ageBands, birthdaysOn, birthdayToken, signs } from './derived';

const named = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((one) => [one, one])) as Record<Name, Name>;

/** What she told us, or an operator did, and what follows from it. */
export const attributeLeaves: readonly Leaf[] = [
  leaf(
    'attribute',
    '屬性{name}是{values}',
    { name: quoted(), values: quotedList() },
    ({ name, values }) => ({
      hasOne: spellings(name).flatMap((of) =>
        values.flatMap(spellings).map((one) => `attribute:${of}=${one}`),
      ),
    }),
    [{ pattern: '{name}是{values}' }],
  ),
  leaf('known', '屬性{name}已知', { name: quoted() }, ({ name }) => ({
    hasOne: spellings(name).map((one) => `known:${one}`),
  })),
  leaf('unknown', '屬性{name}未知', { name: quoted() }, ({ name }) => ({
    lacks: spellings(name).map((one) => `known:${one}`),
  })),
  leaf('age', '年齡{band}', { band: oneOf(named(ageBands)) }, ({ band }) => ({ has: `age:${band}` })),
  leaf('sign', '星座是{sign}', { sign: oneOf(named(signs.map(([name]) => name))) }, ({ sign }) => ({
    has: `sign:${sign}`,
  })),
  leaf('birthday-today', '今天生日', {}, (_, { day }) => ({ hasOne: bornOn(day) })),
  /** On that day, not before: asked every day it is true once a year. */
  leaf('birthday-in', '再過 {days} 天生日', { days: whole(1, 60) }, ({ days }, { day }) => ({
    hasOne: bornOn(day + days),
  })),
];

const bornOn = (day: number): string[] => birthdaysOn(dayOfNumber(day)).map(birthdayToken);
