import { inScript, type Script } from '../../../kit/text';
import type { Reply } from '../../../wechat/protocol/reply';
import { maxTextBytes } from '../../../wechat/protocol/reply';
import type { Question, Quiz, QuizContent } from '../definition';
import { letters } from '../play/questions';
import type { Asked, Result, Shown } from '../play/step';

/** One question as its author has to check it. */
export type Walked = {
  question: Question;
  /** The prize whose 搶答題 it is. */
  flashFor: string | undefined;
  /** Bytes of the longest message it can stand in, and whether the platform takes that much. */
  bytes: number;
  fits: boolean;
};

export type Render = (name: string, data: object) => Reply;

/**
 * Every question of a quiz with the longest message that can tell about it: her first and wrong answer to it, a prize won
 * with the longest name, and then the longest question of all. What does not fit is cut when it is sent.
 */
export function walk(content: QuizContent, render: Render): Walked[] {
  const questions = content.questions.filter(({ retired }) => !retired);
  const flashFor = new Map(
    content.prizes.flatMap(({ way, name }) => (way.kind === 'first' ? [[way.question, name] as const] : [])),
  );
  const asked = new Map(
    questions.map((question) => {
      const told = { quiz: content, question: shown(content, question), newHere: true, resumed: false };
      return [question, length(render('quiz-asked', told))];
    }),
  );
  const bytesOf = (question: Question): number => asked.get(question) ?? 0;
  // A 搶答題 stands alone.
  const longest = questions
    .filter(({ id }) => !flashFor.has(id))
    .toSorted((a, b) => bytesOf(b) - bytesOf(a))[0];
  return questions.map((question) => {
    const flash = flashFor.get(question.id);
    const next =
      longest && flash === undefined
        ? { kind: 'question', question: shown(content, longest) }
        : { kind: 'none', why: 'dayDone', last: true };
    const told = { quiz: content, result: worst(content, question), next };
    const bytes = Math.max(bytesOf(question), length(render('quiz-answered', told)));
    return { question, flashFor: flash, bytes, fits: bytes <= maxTextBytes };
  });
}

/** Whatever of a quiz no reply can hold whole: questions, the list of its draws. What goes on with 「更多」 always fits. */
export function tooLong(content: QuizContent, render: Render): { where: string; bytes: number }[] {
  const draws = content.prizes.flatMap(({ name, way }) =>
    way.kind === 'draw'
      ? [
          {
            name,
            drawn: true,
            named: way.publicValue,
            commitment: '0'.repeat(64),
            listHash: '0'.repeat(64),
            entries: 999_999,
            value: '0'.repeat(128),
            number: '0'.repeat(12),
          },
        ]
      : [],
  );
  const drawn = draws.length > 0 ? length(render('quiz-draws', { quiz: content, draws, others: [] })) : 0;
  return [
    ...walk(content, render).flatMap(({ question, bytes, fits }) =>
      fits ? [] : [{ where: `題目 ${question.id}`, bytes }],
    ),
    ...(drawn > maxTextBytes ? [{ where: '抽獎的獎品名稱與公開數', bytes: drawn }] : []),
  ];
}

/** In the script in which it is longer. */
const length = (reply: Reply): number =>
  reply.kind === 'text'
    ? Math.max(...scripts.map((script) => Buffer.byteLength(inScript(reply.text, script))))
    : 0;
const scripts: Script[] = ['hant', 'hans'];

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
  // A day brings one floor, and a 搶答題 may bring its own prize on top.
  const [byFloor] = prizes
    .filter(({ way }) => way.kind === 'floor')
    .toSorted((a, b) => b.name.length - a.name.length);
  const first = prizes.find(({ way }) => way.kind === 'first' && way.question === question.id);
  const wins = [byFloor, first].flatMap((prize): Shown[] => {
    if (!prize) return [];
    const why = prize === first ? 'first' : 'floor';
    const unit = '999999';
    const win = { prize: prize.id, pid: '', floor: 0, on: '', why, unit } as const;
    const code = prize.kind === 'code' ? '0'.repeat(100) : '';
    return [{ award: '', win, name: prize.name, unit, why, passedOn: why === 'floor', code }];
  });
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
    wins,
    gone: [],
  };
}
