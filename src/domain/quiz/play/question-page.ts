import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../../errors';
import type { Script } from '../../../kit/text';
import type { Sponsor } from '../../campaigns/campaign';
import type { QuizCampaigns } from '../campaigns';
import type { Quiz } from '../definition';
import type { Open } from './standing';
import { type Asked, asAsked } from './step';

/** What stands on the page of a question: never which option is right. */
export type QuestionPage = {
  title: string;
  question: Asked;
  sponsor: Required<Sponsor> | null;
  script: Script;
};

/** The parts of a link as they come back: who made them, the sign tells. */
export type QuestionLink = Record<'quiz' | 'question' | 'n' | 'order' | 'sign', string> & { script: Script };

/**
 * The pages of questions with a picture. A link carries the number and the order of options as she has them in the chat,
 * signed: nobody reads the bank by counting, and a page without a signature of ours does not exist.
 */
export function createQuestionPages(given: {
  campaigns: Pick<QuizCampaigns, 'get'>;
  /** `https://account.example.com`, without a path. */
  publicUrl: string;
  /** Signs the links; those out there die when it changes. */
  key: string;
}) {
  const { campaigns, publicUrl, key } = given;
  const signOf = (parts: string[]): string =>
    createHmac('sha256', key)
      .update(['question', ...parts].join('\n'))
      .digest('base64url')
      .slice(0, 22);

  return {
    /** The link to her open question. */
    linkTo(quiz: string, { q, n, order }: Pick<Open, 'q' | 'n' | 'order'>, script: Script): string {
      const parts = [quiz, q, String(n), order.join(''), script];
      const path = `quiz/${encodeURIComponent(quiz)}/questions/${encodeURIComponent(q)}`;
      const query = new URLSearchParams({ n: String(n), order: order.join(''), script, sign: signOf(parts) });
      return `${publicUrl.replace(/\/$/, '')}/${path}?${query.toString()}`;
    },

    /** @throws AppError `NotFound` for a link that is not ours, or a quiz that is long over */
    read(link: QuestionLink): QuestionPage {
      const { quiz: id, question: q, n, order, script, sign } = link;
      const quiz = isOurs([id, q, n, order, script], sign) ? campaigns.get(id) : undefined;
      const question = quiz?.questions.find((one) => one.id === q);
      if (!quiz || !question) throw unknownQuestion();
      const open = { q: question.id, n: Number(n), order: [...order].map(Number), sentAt: 0 };
      return {
        title: quiz.title,
        question: asAsked(quiz, question, open),
        sponsor: sponsorOf(quiz, question.sponsor),
        script,
      };
    },
  };

  function isOurs(parts: string[], sign: string): boolean {
    const [mine, theirs] = [Buffer.from(signOf(parts)), Buffer.from(sign)];
    return mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }
}

export type QuestionPages = ReturnType<typeof createQuestionPages>;

/** Of a link that is not ours, or a quiz that is long over. */
export const unknownQuestion = (): AppError =>
  new AppError('NotFound', 'question.unknown', '這一題已經看不到了，請回到對話裡。');

function sponsorOf({ sponsors }: Quiz, id: string | undefined): Required<Sponsor> | null {
  const sponsor = sponsors.find((one) => one.id === id);
  return sponsor ? { words: '', logo: '', ...sponsor } : null;
}
