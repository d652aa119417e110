import { type Leaf, leaf, oneOf, whole } from '../leaf';

/** What the account is asked about; in what was answered (`about`) it stands under its name. */
export const topics = {
  hotels: '酒店',
  weather: '天氣',
  trains: '列車',
  sights: '景點',
  guides: '攻略',
  food: '美食',
  tickets: '門票',
} as const;
export type TopicCode = keyof typeof topics;

/** Messages are kept for 30 days. */
const mostDays = 30;
export const mostAsks = 5;

/** The day of her n-th newest question about something. */
export const nthAsked = (topic: TopicCode, n: number): string => `asked_${topic}_${n}`;

/** Which topic an answer was about: the name that stands last. */
export function topicOf(about: string): TopicCode | undefined {
  const found = (Object.keys(topics) as TopicCode[])
    .map((code) => ({ code, at: about.lastIndexOf(topics[code]) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => b.at - a.at);
  return found[0]?.code;
}

export const inboxLeaves: readonly Leaf[] = [
  leaf(
    'asked',
    '{days} 天內問過{topic}至少 {times} 次',
    { days: whole(1, mostDays), topic: oneOf(topics), times: whole(1, mostAsks) },
    ({ days, topic, times }, { day }) => ({ number: nthAsked(topic, times), from: day - days + 1 }),
    [
      { pattern: '{days} 天內問過{topic}', given: { times: 1 } },
      { pattern: '{days} 天內問過{topic} {times} 次以上' },
      { pattern: '問過{topic}', given: { times: 1, days: mostDays } },
    ],
  ),
];
