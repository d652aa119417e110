import { z } from 'zod';
import { cellOf } from '../../../domain/surveys/answer-columns';
import { barsOfResult, resultLines } from '../../../domain/surveys/results';
import { questionKinds } from '../../../domain/surveys/survey';
import { type SurveyRow, surveyStates } from '../../../domain/surveys/surveys';
import { surveyOut } from '../../../domain/surveys/surveys.tasks';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { createCache } from '../../../kit/cache';
import { maskBoardName } from '../../../kit/mask';
import type { Services } from '../../../services';
import { barsOf, drawChart, linesOver } from '../chart';
import { act, done, may, page, part, picture, type Visit } from '../console';
import { cursor, day, id, line, maybe } from '../form';
import { confirm, form, type Tone, table } from '../parts';
import { slowly } from '../slowly';

const one = z.object({ id });
const said = { question: maybe(line(20)), value: maybe(line(60)), day: maybe(day) };
type Said = z.infer<z.ZodObject<typeof said>>;
const pageSize = 50;
export const stateTones: Record<SurveyRow['state'], Tone> = {
  draft: 'grey',
  started: 'green',
  stopped: 'yellow',
};

/** Reading all answers takes a while where there are many; its charts and tables are of one reading. */
const figures = createCache<Awaited<ReturnType<Services['surveys']['results']>>>({
  max: 20,
  freshMs: 15_000,
  staleMs: 15_000,
});
const figuresOf = async ({ services }: Visit, survey: string) => {
  const { version } = await services.surveys.row(survey);
  // Tests of one process have surveys of the same id: the start of the house tells them apart.
  const key = `${services.processes.boot}/${survey}/${version}`;
  return (await figures.get(key, () => services.surveys.results(survey))).value;
};

const query = (given: Said): string =>
  new URLSearchParams(
    Object.entries(given).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  ).toString();
const answersAt = (survey: string, given: Said): string => {
  const asked = query(given);
  return `/surveys/${survey}/answers${asked === '' ? '' : `?${asked}`}`;
};

const exportForm = (to: string, given: Said, full: boolean) =>
  form({
    to,
    submit: '導出',
    fields: [
      ...Object.entries(given).map(([name, value]) => ({ name, label: '', kind: 'hidden' as const, value })),
      {
        name: 'format',
        label: '文件',
        kind: 'radio',
        value: 'xlsx',
        options: [
          { value: 'xlsx', label: 'Excel' },
          { value: 'csv', label: 'CSV' },
        ],
        help: full ? '手機號不遮蔽，請妥善保管；誰導出都會記下。' : '手機號遮蔽；誰導出都會記下。',
      },
    ],
  });

