import { z } from 'zod';
import { type QuestionPages, unknownQuestion } from '../../domain/quiz/play/question-page';
import { definePage } from '../page';
import { forOneFan } from './headers';

const digits = z.string().regex(/^\d{1,20}$/);
const name = z.string().min(1).max(200);

/** A question with a picture, as she has it in the chat. */
export const question = definePage({
  path: '/quiz/:quiz/questions/:question',
  headers: forOneFan,
  asks: z.object({
    quiz: name,
    question: name,
    n: digits,
    order: digits,
    script: z.enum(['hant', 'hans']),
    sign: name,
  }),
  otherwise: unknownQuestion,
  show({ questionPages }: { questionPages: QuestionPages }, asked) {
    const { script, ...data } = questionPages.read(asked);
    return { kind: 'page', template: 'question', data, script };
  },
});
