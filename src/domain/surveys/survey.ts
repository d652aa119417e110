/** What is asked of people, as data: a marketer writes it, `readSurvey` checks it. */
export type Survey = {
  id: string;
  title: string;
  /** What opens it in chat; the first is named in replies. */
  keywords: string[];
  /** What else begins it. */
  starts?: Starts;
  intro: string;
  /** Asked before everything else, with what her answers are for. */
  consent?: Consent;
  questions: Question[];
  /** Given once in a life, at the end. */
  points: number;
  thanks: string;
};

/** Codes of these scenes open it; who has ended a day of that quiz is invited to it once. */
export type Starts = { scenes?: string[]; afterQuiz?: string };

export type Consent = { text: string; version: string; purpose: string };

export const questionKinds = {
  text: '文字',
  number: '數字',
  choice: '單選',
  multi: '多選',
  phone: '手機號',
  date: '今天或以後的日期',
  birthday: '生日',
  nps: '推薦意願，0 到 10',
  csat: '滿意度，1 到 5',
} as const;
export type QuestionKind = keyof typeof questionKinds;

export type Question = {
  id: string;
  kind: QuestionKind;
  text: string;
  /** Of `choice` and `multi`. */
  options: string[];
  /** The range of `number`, `nps` and `csat`; of `text` the most characters. */
  least: number;
  most: number;
  /** She may skip it. */
  optional: boolean;
  /** Asked only where an earlier answer is one of these; numbers as text. */
  when?: { question: string; is: string[] };
  /** Where the answer goes beside the results: an attribute of hers, or marks, one for each option she chose. */
  to?: { attribute: string } | { mark: string };
};

/** As kept: options in their own words; a skipped or unasked question has none. */
export type Answer = string | number | string[];
export type Answers = Record<string, Answer>;

/** What the answer is, as words: of `multi` several. */
export const wordsOf = (answer: unknown): string[] =>
  answer === undefined || answer === null ? [] : [answer].flat().map(String);

/** Whether a question is asked, by the answers before it. */
export const isAsked = (
  { when }: Pick<Question, 'when'>,
  answers: Readonly<Record<string, unknown>>,
): boolean =>
  when === undefined ||
  (Object.hasOwn(answers, when.question) &&
    wordsOf(answers[when.question]).some((word) => when.is.includes(word)));

/** The answers to questions of this survey, and nothing else that came along. */
export function answersTo(survey: Survey, given: Readonly<Record<string, unknown>>): Answers {
  const known = survey.questions.filter(
    ({ id }) => Object.hasOwn(given, id) && given[id] !== null && given[id] !== undefined,
  );
  return Object.fromEntries(known.map(({ id }) => [id, given[id] as Answer]));
}
