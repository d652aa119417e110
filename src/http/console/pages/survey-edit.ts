import { z } from 'zod';
import { surveyTemplate } from '../../../domain/surveys/sample';
import { questionKinds, type Survey } from '../../../domain/surveys/survey';
import { writeSurveyBook } from '../../../domain/surveys/survey-book';
import {
  emptyForm,
  emptyQuestion,
  faultsAt,
  formOf,
  jsonOf,
  type QuestionForm,
  type SurveyForm,
} from '../../../domain/surveys/survey-form';
import { AppError } from '../../../errors';
import { act, done, download, may, page, part, shownOnce, type Visit } from '../console';
import { id, line, lines, maybe, rows, ticked, upload, whole } from '../form';
import { type Field, field, form } from '../parts';

const said = lines(2_000).default('');
const questionFields = {
  ...{ id: said, kind: said, text: said, options: said, least: said, most: said },
  ...{ optional: ticked, when: said, is: said, attribute: said, mark: said },
};
const surveyFields = {
  ...{ title: said, keywords: said, scenes: said, afterQuiz: said, intro: said, consent: said },
  ...{ version: said, purpose: said, points: said, thanks: said },
  questions: rows(z.object(questionFields), 40),
};

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** What is asked of a whole survey, in the order of the page. */
const topFields = (
  now: SurveyForm,
  isNew: boolean,
): { title: string; fields: ReturnType<typeof field>[] }[] => {
  const all = (fields: Omit<Field, 'value'>[]) =>
    fields.map((one) => field({ ...one, value: now[one.name as keyof Omit<SurveyForm, 'questions'>] }));
  return [
    {
      title: '這份問卷',
      fields: all([
        ...(isNew
          ? [
              {
                ...{ name: 'id', label: '編號', kind: 'text' as const, required: true, most: 40 },
                help: '小寫字母、數字、連字號，像 travel；定了不能改',
              },
            ]
          : []),
        { name: 'title', label: '名稱', kind: 'text', required: true, most: 30 },
        {
          ...{ name: 'keywords', label: '關鍵字', kind: 'text', required: true },
          help: '說了就開始填；1 到 5 個，用頓號隔開，第一個會寫在回覆裡',
        },
        { name: 'intro', label: '開場白', kind: 'lines', required: true, most: 150 },
        { name: 'thanks', label: '填完說的話', kind: 'lines', required: true, most: 200 },
        { name: 'points', label: '送積分', kind: 'number', help: '0 到 1000；一個人只送一次' },
      ]),
    },
    {
      title: '還能怎麼開始',
      fields: all([
        {
          name: 'scenes',
          label: '掃這些二維碼',
          kind: 'lines',
          help: '場景一行一個，像 hotel-lobby；可以不填',
        },
        {
          name: 'afterQuiz',
          label: '答題之後',
          kind: 'text',
          help: '答題活動的編號：答完一天的題，請她填一次；可以不填',
        },
      ]),
    },
    {
      title: '同意',
      fields: all([
        {
          ...{ name: 'consent', label: '同意的話', kind: 'lines', most: 150 },
          help: '最先問；不同意就結束，什麼都不留。答案要記在她名下、問手機號或生日，就一定要填這三樣',
        },
        { name: 'version', label: '同意版本', kind: 'text', most: 20, help: '改了字就改版本，像 2026-11' },
        { name: 'purpose', label: '用途', kind: 'text', most: 40, help: '她的答案用來做什麼' },
      ]),
    },
  ];
};

const questionShown = (one: QuestionForm, n: number | 'NEW') => ({
  ...one,
  n,
  kinds: Object.entries(questionKinds).map(([value, label]) => ({
    value,
    label,
    chosen: value === one.kind,
  })),
});

const editor = (now: SurveyForm, isNew: boolean) => ({
  parts: topFields(now, isNew),
  questions: now.questions.map(questionShown),
  unfilled: questionShown(emptyQuestion, 'NEW'),
});

async function keep({ services, by }: Visit, asked: SurveyForm, expects: number) {
  const saved = await services.surveys.save(jsonOf(asked), { by, expects });
  if ('row' in saved) return saved.row;
  const fields = faultsAt(saved.problems);
  throw new AppError('Invalid', 'survey.faults', `有 ${saved.problems.length} 處要改，還沒有存。`, {
    details: { fields },
  });
}

/** What a form says as a survey, as far as it can be shown already. */
const readable = (form: SurveyForm): Survey => ({
  ...{ id: 'preview', title: form.title, intro: form.intro, thanks: form.thanks },
  keywords: form.keywords.split(/[|｜,，、\n]+/u).filter((one) => one.trim() !== ''),
  points: Number(form.points) || 0,
  ...(form.consent.trim() === ''
    ? {}
    : { consent: { text: form.consent, version: form.version, purpose: form.purpose } }),
  questions: form.questions.map(({ id: name, kind, text, options, optional, when, is }) => ({
    ...{ id: name, text, optional, least: 0, most: 0 },
    kind: Object.hasOwn(questionKinds, kind) ? (kind as Survey['questions'][number]['kind']) : 'text',
    options: options.split('\n').filter((one) => one.trim() !== ''),
    ...(when.trim() === '' ? {} : { when: { question: when, is: is.split('\n').filter(Boolean) } }),
  })),
});

