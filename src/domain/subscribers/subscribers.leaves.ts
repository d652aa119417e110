import { spellings } from '../../kit/text';
import { type Leaf, leaf, oneOf, quotedList, whole } from '../leaf';

/** What is seen of everybody who writes to us. */
export const subscriberLeaves: readonly Leaf[] = [
  leaf(
    'script',
    '用{script}',
    { script: oneOf({ hant: '繁體字', hans: '簡體字' }) },
    ({ script }) => ({
      has: `script:${script}`,
    }),
    [
      { pattern: '用繁體', given: { script: 'hant' } },
      { pattern: '用簡體', given: { script: 'hans' } },
    ],
  ),
  leaf(
    'city',
    '問過或人在城市{cities}',
    { cities: quotedList() },
    ({ cities }) => ({
      hasOne: cities.flatMap(spellings).map((one) => `city:${one}`),
    }),
    [
      { pattern: '城市{cities}' },
      { pattern: '在城市{cities}' },
      { pattern: '城市是{cities}' },
      { pattern: '問過城市{cities}' },
    ],
  ),
  leaf(
    'region',
    '問過或人在地區{regions}',
    { regions: quotedList() },
    ({ regions }) => ({
      hasOne: regions.flatMap(spellings).map((one) => `region:${one}`),
    }),
    [{ pattern: '地區{regions}' }, { pattern: '在地區{regions}' }, { pattern: '地區是{regions}' }],
  ),
  leaf('channel', '從渠道{channels}來', { channels: quotedList() }, ({ channels }) => ({
    hasOne: channels.flatMap((one) => [`channel:first:${one}`, `channel:last:${one}`]),
  })),
  leaf('first-channel', '第一次從渠道{channels}來', { channels: quotedList() }, ({ channels }) => ({
    hasOne: channels.map((one) => `channel:first:${one}`),
  })),
  leaf('followed-within', '{days} 天內關注', { days: whole(1, 3_650) }, ({ days }, { day }) => ({
    number: 'followedOn',
    from: day - days + 1,
  })),
  leaf('followed-before', '關注超過 {days} 天', { days: whole(1, 3_650) }, ({ days }, { day }) => ({
    number: 'followedOn',
    to: day - days,
  })),
  leaf('seen', '{days} 天內來過', { days: whole(1, 3_650) }, ({ days }, { day }) => ({
    number: 'seenOn',
    from: day - days + 1,
  })),
  leaf('silent', '沉默超過 {days} 天', { days: whole(1, 3_650) }, ({ days }, { day }) => ({
    number: 'seenOn',
    to: day - days - 1,
  })),
];
