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
};

/** Counts answers as they come: a million of them never lie in memory. */
export function createTally(survey: Survey) {
  const kept = survey.questions.map((question) => ({
    question,
    answered: 0,
    sum: 0,
    counts: new Map<string, number>(valuesOf(question).map((value) => [value, 0])),
  }));
  let people = 0;

  return {
    add(answers: Answers): void {
      people++;
      for (const one of kept) {
        const { id } = one.question;
        const words = Object.hasOwn(answers, id) ? wordsOf(answers[id]) : [];
        if (words.length === 0) continue;
        one.answered++;
        one.sum += Number(words[0]);
        if (isCounted(one.question))
          for (const word of words) one.counts.set(word, (one.counts.get(word) ?? 0) + 1);
      }
    },
    read: (): { people: number; results: Result[] } => ({
      people,
      results: kept.map(({ question, answered, sum, counts }) => ({
        question,
        answered,
        ...(isCounted(question) ? { counts: [...counts].map(([value, n]) => ({ value, people: n })) } : {}),
        ...(isNumber(question) && answered > 0 ? { average: sum / answered } : {}),
        ...(question.kind === 'nps' && answered > 0 ? { nps: npsOf(counts, answered) } : {}),
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
  for (const [value, people] of counts)
    balance += Number(value) >= 9 ? people : Number(value) <= 6 ? -people : 0;
  return Math.round((balance / answered) * 100);
}

/** For people: each question with its figures, a bar for each share. */
export function tellResults(
  title: string,
  { people, results }: { people: number; results: Result[] },
): string {
  const lines = [`「${title}」答完的有 ${people} 人。`];
  for (const [i, { question, answered, counts = [], average, nps }] of results.entries()) {
    const figures = [
      `${answered} 人答`,
      ...(average === undefined ? [] : [`平均 ${average.toFixed(1)}`]),
      ...(nps === undefined ? [] : [`NPS ${nps}`]),
    ];
    lines.push(`\n${i + 1}. ${question.text}（${question.id}，${figures.join('，')}）`);
    for (const { value, people: n } of counts) {
      const percent = answered === 0 ? 0 : Math.round((n / answered) * 100);
      lines.push(`   ${value}：${n} 人，${percent}% ${'▇'.repeat(Math.round(percent / 5))}`.trimEnd());
    }
  }
  return lines.join('\n');
}
