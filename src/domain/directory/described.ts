import { dayOfNumber } from '../../kit/beijing';
import type { PersonRow } from '../people/people';

/** A flat row as our own team reads it. Days are Beijing days, times business ms; what is not known is ''. */
export type Described = {
  pid: string;
  followedOn: string;
  seenOn: string;
  channel: string;
  script: string;
  city: string;
  stage: string;
  points: number;
  hasPhone: boolean;
  purchases: number;
  spentFen: number;
  windowUntil?: number;
};

export const scriptNames: Readonly<Record<string, string>> = { hant: '繁體', hans: '簡體' };

export function describe({ _id, t, n }: PersonRow, stageNames: Readonly<Record<string, string>>): Described {
  const token = (start: string) => t.find((one) => one.startsWith(start))?.slice(start.length) ?? '';
  const day = (number: number | undefined) => (number === undefined ? '' : dayOfNumber(number));
  return {
    pid: _id,
    followedOn: day(n['followedOn']),
    seenOn: day(n['seenOn']),
    channel: token('channel:first:'),
    script: scriptNames[token('script:')] ?? '',
    city: token('city:'),
    stage: stageNames[token('stage:')] ?? '',
    points: n['points'] ?? 0,
    hasPhone: t.includes('bound:phone'),
    purchases: n['purchases'] ?? 0,
    spentFen: n['spentFen'] ?? 0,
    ...(n['windowUntil'] === undefined ? {} : { windowUntil: n['windowUntil'] }),
  };
}
