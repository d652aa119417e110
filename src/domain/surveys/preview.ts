import type { Render } from '../../render/render';
import type { Question, Survey } from './survey';

/** One message of a chat; `hers`: she said it. */
export type Bubble = { text: string; hers: boolean };

/** The survey as a chat: all of its questions, one after the other, and what stands between them. */
export function previewOf(survey: Survey, render: Render): Bubble[] {
  const words = (name: string, values: object): string => {
    const reply = render(name, values);
    return reply.kind === 'text' ? reply.text.trim() : '';
  };
  const [first = '', ...more] = [
    ...(survey.consent
      ? [`${words('survey-consent', { consent: survey.consent })}\n1. 同意\n2. 不同意`]
      : []),
    ...survey.questions.map(askedOf),
  ];
  return [
    { text: survey.keywords[0] ?? '', hers: true },
    { text: words('survey-opened', { survey, resumed: false, question: first }), hers: false },
    ...more.map((text) => ({ text, hers: false })),
    { text: words('survey-done', { survey, earns: survey.points > 0 }), hers: false },
  ];
}

/** As `bot/fields.ts` asks it; a test compares them. */
function askedOf({ kind, text, options, optional, when }: Question): string {
  const listed = options.map((option, i) => `${i + 1}. ${option}`).join('\n');
  const asked = {
    ...{ text, number: text, phone: text, date: text, birthday: text },
    choice: `${text}\n${listed}`,
    multi: `${text}（可以選幾個，像「1 3」）\n${listed}`,
    nps: `${text}\n（0 到 10，0 是完全不會，10 是一定會）`,
    csat: `${text}\n（1 到 5，1 是很不滿意，5 是很滿意）`,
  }[kind];
  const skipped = optional ? '\n（不想答，回覆「跳過」）' : '';
  return `${when ? `〔前面答了「${when.is.join('」或「')}」才問〕\n` : ''}${asked}${skipped}`;
}
