import type { Reply } from '../../wechat/protocol/reply';
import { maxTextBytes } from '../../wechat/protocol/reply';
import type { Question, Quiz, QuizContent } from './definition';
import { letters } from './questions';
import type { Asked, Result, Shown } from './turn';

/** One question as its author has to check it. */
export type Walked = {
  question: Question;
  /** The prize whose 搶答題 it is. */
  flashFor: string | undefined;
  /** Bytes of the longest message it can stand in, and whether the platform takes that much. */
  bytes: number;
  fits: boolean;
};

type Render = (name: string, data: object) => Reply;

/**
 * Every question of a quiz with the longest message that can tell about it: her first and wrong answer to it, a prize won
 * with the longest name, and then the longest question of all. What does not fit is cut when it is sent.
 */
export function walk(content: QuizContent, render: Render): Walked[] {
  const questions = content.questions.filter(({ retired }) => !retired);
  const bytesOf = (question: Question): number =>
    length(
      render('quiz-asked', {
        quiz: content,
        question: shown(content, question),
        newHere: true,
        resumed: false,
      }),
    );
  const longest = questions.toSorted((a, b) => bytesOf(b) - bytesOf(a))[0];
  return questions.map((question) => {
    const next = { kind: 'question', question: shown(content, longest ?? question) };
    const told = { quiz: content, result: worst(content, question), next };
    const bytes = Math.max(bytesOf(question), length(render('quiz-answered', told)));
    const flash = content.prizes.find(({ way }) => way.kind === 'first' && way.question === question.id);
    return { question, flashFor: flash?.name, bytes, fits: bytes <= maxTextBytes };
  });
}

const length = (reply: Reply): number => (reply.kind === 'text' ? Buffer.byteLength(reply.text) : 0);

/** As written, which is one of the orders that fans see. */
function shown(quiz: Pick<Quiz, 'sponsors' | 'timerSeconds' | 'perDay'>, question: Question): Asked {
  return {
    n: quiz.perDay,
    text: question.text,
    kind: question.kind,
    options: question.options.map((text, i) => ({ letter: letters[i] as string, text })),
    seconds: quiz.timerSeconds ?? null,
    picture: question.picture ?? null,
    sponsor: quiz.sponsors.find(({ id }) => id === question.sponsor)?.name ?? null,
  };
}

function worst(quiz: QuizContent, question: Question): Result {
  const { levels, firstBonus, prizes } = quiz;
  const level = levels.at(-1) ?? { questions: 0, pass: 0 };
  const profile = question.kind === 'profile';
  const [prize] = prizes
    .filter(({ way }) => way.kind === 'floor')
    .toSorted((a, b) => b.name.length - a.name.length);
  const win: Shown[] = prize
    ? [
        {
          award: '',
          win: { prize: prize.id, pid: '', order: 0, on: '', why: 'floor', unit: '999999' },
          name: prize.name,
          unit: '999999',
          why: 'floor',
          passedOn: true,
          code: prize.kind === 'code' ? '0'.repeat(24) : '',
        },
      ]
    : [];
  return {
    ok: profile,
    profile,
    attribute: undefined,
    right:
      question.right === undefined ? '' : `${letters[question.right]}. ${question.options[question.right]}`,
    explanation: question.explanation ?? '',
    points: firstBonus,
    bonus: firstBonus,
    total: 99_999,
    floor: 999_999,
    again: false,
    level: levels.length,
    levelAsked: level.questions,
    levelQuestions: level.questions,
    levelRight: level.pass,
    levelPass: level.pass,
    last: 'failed',
    wins: win,
    gone: [],
  };
}
