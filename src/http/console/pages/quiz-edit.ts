import { z } from 'zod';
import { campaignOf, contentOf } from '../../../domain/campaigns/campaign-row';
import { isOver, isPublished } from '../../../domain/campaigns/states';
import { laidFlat, quizKind } from '../../../domain/quiz/definition';
import { type Brought, bringQuizLines } from '../../../domain/quiz/workbook/bring';
import { type Lines, linesOf, newQuizId, withIds } from '../../../domain/quiz/workbook/quiz-lines';
import { beijingDay, dayMs } from '../../../kit/beijing';
import { fold } from '../../../kit/text';
import { act, type Done, done, may, page, type Visit } from '../console';
import { cursor, id, maybe, several, whole } from '../form';
import { tellBrought } from '../quiz/brought';
import {
  asLocal,
  asQuestions,
  asSettings,
  blankQuestion,
  questionsAsked,
  refusedAt,
  settingsAsked,
  type Written,
  written,
} from '../quiz/quiz-form';
import { headOf } from '../quiz/quiz-page';

/* Writing a quiz: its settings, prizes and sponsors on one page, its questions on another, so many at a time. */

const one = z.object({ id });
const atOnce = 40;
const mostBytes = 4 * 1024 * 1024;

/** Of a new quiz: what most of them have. */
function firstLines(quiz: string, now: number): Lines {
  const day = (n: number) => beijingDay(now + n * dayMs);
  return {
    quiz: {
      id: quiz,
      startsAt: `${day(1)} 09:00`,
      endsAt: `${day(7)} 22:00`,
      opensAt: '00:00',
      closesAt: '24:00',
      perDay: '5',
      pointsPerAnswer: '10',
      firstBonus: '5',
      levels: '5/3|5/4',
    },
    questions: [],
    prizes: [],
    sponsors: [],
  };
}

function localTimes(lines: Lines): Lines {
  const { quiz, prizes, ...rest } = lines;
  const local = (line: Record<string, string>, names: string[]) =>
    Object.fromEntries(
      Object.entries(line).map(([name, value]) => [name, names.includes(name) ? asLocal(value) : value]),
    );
  return {
    ...rest,
    quiz: local(quiz, ['startsAt', 'endsAt']),
    prizes: prizes.map((prize) => local(prize, ['at'])),
  };
}

/** Keeps what was written, or says at which field it is wrong. */
async function keep(
  visit: Visit,
  what: Written,
  how: { fresh?: boolean; seen?: number | undefined; to?: string },
): Promise<Done> {
  const { services, by, house } = visit;
  const brought = await bringQuizLines({
    ...services,
    takenBy: house.takenBy,
    by,
    lines: what.lines,
    codes: what.codes,
    codesAnew: what.codesAnew,
    ...(how.fresh ? { fresh: true } : {}),
    ...(how.seen === undefined ? {} : { seen: how.seen }),
  });
  if (brought.kind === 'refused') throw refusedAt(brought, what);
  return done(tellBrought(brought), { to: how.to ?? `/quiz/${brought.id}`, after: changed(brought) });
}

const changed = (brought: Brought) => ({
  id: brought.id,
  kind: brought.kind,
  ...('changes' in brought ? { changes: brought.changes.map(({ what }) => what) } : {}),
});

const state = async ({ services }: Visit, quiz: string) => {
  const row = await services.campaigns.row(quiz);
  return {
    row,
    content: laidFlat(contentOf(row)),
    published: isPublished(row.state),
    over: isOver(row.state),
  };
};

const editable = (given: {
  title: string;
  lines: Lines;
  quiz: object | '';
  to: string;
  draft: string;
  base: string;
  published: boolean;
  over: boolean;
  questions: boolean;
  codes: Map<string, number>;
}) => {
  const { lines, codes, ...rest } = given;
  const shown = asSettings(localTimes(lines));
  return {
    ...rest,
    ...shown,
    prizes: shown.prizes.map((prize) => ({ ...prize, have: codes.get(prize['id'] ?? '') ?? 0 })),
    blankPrize: { ...shown.blankPrize, have: 0 },
    blankQuestion,
    rows: rest.questions ? Array.from({ length: 3 }, () => blankQuestion) : [],
  };
};

