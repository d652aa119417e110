import { beijingDay, beijingMoment } from '../../kit/beijing';
import { type Answers, type Question, type Survey, wordsOf } from './survey';

/** What everybody answered to one question. */
export type Result = {
  question: Question;
  answered: number;
  /** Of options and scores, in their order; then words that a version before this one had. */
  counts?: { value: string; people: number }[];
  /** Of numbers and scores. */
  average?: number;
  /** Promoters (9, 10) less detractors (0 to 6), in percent of all: -100 to 100. */
  nps?: number;
  /** The same figures for each day on which somebody answered it. */
  days: { day: string; answered: number; average?: number; nps?: number }[];
};

export type Figures = { people: number; days: { day: string; people: number }[]; results: Result[] };

/** Of one day. `balance`: promoters less detractors, were it NPS. */
type Scores = { answered: number; sum: number; balance: number };

/** Counts answers as they come: a million of them never lie in memory. */
export function createTally(survey: Survey) {
  const kept = survey.questions.map((question) => ({
    question,
    answered: 0,
    sum: 0,
    counts: new Map<string, number>(valuesOf(question).map((value) => [value, 0])),
    days: new Map<string, Scores>(),
  }));
  const peopleOn = new Map<string, number>();
  let people = 0;

  return {
    add(answers: Answers, at: Date): void {
      const day = beijingDay(at.getTime());
      people++;
      peopleOn.set(day, (peopleOn.get(day) ?? 0) + 1);
      for (const one of kept) {
        const { id } = one.question;
        const words = Object.hasOwn(answers, id) ? wordsOf(answers[id]) : [];
        if (words.length === 0) continue;
        one.answered++;
        one.sum += Number(words[0]);
        scored(one.days, day, Number(words[0]));
        if (isCounted(one.question))
          for (const word of words) one.counts.set(word, (one.counts.get(word) ?? 0) + 1);
      }
    },
    read: (): Figures => ({
      people,
      days: sorted(peopleOn).map(([day, n]) => ({ day, people: n })),
      results: kept.map(({ question, answered, sum, counts, days }) => ({
        question,
        answered,
        ...(isCounted(question) ? { counts: [...counts].map(([value, n]) => ({ value, people: n })) } : {}),
        ...(isNumber(question) && answered > 0 ? { average: sum / answered } : {}),
        ...(question.kind === 'nps' && answered > 0 ? { nps: npsOf(counts, answered) } : {}),
        days: sorted(days).map(([day, its]) => ({
          day,
          answered: its.answered,
          ...(isNumber(question) ? { average: its.sum / its.answered } : {}),
          ...(question.kind === 'nps' ? { nps: percent(its.balance, its.answered) } : {}),
        })),
      })),
    }),
  };
}

const isNumber = ({ kind }: Question): boolean => kind === 'number' || kind === 'nps' || kind === 'csat';
const isCounted = ({ kind, options }: Question): boolean =>
  options.length > 0 || kind === 'nps' || kind === 'csat';

const valuesOf = (question: Question): string[] =>
  question.options.length > 0 || !isCounted(question)
    ? question.options
    : Array.from({ length: question.most - question.least + 1 }, (_, i) => String(question.least + i));

function npsOf(counts: ReadonlyMap<string, number>, answered: number): number {
  let balance = 0;
  for (const [value, people] of counts) balance += promotes(Number(value)) * people;
  return percent(balance, answered);
}

const promotes = (score: number): number => (score >= 9 ? 1 : score <= 6 ? -1 : 0);
const percent = (part: number, of: number): number => Math.round((part / of) * 100);

function scored(days: Map<string, Scores>, day: string, score: number): void {
  const its = days.get(day) ?? { answered: 0, sum: 0, balance: 0 };
  days.set(day, {
    answered: its.answered + 1,
    sum: its.sum + score,
    balance: its.balance + promotes(score),
  });
}

const sorted = <Value>(days: ReadonlyMap<string, Value>): [string, Value][] =>
  [...days].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** For charts: all that is counted, and no word that somebody typed. */
export function chartData(survey: Survey, { people, days, results }: Figures, at: number): object {
  return {
    survey: survey.id,
    title: survey.title,
    at: beijingMoment(at),
    people,
    days,
    questions: results.map(({ question: { id, kind, text }, ...figures }) => ({
      id,
      kind,
      text,
      ...figures,
    })),
  };
}

/** 「12 人答，平均 4.2，NPS 30」 */
export const resultLines = ({ answered, average, nps }: Result): string =>
  [
    `${answered.toLocaleString('en')} 人答`,
    ...(average === undefined ? [] : [`平均 ${average.toFixed(1)}`]),
    ...(nps === undefined ? [] : [`NPS ${nps}`]),
  ].join('，');

/** What a chart of it shows; undefined for words that everybody typed. */
export const barsOfResult = ({ counts }: Result): { labels: string[]; values: number[] } | undefined =>
  counts && {
    labels: counts.map(({ value }) => value),
    values: counts.map(({ people }) => people),
  };

/** For people: each question with its figures, a bar for each share. */
export function tellResults(title: string, { people, results }: Pick<Figures, 'people' | 'results'>): string {
  const lines = [`「${title}」答完的有 ${people} 人。`];
  for (const [i, result] of results.entries()) {
    const { question, answered, counts = [] } = result;
    lines.push(`\n${i + 1}. ${question.text}（${question.id}，${resultLines(result)}）`);
    for (const { value, people: n } of counts) {
      const share = answered === 0 ? 0 : percent(n, answered);
      lines.push(`   ${value}：${n} 人，${share}% ${'▇'.repeat(Math.round(share / 5))}`.trimEnd());
    }
  }
  return lines.join('\n');
}
