import { beijingMoment } from '../../kit/beijing';
import { maskPhone } from '../../kit/mask';
import { safeCell } from '../../sheets/safe-cells';
import type { Column } from '../../sheets/sheet';
import { type Answers, type Question, type Survey, wordsOf } from './survey';

/** Of `SurveyAnswers`, what stands in a line. */
type Line = { pid: string; at: Date; consent?: { version: string }; answers: Answers };

/** One line a person, one column a question. `full`: phones as they are. */
export const answerColumns = (survey: Survey, full: boolean): Column<Line>[] => [
  { title: '粉絲', of: ({ pid }) => pid, width: 26 },
  { title: '時間', of: ({ at }) => beijingMoment(at.getTime()), width: 18 },
  { title: '同意', of: ({ consent }) => consent?.version },
  ...survey.questions.map((question) => ({
    title: String(safeCell(question.text)),
    of: ({ answers }: Line) => cellOf(question, answers, full),
    width: 20,
  })),
];

export function cellOf({ id, kind }: Question, answers: Answers, full: boolean) {
  const answer = Object.hasOwn(answers, id) ? answers[id] : undefined;
  if (typeof answer === 'number') return answer;
  const words = wordsOf(answer).join('、');
  return kind === 'phone' && words !== '' && !full ? maskPhone(words) : words;
}
