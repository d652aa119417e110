import type { Survey } from './survey';
import { listIn, numberIn } from './survey-book';

/** A survey as fields of a form: everything is text, lists are lines. */
export type SurveyForm = {
  id: string;
  title: string;
  keywords: string;
  scenes: string;
  afterQuiz: string;
  intro: string;
  consent: string;
  version: string;
  purpose: string;
  points: string;
  thanks: string;
  questions: QuestionForm[];
};
export type QuestionForm = {
  id: string;
  kind: string;
  text: string;
  options: string;
  least: string;
  most: string;
  optional: boolean;
  when: string;
  is: string;
  attribute: string;
  mark: string;
};
export const emptyQuestion: QuestionForm = {
  ...{ id: '', kind: 'choice', text: '', options: '', least: '', most: '', optional: false },
  ...{ when: '', is: '', attribute: '', mark: '' },
};
export const emptyForm: SurveyForm = {
  ...{ id: '', title: '', keywords: '', scenes: '', afterQuiz: '', intro: '', consent: '', version: '' },
  ...{ purpose: '', points: '0', thanks: '記下了，謝謝！', questions: [emptyQuestion] },
};

/** As `readSurvey` wants it. A question without an id gets one: it is only for us. */
export function jsonOf(form: SurveyForm): unknown {
  const said = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim());
  const scenes = listIn(form.scenes);
  const afterQuiz = said(form.afterQuiz);
  const consent = {
    text: said(form.consent),
    version: said(form.version),
    purpose: said(form.purpose),
  };
  const taken = new Set(form.questions.map(({ id }) => id));
  let n = 0;
  const idOf = (id: string): string => {
    if (id.trim() !== '') return id.trim();
    do n++;
    while (taken.has(`q${n}`));
    return `q${n}`;
  };
  return withoutHoles({
    id: form.id,
    title: form.title,
    keywords: form.keywords
      .split(/[|｜,，、\n]+/u)
      .map((one) => one.trim())
      .filter(Boolean),
    starts:
      scenes.length > 0 || afterQuiz
        ? withoutHoles({ scenes: scenes.length > 0 ? scenes : undefined, afterQuiz })
        : undefined,
    intro: form.intro,
    consent: Object.values(consent).some(Boolean) ? withoutHoles(consent) : undefined,
    points: said(form.points) === undefined ? undefined : numberIn(form.points.trim()),
    thanks: form.thanks,
    questions: form.questions.map((one) =>
      withoutHoles({
        id: idOf(one.id),
        kind: one.kind,
        text: one.text,
        options: said(one.options) === undefined ? undefined : listIn(one.options),
        least: said(one.least) === undefined ? undefined : numberIn(one.least.trim()),
        most: said(one.most) === undefined ? undefined : numberIn(one.most.trim()),
        optional: one.optional ? true : undefined,
        when:
          said(one.when) === undefined && said(one.is) === undefined
            ? undefined
            : { question: one.when.trim(), is: listIn(one.is) },
        to: toOf(said(one.attribute), said(one.mark)),
      }),
    ),
  });
}

/** Both is one too many: `readSurvey` says so. */
const toOf = (attribute?: string, mark?: string) =>
  attribute === undefined && mark === undefined ? undefined : withoutHoles({ attribute, mark });

const withoutHoles = (object: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

export function formOf({ consent, starts, questions, ...survey }: Survey): SurveyForm {
  return {
    ...survey,
    keywords: survey.keywords.join('、'),
    scenes: (starts?.scenes ?? []).join('\n'),
    afterQuiz: starts?.afterQuiz ?? '',
    consent: consent?.text ?? '',
    version: consent?.version ?? '',
    purpose: consent?.purpose ?? '',
    points: String(survey.points),
    questions: questions.map(({ kind, options, least, most, optional, when, to, ...question }) => ({
      ...question,
      kind,
      options: options.join('\n'),
      least: kind === 'number' ? String(least) : '',
      most: kind === 'number' || kind === 'text' ? String(most) : '',
      optional,
      when: when?.question ?? '',
      is: (when?.is ?? []).join('\n'),
      attribute: to && 'attribute' in to ? to.attribute : '',
      mark: to && 'mark' in to ? to.mark : '',
    })),
  };
}

const plainly: Record<string, string> = {
  to: '「記成屬性」和「記成標記」只填一個；名字最多 20 個字，不能有引號、括號、分號',
  when: '要填前面一題的編號，和答了什麼才問',
};

type Placed = { sheet?: string; line?: number; column?: string; message: string };

/** What is wrong with a survey, at the fields of the form. */
export function faultsAt(problems: readonly Placed[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { sheet, line, column = '', message } of problems) {
    const name =
      sheet === 'questions'
        ? line === undefined
          ? 'questions'
          : `questions.${line - 1}.${column === 'to' ? 'attribute' : column === '' ? 'text' : column}`
        : sheet === 'consent'
          ? ({ text: 'consent' }[column] ?? (column === '' ? 'consent' : column))
          : sheet === 'starts'
            ? column === 'afterQuiz'
              ? 'afterQuiz'
              : 'scenes'
            : column;
    // A form has no braces: what is wanted there is said in its own words.
    fields[name] ??= (message.includes('{') ? plainly[column] : undefined) ?? message;
  }
  return fields;
}