export default [
  page(
    '/quiz/new',
    may('quiz.edit'),
    { title: '新的答題活動', template: 'quiz-edit', asks: z.object({}) },
    async ({ services, now }) => {
      const fresh = await newQuizId(
        async (wanted) => (await services.campaigns.present(wanted)) !== undefined,
        beijingDay(now + dayMs),
      );
      return editable({
        title: '新的答題活動',
        lines: firstLines(fresh, now),
        quiz: '',
        to: '/quiz/new',
        draft: 'quiz:new',
        base: '',
        published: false,
        over: false,
        questions: true,
        codes: new Map(),
      });
    },
  ),
  act(
    '/quiz/new',
    may('quiz.edit'),
    { what: '寫答題活動', asks: z.object({ ...settingsAsked, questions: questionsAsked }), most: mostBytes },
    async (visit, { questions, ...settings }) =>
      keep(visit, written({ settings, questions }), { fresh: true }),
  ),

  page(
    '/quiz/:id/edit',
    may('quiz.see'),
    { title: '內容', template: 'quiz-edit', asks: one },
    async (visit, asked) => {
      const { row, content, published, over } = await state(visit, asked.id);
      return editable({
        title: row.title,
        lines: linesOf(content),
        quiz: headOf(row, 'edit'),
        to: `/quiz/${asked.id}/edit`,
        draft: `quiz:${asked.id}`,
        base: String(row.rev),
        published,
        over,
        questions: false,
        codes: new Map(
          content.prizes.flatMap(({ id: prize, codes }) => (codes ? [[prize, codes.count]] : [])),
        ),
      });
    },
  ),
  act(
    '/quiz/:id/edit',
    may('quiz.edit'),
    {
      what: '改答題活動的內容',
      asks: z.object({ ...settingsAsked, id, base: maybe(whole(0, 1e12)) }),
      most: mostBytes,
    },
    async (visit, { base, ...settings }) => {
      const before = laidFlat(contentOf(await visit.services.campaigns.row(settings.id)));
      return keep(visit, written({ settings, before, id: settings.id }), { seen: base });
    },
  ),

  page(
    '/quiz/:id/questions',
    may('quiz.see'),
    {
      title: '題目',
      template: 'quiz-questions',
      asks: z.object({ id, from: maybe(whole(0, 100_000)), find: maybe(z.string().max(64)) }),
    },
    async (visit, asked) => {
      const { row, content, published, over } = await state(visit, asked.id);
      const found = content.questions.findIndex((question) => question.id === asked.find);
      const from =
        found >= 0 ? found - (found % atOnce) : Math.min(asked.from ?? 0, content.questions.length);
      const lines = linesOf(content).questions.slice(from, from + atOnce);
      const at = `/quiz/${asked.id}/questions`;
      const pages = Math.max(1, Math.ceil(content.questions.length / atOnce));
      return {
        title: row.title,
        quiz: headOf(row, 'questions'),
        to: at,
        draft: `quiz:${asked.id}:questions:${from}`,
        base: String(row.rev),
        published,
        over,
        total: content.questions.length,
        from,
        count: lines.length,
        rows: asQuestions(lines),
        blankQuestion,
        pages: Array.from({ length: pages }, (_, n) => ({
          href: `${at}?from=${n * atOnce}`,
          name: `${n * atOnce + 1} 到 ${Math.min((n + 1) * atOnce, content.questions.length)}`,
          here: n * atOnce === from,
        })),
        bank: `/quiz/${asked.id}/bank`,
      };
    },
  ),
  act(
    '/quiz/:id/questions',
    may('quiz.edit'),
    {
      what: '改答題活動的題目',
      asks: z.object({
        id,
        questions: questionsAsked,
        from: whole(0, 100_000),
        count: whole(0, 1_000),
        base: maybe(whole(0, 1e12)),
      }),
      most: mostBytes,
    },
    async (visit, { id: quiz, questions, from, count, base }) => {
      const before = laidFlat(contentOf(await visit.services.campaigns.row(quiz)));
      return keep(visit, written({ questions, before, window: { from, count } }), {
        seen: base,
        to: `/quiz/${quiz}/questions?from=${from}`,
      });
    },
  ),

  page(
    '/quiz/:id/bank',
    may('quiz.edit'),
    {
      title: '從題庫挑題',
      template: 'quiz-bank',
      asks: z.object({ id, of: maybe(id), q: maybe(z.string().max(40)), cursor }),
    },
    async (visit, asked) => {
      const { row, content } = await state(visit, asked.id);
      const others = (await visit.services.campaigns.page({ kind: quizKind, most: 200 })).filter(
        ({ _id }) => _id !== asked.id,
      );
      const of = others.find(({ _id }) => _id === asked.of) ?? others[0];
      const bank = of ? laidFlat(campaignOf(await visit.services.campaigns.row(of._id))).questions : [];
      const wanted = fold(asked.q ?? '');
      const have = new Set(content.questions.map(({ text }) => fold(text)));
      const matching = bank.filter(({ text, brand = '', city = '', options }) =>
        fold([text, brand, city, ...options].join(' ')).includes(wanted),
      );
      const from = Number(asked.cursor ?? 0) || 0;
      return {
        title: row.title,
        quiz: headOf(row, 'questions'),
        to: `/quiz/${asked.id}/bank`,
        of: of?._id ?? '',
        q: asked.q ?? '',
        others: others.map(({ _id, title }) => ({ id: _id, title, chosen: _id === of?._id })),
        total: matching.length,
        base: String(row.rev),
        rows: matching.slice(from, from + atOnce).map((question) => ({
          id: question.id,
          text: question.text,
          options: question.options.map((text, i) => ({ text, right: i === question.right })),
          tags: [question.brand, question.city].filter((tag) => tag !== undefined).join(' · '),
          had: have.has(fold(question.text)),
        })),
        next:
          matching.length > from + atOnce
            ? `/quiz/${asked.id}/bank?${new URLSearchParams({ of: of?._id ?? '', ...(asked.q ? { q: asked.q } : {}), cursor: String(from + atOnce) }).toString()}`
            : '',
      };
    },
  ),
  act(
    '/quiz/:id/bank',
    may('quiz.edit'),
    { what: '從題庫加題', asks: z.object({ id, of: id, pick: several(id), base: maybe(whole(0, 1e12)) }) },
    async (visit, { id: quiz, of, pick, base }) => {
      const { campaigns } = visit.services;
      const before = linesOf(laidFlat(contentOf(await campaigns.row(quiz))));
      const bank = linesOf(laidFlat(contentOf(await campaigns.row(of)))).questions;
      const more = bank.filter((line) => pick.includes(line['id'] ?? ''));
      // Its sponsor is another quiz's, and so is its number.
      const fresh = more.map(({ id: _id, sponsor: _sponsor, retired: _retired, ...line }) => line);
      const lines = withIds({ ...before, questions: [...before.questions, ...fresh] });
      const kept = await keep(
        visit,
        { lines, codes: [], codesAnew: [], rowOf: { questions: [], prizes: [], sponsors: [] } },
        {
          seen: base,
          to: `/quiz/${quiz}/questions?from=${before.questions.length - (before.questions.length % atOnce)}`,
        },
      );
      return { ...kept, said: `加了 ${fresh.length} 題。${kept.said}` };
    },
  ),
];
