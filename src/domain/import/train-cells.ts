import { fold } from '../../kit/text';
import type { TrainKind } from '../trains/trains';

const words: Record<string, number[]> = Object.fromEntries(
  Object.entries({
    每日: [1, 2, 3, 4, 5, 6, 7],
    每天: [1, 2, 3, 4, 5, 6, 7],
    天天: [1, 2, 3, 4, 5, 6, 7],
    daily: [1, 2, 3, 4, 5, 6, 7],
    工作日: [1, 2, 3, 4, 5],
    平日: [1, 2, 3, 4, 5],
    weekdays: [1, 2, 3, 4, 5],
    週末: [6, 7],
    weekends: [6, 7],
    weekend: [6, 7],
  }).map(([word, days]) => [fold(word), days]),
);

/** 「每日」「工作日」「週末」 or days as digits, Monday is 1: 「1-5」「67」「1,3,5」. Undefined when it cannot be read. */
export function readRuns(text: string): number[] | undefined {
  const folded = fold(text);
  const known = words[folded];
  if (known) return known;
  if (!/^[1-7](?:[,|/、-]?[1-7])*$/.test(folded)) return undefined;
  const spelled = folded.replace(/([1-7])-([1-7])/g, (_, a: string, b: string) =>
    Array.from({ length: Math.max(0, Number(b) - Number(a) + 1) }, (_day, i) => Number(a) + i).join(''),
  );
  const days = [...new Set(spelled.match(/[1-7]/g) ?? [])].map(Number).sort((a, b) => a - b);
  return days.length > 0 ? days : undefined;
}

const kinds: Record<TrainKind, true> = {
  高鐵: true,
  動車: true,
  城際: true,
  直達: true,
  特快: true,
  快速: true,
  普快: true,
};

/** In either script. */
export const readTrainKind = (text: string): TrainKind | undefined =>
  (Object.keys(kinds) as TrainKind[]).find((kind) => fold(kind) === fold(text));
