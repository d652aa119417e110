import { z } from 'zod';
import { contentOf } from '../../../domain/campaigns/campaign-row';
import { laidFlat, type QuizContent } from '../../../domain/quiz/definition';
import { oddsTask } from '../../../domain/quiz/quiz.tasks';
import { mostPlayers } from '../../../domain/quiz/rehearse/odds';
import { walk } from '../../../domain/quiz/rehearse/walk';
import { beijingMoment } from '../../../kit/beijing';
import { createGate } from '../../../kit/gate';
import { createRender, type Render } from '../../../render/render';
import { maxTextBytes } from '../../../wechat/protocol/reply';
import { act, done, may, page, part, type Visit } from '../console';
import { id, line, whole } from '../form';
import { badge, form, table } from '../parts';
import { headOf } from '../quiz/quiz-page';

/* A quiz is played here as a fan would, in a database that is thrown away; and looked through as a whole. */

const one = z.object({ id });
const gate = createGate({ atOnce: 1, maxWaiting: 20 });
/** Rendered when somebody first looks. */
let render: Render | undefined;

async function contentFor({ services }: Visit, quiz: string): Promise<QuizContent> {
  return laidFlat(contentOf(await services.campaigns.row(quiz)));
}

/** What stands on the stage; `said`: what she is told beside it. */
async function stage({ house, who, services }: Visit, quiz: string, said = '') {
  const { title, keywords } = await services.campaigns.row(quiz);
  const seen = house.rehearsals.seen(who.id, quiz);
  const chips = [keywords[0] ?? '', 'A', 'B', 'C', 'D', '繼續', '規則', '獎品', '排行'];
  return {
    id: quiz,
    title,
    said,
    on: seen !== undefined,
    now: seen ? beijingMoment(seen.now) : '',
    phone: (seen?.lines ?? []).map(({ hers, text }) => ({ hers, text })),
    chips: chips.filter((chip) => chip !== ''),
    moves: ['+30分', '+2小時', '+1天', '+100樓', '+1000樓'],
  };
}

const kinds = { single: '單選', truefalse: '判斷', profile: '屬性' };
const levels = { 1: '易', 2: '中', 3: '難' };

export default [
  page(
    '/quiz/:id/rehearse',
    may('quiz.see'),
    { title: '排練', template: 'quiz-rehearse', asks: one },
    async (visit, asked) => {
      const row = await visit.services.campaigns.row(asked.id);
      return {
        title: row.title,
        quiz: headOf(row, 'rehearse'),
        stage: await stage(visit, asked.id),
        odds: form({
          to: `/quiz/${asked.id}/odds`,
          submit: '算一算',
          fields: [
            {
              name: 'players',
              label: '多少人',
              kind: 'number',
              value: 1_000,
              required: true,
              help: `最多 ${mostPlayers} 人。每天七成會來，來了就答到當天結束，每題六成答對。`,
            },
          ],
        }),
      };
    },
  ),
  act('/quiz/:id/rehearse/begin', may('quiz.edit'), { what: '開始排練', asks: one }, async (visit, asked) => {
    await visit.house.rehearsals.begin(visit.who.id, await contentFor(visit, asked.id));
    return done('排練開始了：說一句話試試。', { to: `/quiz/${asked.id}/rehearse` });
  }),
  act('/quiz/:id/rehearse/end', may('quiz.edit'), { what: '結束排練', asks: one }, async (visit, asked) => {
    await visit.services.campaigns.row(asked.id);
    await visit.house.rehearsals.end(visit.who.id);
    return done('排練結束，什麼都沒有留下。', { to: `/quiz/${asked.id}/rehearse` });
  }),
  // What is said on the stage changes nothing of ours.
  part(
    '/quiz/:id/rehearse/said',
    may('quiz.edit'),
    { template: 'quiz-stage', asks: z.object({ id, text: line(200, 0).optional() }) },
    async (visit, asked) => {
      if (!asked.text) return { stage: await stage(visit, asked.id) };
      const over = await visit.house.rehearsals
        .says(visit.who.id, asked.id, asked.text)
        .then(() => '')
        .catch(() => '這場排練已經結束了，或這句話沒有演成：請重新開始。');
      return { stage: await stage(visit, asked.id, over) };
    },
  ),
  act(
    '/quiz/:id/odds',
    may('quiz.edit'),
    { what: '用假想的人排練', asks: z.object({ id, players: whole(1, mostPlayers) }) },
    async (visit, { id: quiz, players }) => {
      await visit.services.campaigns.row(quiz);
      return done('正在算。', { to: await visit.start(oddsTask, { quiz, players }) });
    },
  ),
  part('/quiz/:id/walk', may('quiz.see'), { template: 'quiz-walk', asks: one }, (visit, asked) =>
    gate(async () => {
      render ??= createRender().render;
      const walked = walk(await contentFor(visit, asked.id), render);
      const long = walked.filter(({ fits }) => !fits).length;
      return {
        said:
          long === 0
            ? `${walked.length} 題都在平台的長度以內（一則最多 ${maxTextBytes} 字節，約 680 個字）。`
            : `${long} 題太長，會被截斷：縮短題目、選項或解釋。`,
        table: table({
          caption: '每一題',
          columns: [
            { label: '題目' },
            { label: '選項' },
            { label: '解釋' },
            { label: '最長一則（字節）', number: true },
          ],
          rows: walked.map(({ question, flashFor, bytes, fits }) => [
            {
              text: question.text,
              own: true,
              note: `${question.id} · ${kinds[question.kind]} · ${levels[question.difficulty]}${flashFor ? ` · 搶答，獎品「${flashFor}」` : ''}`,
            },
            {
              text: question.options
                .map((option, i) => `${i === question.right ? '✓ ' : ''}${option}`)
                .join('　'),
              own: true,
            },
            { text: question.explanation ?? '', own: true },
            fits ? bytes : { ...(badge(`${bytes} 太長`, 'red') as object), text: `${bytes} 太長` },
          ]),
          empty: {
            title: '還沒有題目',
            text: '先在「題目」裡寫幾題。',
            href: `/quiz/${asked.id}/questions`,
            label: '去寫題',
          },
        }),
      };
    }),
  ),
];
