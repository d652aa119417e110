import { type Leaf, leaf, quoted, quotedList } from '../leaf';

export const answeredToken = (survey: string): string => `survey:${survey}`;
export const markToken = (mark: string, word: string): string => `mark:${mark}=${word}`;

export const surveyLeaves: readonly Leaf[] = [
  leaf('survey', '答完問卷{survey}', { survey: quoted() }, ({ survey }) => ({ has: answeredToken(survey) })),
  leaf('mark', '標記{mark}有{values}', { mark: quoted(), values: quotedList() }, ({ mark, values }) => ({
    hasOne: values.map((one) => markToken(mark, one)),
  })),
];
