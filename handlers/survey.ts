import {
  birthday,
  type Context,
  choice,
  choices,
  clicks,
  date,
  type Field,
  form,
  forms,
  number,
  optional,
  phone,
  type Services,
  says,
  takes,
  text,
} from '../src/bot/bot';

type Survey = NonNullable<ReturnType<Services['surveys']['byForm']>>;
type Question = Survey['questions'][number];
type Anyone = Context<Record<never, never>>;

/** 題目的編號都是字母開頭，不會和它撞上。 */
const consentField = '_consent';
const agreed = '同意';
const refused = '不同意';

/** 沒說是哪一份：只有一份就是它。 */
function whichever({ surveys, choose, redo, render }: Anyone) {
  const all = surveys.open().map(({ title, keywords }) => ({ label: title, says: keywords[0] ?? '' }));
  const [only, ...more] = all;
  if (!only) return render('survey-none');
  return more.length === 0 ? redo(only.says) : choose('想填哪一份？', all.slice(0, 9));
}

/** 問卷是資料：關鍵字打開，一題一題問；填到一半留著，再說關鍵字接著填。 */
export default [
  forms((context, name) => {
    const survey = context.surveys.byForm(name);
    return survey && formOf(survey, context);
  }),

  takes(
    ({ surveys, message }) => (message.kind === 'text' ? surveys.opened(message.content) : undefined),
    async (context) => {
      const { params, surveys, fan, ask, isHalfFilled, choose, render } = context;
      const { survey, again } = params;
      const made = formOf(survey, context);
      const resumed = isHalfFilled(made);
      const before = resumed || again ? null : await surveys.answersOf(survey.id, fan.pid);
      if (before)
        return choose(render('survey-filled', { survey, at: before.at.getTime() }), [
          { label: '重新填一次', says: surveys.againWord(survey) },
        ]);
      return render('survey-opened', { survey, resumed, question: ask(made) });
    },
  ),

  says(['問卷', '填問卷', '問卷調查'], whichever),
  clicks('SURVEY', whichever),
];

function formOf(survey: Survey, context: Anyone) {
  const { consent, questions } = survey;
  const hasAgreed = (answers: Readonly<Record<string, unknown>>) =>
    !consent || answers[consentField] === agreed;
  const fields = questions.map((question): [string, Field<unknown>] => [
    question.id,
    {
      ...fieldOf(question),
      asked: (answers) => hasAgreed(answers) && context.surveys.isAsked(question, answers),
    },
  ]);
  const all = consent ? [[consentField, consentOf(consent, context)] as const, ...fields] : fields;
  return form(
    survey.form,
    Object.fromEntries(all),
    async ({ params, surveys, fan, at, render }) => {
      if (!hasAgreed(params)) return render('survey-declined', { survey });
      const earns = survey.points > 0 && fan.firstTime(`survey:${survey.id}`);
      await surveys.finish({ survey, pid: fan.pid, answers: params, at, earns });
      return render('survey-done', { survey, earns });
    },
    { keeps: true },
  );
}

function consentOf(consent: NonNullable<Survey['consent']>, { render }: Anyone): Field<string> {
  const asked = render('survey-consent', { consent });
  return choice(asked.kind === 'text' ? asked.text : consent.text, [agreed, refused], '你的同意', {
    同意: ['是', '是的', '好', '好的', '行', '可以', 'ok', '我同意'],
    不同意: ['不', '不要', '不行', '否', '不可以', '不好', '我不同意'],
  });
}

function fieldOf(question: Question): Field<unknown> {
  const field = askedField(question);
  return question.optional ? optional(field) : field;
}

function askedField({ kind, text: asked, options, least, most }: Question): Field<unknown> {
  switch (kind) {
    case 'text':
      return text(asked, most);
    case 'number':
      return number(asked, least, most);
    case 'choice':
      return choice(asked, options);
    case 'multi':
      return choices(asked, options);
    case 'phone':
      return phone(asked);
    case 'date':
      return date(asked);
    case 'birthday':
      return birthday(asked);
    case 'nps':
      return number(`${asked}\n（0 到 10，0 是完全不會，10 是一定會）`, least, most);
    case 'csat':
      return number(`${asked}\n（1 到 5，1 是很不滿意，5 是很滿意）`, least, most);
  }
}