export default [
  page(
    '/surveys',
    may('surveys.see'),
    {
      title: '問卷',
      menu: { group: 'people', at: 40 },
      template: 'surveys',
      asks: z.object({ q: maybe(line(60)), state: maybe(z.enum(['draft', 'started', 'stopped'])), cursor }),
    },
    async ({ services }, { q, state, cursor: after }) => {
      const found = await services.surveys.browse({ words: q, state, after, most: pageSize });
      return {
        table: table({
          caption: '問卷',
          path: '/surveys',
          asked: { q, state, cursor: after },
          next: found.next,
          filters: [
            { kind: 'text', name: 'q', label: '名稱或關鍵字', value: q },
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: state,
              options: Object.entries(surveyStates).map(([value, label]) => ({ value, label })),
            },
          ],
          columns: [
            { label: '問卷' },
            { label: '狀態' },
            { label: '關鍵字' },
            { label: '題數', number: true },
            { label: '改過' },
          ],
          rows: found.rows.map(({ _id, survey, state: its, version, at, by }) => [
            { text: survey.title, href: `/surveys/${_id}`, note: _id, own: true },
            { text: surveyStates[its], tone: stateTones[its] },
            { text: survey.keywords.join('、'), own: true },
            survey.questions.length,
            { text: beijingMoment(at.getTime()), note: `第 ${version} 版，${by}`, own: true },
          ]),
          empty: {
            title: '還沒有問卷',
            text: '粉絲說一個關鍵字，小藝就一題一題問她；答案能記成屬性，分群就用得上。',
            href: '/surveys/new',
            label: '寫第一份問卷',
          },
        }),
      };
    },
  ),
  page(
    '/surveys/:id',
    may('surveys.see'),
    { title: '問卷', template: 'survey', asks: one },
    async (visit, asked) => {
      const { services, house } = visit;
      const row = await services.surveys.row(asked.id);
      const { _id, survey, state, version, at, by } = row;
      return {
        title: survey.title,
        survey: {
          ...{ id: _id, title: survey.title, version, by, at: at.getTime() },
          ...{ state, stateName: surveyStates[state], tone: stateTones[state] },
          ...{ keywords: survey.keywords, intro: survey.intro, points: survey.points, thanks: survey.thanks },
          ...{ scenes: survey.starts?.scenes ?? [], afterQuiz: survey.starts?.afterQuiz ?? '' },
          consent: survey.consent ?? '',
        },
        findings: state === 'started' ? [] : await services.surveys.findings(row, house.takenBy),
        questions: table({
          caption: '題目',
          columns: [
            { label: '題', number: true },
            { label: '問什麼' },
            { label: '怎麼答' },
            { label: '記在哪裡' },
          ],
          rows: survey.questions.map(({ id: question, kind, text, options, optional, when, to }, n) => [
            n + 1,
            {
              text,
              own: true,
              note: when ? `「${when.question}」答了「${when.is.join('」或「')}」才問` : question,
            },
            {
              text: `${questionKinds[kind]}${optional ? '，可跳過' : ''}`,
              note: options.join('、'),
              own: true,
            },
            {
              text:
                to === undefined
                  ? '只在結果裡'
                  : 'attribute' in to
                    ? `屬性「${to.attribute}」`
                    : `標記「${to.mark}」`,
              own: true,
            },
          ]),
          empty: { title: '還沒有題目', text: '' },
        }),
        phone: services.surveys.preview(survey),
        stop: confirm({
          id: 'stop',
          to: `/surveys/${_id}/stop`,
          label: '停止',
          title: `停止「${survey.title}」？`,
          text: '從這一刻起沒有人能再填；填到一半的人也停在那裡。填好的都留著，隨時可以再開始。',
          reason: '為什麼',
          submit: '停止',
        }),
        exports: exportForm(`/surveys/${_id}/export`, {}, false),
        exportsFull: exportForm(`/surveys/${_id}/export-full`, {}, true),
        full: visit.may('people.full'),
      };
    },
  ),
  part(
    '/surveys/:id/results',
    may('surveys.see'),
    { template: 'survey-results', asks: one },
    async (visit, asked) =>
      slowly(async () => {
        const { survey, people, days, results } = await figuresOf(visit, asked.id);
        return {
          id: survey.id,
          people: people.toLocaleString('en'),
          answers: answersAt(survey.id, {}),
          hasDays: days.length > 1,
          days: table({
            caption: '每天填完的人',
            columns: [{ label: '日子' }, { label: '人數', number: true }],
            rows: days
              .slice(-14)
              .toReversed()
              .map((each) => [
                each.day,
                { text: each.people, href: answersAt(survey.id, { day: each.day }) },
              ]),
            empty: { title: '還沒有人填完', text: '開始以後，粉絲說關鍵字就能填。' },
          }),
          results: results.map((result, n) => ({
            n: n + 1,
            id: result.question.id,
            text: result.question.text,
            told: resultLines(result),
            answered: answersAt(survey.id, { question: result.question.id }),
            chart: result.answered > 0 && barsOfResult(result) !== undefined,
            table: table({
              caption: result.question.text,
              columns: [{ label: '答案' }, { label: '人數', number: true }, { label: '佔', number: true }],
              rows: (result.counts ?? []).map(({ value, people: n2 }) => [
                { text: value, own: true },
                { text: n2, href: answersAt(survey.id, { question: result.question.id, value }) },
                result.answered === 0 ? '—' : `${Math.round((n2 / result.answered) * 100)}%`,
              ]),
              empty: { title: '答案各不相同', text: '在「誰填了」裡一條一條看，或導出。' },
            }),
          })),
        };
      }),
  ),
  picture(
    '/surveys/:id/chart',
    may('surveys.see'),
    { asks: one.extend({ question: maybe(line(20)) }) },
    async (visit, asked) => {
      const { days, results } = await figuresOf(visit, asked.id);
      if (asked.question === undefined)
        return drawChart(
          linesOver(
            days.map((each) => each.day.slice(5)),
            [{ name: '填完', values: days.map(({ people }) => people) }],
          ),
          { height: 220 },
        );
      const result = results.find(({ question }) => question.id === asked.question);
      const bars = result && barsOfResult(result);
      if (!bars) throw new AppError('NotFound', 'survey.question', '沒有這一題的圖。');
      return drawChart(barsOf(bars.labels, [{ name: '人數', values: bars.values }]), { height: 240 });
    },
  ),
  page(
    '/surveys/:id/answers',
    may('surveys.see'),
    {
      title: '誰填了',
      template: 'survey-answers',
      asks: one.extend({ ...said, cursor }),
      sees: '看問卷的答案',
    },
    async ({ services, may: mayDo }, { id: asked, cursor: after, ...given }) => {
      const { survey } = await services.surveys.row(asked);
      const question = survey.questions.find((each) => each.id === given.question);
      const words = [
        ...(question
          ? [`「${question.text}」${given.value === undefined ? '答了的' : `答「${given.value}」的`}`]
          : []),
        ...(given.day === undefined ? [] : [`${given.day} 填完的`]),
      ];
      const asks = query({ ...given, ...(after === undefined ? {} : { cursor: after }) });
      return {
        title: `誰填了「${survey.title}」`,
        survey: { id: asked, title: survey.title },
        words: words.join('，'),
        from: `/surveys/${asked}/answers/table${asks === '' ? '' : `?${asks}`}`,
        exports: exportForm(`/surveys/${asked}/export`, given, false),
        exportsFull: exportForm(`/surveys/${asked}/export-full`, given, true),
        full: mayDo('people.full'),
      };
    },
  ),
  part(
    '/surveys/:id/answers/table',
    may('surveys.see'),
    { template: 'survey-people', asks: one.extend({ ...said, cursor }) },
    async ({ services, may: mayDo }, { id: asked, cursor: after, ...given }) =>
      slowly(async () => {
        const { survey } = await services.surveys.row(asked);
        const full = mayDo('people.full');
        const found = await services.surveys.answersPage(asked, { ...given, after, most: pageSize });
        const names = await services.names.nameOf(found.rows.map(({ pid }) => pid));
        return {
          table: table({
            caption: '誰填了',
            path: `/surveys/${asked}/answers`,
            asked: { ...given, cursor: after },
            next: found.next,
            filters: [
              {
                kind: 'select',
                name: 'question',
                label: '答了這一題',
                value: given.question,
                options: survey.questions.map(({ id: value, text }) => ({ value, label: text })),
              },
              { kind: 'text', name: 'value', label: '答的是', value: given.value },
              { kind: 'day', name: 'day', label: '哪天填完', value: given.day },
            ],
            columns: [
              { label: '人' },
              { label: '填完' },
              ...survey.questions.map(({ text }) => ({ label: text })),
            ],
            rows: found.rows.map(({ pid, at, answers }) => {
              const name = names.get(pid) ?? '';
              return [
                {
                  text: full ? name : maskBoardName(name),
                  href: `/subscribers/${pid}`,
                  note: pid,
                  own: true,
                },
                beijingMoment(at.getTime()),
                ...survey.questions.map((question) => ({
                  text: String(cellOf(question, answers, full) || '—'),
                  own: true,
                })),
              ];
            }),
            empty: { title: '還沒有人填完', text: '開始以後，粉絲說關鍵字就能填。' },
          }),
        };
      }),
  ),
  act(
    '/surveys/:id/start',
    may('surveys.edit'),
    { what: '開始問卷', asks: one },
    async ({ services, house }, asked) => {
      const before = await services.surveys.row(asked.id);
      const { survey, state } = await services.surveys.start(asked.id, house.takenBy);
      return done(`「${survey.title}」開始了：粉絲說「${survey.keywords[0]}」就能填。`, {
        before: { state: before.state },
        after: { state },
      });
    },
  ),
  act(
    '/surveys/:id/stop',
    may('surveys.edit'),
    { what: '停止問卷', asks: one.extend({ reason: line(200) }) },
    async ({ services }, asked) => {
      const before = await services.surveys.row(asked.id);
      await services.surveys.stop(asked.id);
      return done(`「${before.survey.title}」停了，填好的都留著。`, {
        before: { state: before.state },
        after: { state: 'stopped' },
      });
    },
  ),
  ...(['export', 'export-full'] as const).map((name) => {
    const full = name === 'export-full';
    return act(
      `/surveys/:id/${name}`,
      may(full ? 'people.full' : 'surveys.see'),
      {
        what: full ? '導出問卷的答案，手機號不遮蔽' : '導出問卷的答案',
        asks: one.extend({ ...said, format: z.enum(['csv', 'xlsx']) }),
      },
      async (visit, { id: survey, ...asked }) => {
        await visit.services.surveys.row(survey);
        return done('開始導出。', { to: await visit.start(surveyOut, { survey, ...asked, full }) });
      },
    );
  }),
];