export default [
  page(
    '/surveys/new',
    may('surveys.edit'),
    { title: '新建問卷', template: 'survey-edit', asks: z.object({}) },
    () => ({
      ...{ heading: '新建問卷', back: '/surveys', to: '/surveys/new', draft: 'survey:new', base: '' },
      expects: 0,
      ...editor(emptyForm, true),
    }),
  ),
  page(
    '/surveys/:id/edit',
    may('surveys.edit'),
    { title: '修改問卷', template: 'survey-edit', asks: z.object({ id }) },
    async ({ services }, asked) => {
      const { _id, survey, state, version } = await services.surveys.row(asked.id);
      if (state === 'started')
        throw new AppError(
          'Conflict',
          'survey.started',
          `「${survey.title}」正在進行，不能改；先停止，改好再開始。`,
        );
      return {
        title: `修改「${survey.title}」`,
        ...{ heading: `修改「${survey.title}」`, back: `/surveys/${_id}`, to: `/surveys/${_id}/edit` },
        ...{ draft: `survey:${_id}`, base: String(version), expects: version },
        ...editor(formOf(survey), false),
      };
    },
  ),
  part(
    '/surveys/preview',
    may('surveys.see'),
    { template: 'survey-preview', asks: z.object(surveyFields) },
    ({ services }, asked) => {
      const survey = readable({ id: '', ...asked });
      const empty = survey.keywords.length === 0 || survey.questions.every(({ text }) => text.trim() === '');
      return { phone: empty ? [] : services.surveys.preview(survey) };
    },
  ),
  act(
    '/surveys/new',
    may('surveys.edit'),
    { what: '建立問卷', asks: z.object({ id: line(40), ...surveyFields }) },
    async (visit, asked) => {
      const { _id, survey } = await keep(visit, asked, 0);
      return done(`「${survey.title}」存成草稿了，看過就能開始。`, {
        to: `/surveys/${_id}`,
        after: { id: _id, questions: survey.questions.length },
      });
    },
  ),
  act(
    '/surveys/:id/edit',
    may('surveys.edit'),
    { what: '修改問卷', asks: z.object({ id, expects: whole(1, 1_000_000), ...surveyFields }) },
    async (visit, { expects, ...asked }) => {
      const before = await visit.services.surveys.row(asked.id);
      const { _id, survey, version } = await keep(visit, { ...asked, id: before._id }, expects);
      return done(`存好了，第 ${version} 版，是草稿；要「開始」粉絲才看得到。`, {
        to: `/surveys/${_id}`,
        before: {
          version: before.version,
          title: before.survey.title,
          questions: before.survey.questions.length,
        },
        after: { version, title: survey.title, questions: survey.questions.length },
      });
    },
  ),
  page(
    '/surveys/upload',
    may('surveys.edit'),
    { title: '上傳問卷', template: 'survey-upload', asks: z.object({}) },
    () => ({
      upload: form({
        to: '/surveys/upload',
        submit: '上傳',
        into: '#faults',
        fields: [
          {
            ...{ name: 'file', label: '工作簿', kind: 'file', required: true, accept: '.xlsx,.json' },
            help: '有錯就一處一處列出來，什麼都不改；編號已經有的，換成新的一版草稿',
          },
        ],
      }),
    }),
  ),
  act(
    '/surveys/upload',
    may('surveys.edit'),
    { what: '上傳問卷', asks: z.object({ file: upload }), most: 21 * 1024 * 1024 },
    async ({ services, by }, { file }) => {
      const brought = await services.surveys.bringTold(file, by);
      if (!('row' in brought)) return shownOnce('survey-faults', { name: file.name, ...brought });
      const { row, remarks } = brought;
      return done(`「${row.survey.title}」存成第 ${row.version} 版草稿了。${remarks.join('')}`, {
        to: `/surveys/${row._id}`,
        after: { id: row._id, version: row.version },
      });
    },
  ),
  download(
    '/surveys/template',
    may('surveys.see'),
    { what: '下載問卷的例子', asks: z.object({ kind: z.enum(['xlsx', 'json']) }) },
    async (_visit, { kind }) => ({
      name: `survey.${kind}`,
      type: kind === 'xlsx' ? xlsx : 'application/json',
      body: await surveyTemplate(kind),
    }),
  ),
  download(
    '/surveys/:id/file',
    may('surveys.see'),
    { what: '下載問卷', asks: z.object({ id, kind: maybe(z.enum(['xlsx', 'json'])) }) },
    async ({ services }, { id: asked, kind }) => {
      const { _id, survey } = await services.surveys.row(asked);
      return kind === 'json'
        ? { name: `${_id}.json`, type: 'application/json', body: services.surveys.written(survey) }
        : { name: `${_id}.xlsx`, type: xlsx, body: await writeSurveyBook(survey) };
    },
  ),
];
