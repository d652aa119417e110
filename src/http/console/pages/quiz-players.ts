import { z } from 'zod';
import { campaignOf } from '../../../domain/campaigns/campaign-row';
import { awardStateNames } from '../../../domain/prizes/award';
import { laidFlat } from '../../../domain/quiz/definition';
import type { Logged } from '../../../domain/quiz/log/pace';
import { groupTask, pointsTask } from '../../../domain/quiz/quiz.tasks';
import { settleTask } from '../../../domain/settlement/settlement.tasks';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page, part, type Visit } from '../console';
import { cursor, day, id, maybe, reason, ticked } from '../form';
import { badge, type Cell, confirm, table } from '../parts';
import { headOf, namesFor, whoDid } from '../quiz/quiz-page';
import { slowly } from '../slowly';

/* Who plays a quiz and what they answered; and the decisions about one of them. */

const inList = 50;
export const holdNames = { held: '留置', released: '放行', rejected: '取消資格' } as const;
export const holdTones = { held: 'yellow', released: 'green', rejected: 'red' } as const;

/** The place after which a ranking goes on: its rank, points and floor. */
const placeOf = (text: string | undefined) => {
  const [rank, points, reached] = (text ?? '').split('.').map(Number);
  return rank && points !== undefined && reached !== undefined ? { rank, points, reached } : undefined;
};
const upTo = (text: string | undefined) => {
  const [seq, floor] = (text ?? '').split('.').map(Number);
  return seq && floor ? { seq, floor } : undefined;
};

async function answersTable(
  visit: Visit,
  quiz: string,
  list: Logged[],
  given: { pid?: string | undefined; next?: string | undefined },
) {
  const { services, now } = visit;
  const { questions } = laidFlat(campaignOf(await services.campaigns.row(quiz)));
  const known = new Map(questions.map((question) => [question.id, question]));
  const name = await namesFor(
    visit,
    list.map(({ entry }) => entry.pid),
  );
  // The log has the machine's time; business time may be ahead of it where the simulator turned the clock.
  const ahead = now - Date.now();
  return table({
    caption: '答案',
    path: `/quiz/${quiz}/answers`,
    asked: { pid: given.pid },
    next: given.next,
    columns: [
      { label: '樓層', number: true },
      { label: '誰' },
      { label: '題目' },
      { label: '選了' },
      { label: '' },
      { label: '得分', number: true },
      { label: '用時', number: true },
      { label: '時間' },
    ],
    filters: [{ kind: 'text', name: 'pid', label: '玩家的 pid', value: given.pid }],
    rows: list.map(({ entry, floor, at }) => {
      const question = known.get(entry.q);
      return [
        floor,
        { text: name(entry.pid), href: `/quiz/${quiz}/players/${entry.pid}`, own: true },
        { text: question?.text ?? entry.q, own: true, note: `${entry.q}${entry.flash ? ' · 搶答' : ''}` },
        { text: question?.options[entry.choice] ?? String(entry.choice), own: true },
        question && question.right === undefined ? '' : entry.ok ? badge('對', 'green') : badge('錯', 'grey'),
        entry.points,
        `${(entry.took / 1_000).toFixed(1)} 秒`,
        at.getTime() > 0 ? beijingMoment(at.getTime() + ahead) : entry.on,
      ];
    }),
    empty: { title: '還沒有答案', text: '活動開始、有人作答以後，最新的在最前面。' },
  });
}

export default [
  page(
    '/quiz/:id/players',
    may('quiz.see'),
    { title: '玩家', template: 'quiz-players', asks: z.object({ id, day: maybe(day), cursor }) },
    async (visit, asked) => {
      const { services, may: can } = visit;
      const row = await services.campaigns.row(asked.id);
      const after = placeOf(asked.cursor);
      const found = await services.scores.page(asked.id, { on: asked.day, after, most: inList + 1 });
      const shown = found.slice(0, inList);
      const name = await namesFor(
        visit,
        shown.map(({ pid }) => pid),
      );
      const last = found.length > inList ? shown.at(-1) : undefined;
      const from = after?.rank ?? 0;
      return {
        title: row.title,
        quiz: headOf(row, 'players'),
        full: can('people.full'),
        mayExport: can('prizes.export'),
        table: table({
          caption: '玩家，照名次',
          path: `/quiz/${asked.id}/players`,
          asked: { day: asked.day, cursor: asked.cursor },
          columns: [
            { label: '名次', number: true },
            { label: '誰' },
            { label: '積分', number: true },
            { label: '答對', number: true },
            { label: '答題', number: true },
            { label: asked.day === undefined ? '天數' : '關卡', number: true },
          ],
          filters: [{ kind: 'day', name: 'day', label: '哪一天', value: asked.day }],
          rows: shown.map((one, n) => [
            from + n + 1,
            { text: name(one.pid), href: `/quiz/${asked.id}/players/${one.pid}`, own: true },
            one.points,
            one.right,
            { text: one.answered, href: `/quiz/${asked.id}/answers?pid=${one.pid}` },
            'days' in one ? one.days : one.level,
          ]),
          empty: { title: '還沒有人玩', text: '活動開始以後，玩的人照名次列在這裡。' },
          next: last && `${from + inList}.${last.points}.${last.reached}`,
        }),
      };
    },
  ),
  part(
    '/quiz/:id/groups',
    may('quiz.see'),
    { template: 'quiz-groups', asks: z.object({ id }) },
    ({ services, may: can }, asked) =>
      slowly(async () => {
        const quiz = laidFlat(campaignOf(await services.campaigns.row(asked.id)));
        const groups = await services.players.counts(quiz);
        return {
          table: table({
            caption: '參加者分群',
            columns: [{ label: '群' }, { label: '人數', number: true }, { label: '' }],
            rows: groups.map(({ name, label, people }) => [
              label,
              ((): Cell => {
                const list = listOf(asked.id, name);
                return list === undefined ? people : { text: people, href: list };
              })(),
              can('prizes.export') && people > 0
                ? {
                    text: '',
                    act: [{ to: `/quiz/${asked.id}/groups/export`, label: '導出', fields: { group: name } }],
                  }
                : '',
            ]),
            empty: { title: '還沒有人玩', text: '' },
          }),
        };
      }),
  ),
  act(
    '/quiz/:id/points',
    may('prizes.export'),
    { what: '導出活動積分', asks: z.object({ id, full: ticked }) },
    async (visit, { id: quiz, full }) => {
      mustSeeWhole(visit, full);
      await visit.services.campaigns.row(quiz);
      return done('開始導出。', { to: await visit.start(pointsTask, { quiz, full }) });
    },
  ),
  act(
    '/quiz/:id/groups/export',
    may('prizes.export'),
    {
      what: '導出參加者分群',
      asks: z.object({ id, group: z.string().regex(/^[\w.:-]{1,80}$/, '沒有這個群'), full: ticked }),
    },
    async (visit, { id: quiz, group, full }) => {
      mustSeeWhole(visit, full);
      await visit.services.campaigns.row(quiz);
      return done('開始導出。', { to: await visit.start(groupTask, { quiz, group, full }) });
    },
  ),
  page(
    '/quiz/:id/answers',
    may('quiz.see'),
    { title: '答案', template: 'quiz-answers', asks: z.object({ id, pid: maybe(id), cursor }) },
    async (visit, asked) => {
      const { services } = visit;
      const row = await services.campaigns.row(asked.id);
      if (asked.pid !== undefined) {
        const hers = (await services.answerLog.of(asked.id, asked.pid)).toReversed().slice(0, 500);
        const list = hers.map(({ entry, floor }) => ({ entry, floor, at: new Date(0), seq: 0 }));
        return {
          title: row.title,
          quiz: headOf(row, 'players'),
          table: await answersTable(visit, asked.id, list, { pid: asked.pid }),
        };
      }
      const found = await services.quizzes.pace.newest(asked.id, {
        upTo: upTo(asked.cursor),
        most: inList + 1,
      });
      const last = found.length > inList ? found.at(-1) : undefined;
      return {
        title: row.title,
        quiz: headOf(row, 'players'),
        table: await answersTable(visit, asked.id, found.slice(0, inList), {
          next: last && `${last.seq}.${last.floor}`,
        }),
      };
    },
  ),

  page(
    '/quiz/:id/players/:pid',
    may('quiz.see'),
    { title: '玩家', template: 'quiz-player', asks: z.object({ id, pid: id }), sees: '看活動的玩家' },
    async (visit, asked) => {
      const { services, may: can } = visit;
      const { id: quiz, pid } = asked;
      const row = await services.campaigns.row(quiz);
      const [score, rounds, awards, hold, name] = await Promise.all([
        services.scores.of(quiz, pid),
        services.scores.roundsOf(quiz, pid),
        services.prizes.awards.of(pid, quiz),
        services.settlement.holdOf(quiz, pid),
        namesFor(visit, [pid]),
      ]);
      if (!score && awards.length === 0)
        throw new AppError('NotFound', 'quiz.player', `「${pid}」沒有玩過這個活動。`);
      const at = `/quiz/${quiz}/players/${pid}`;
      return {
        title: row.title,
        quiz: headOf(row, 'players'),
        name: name(pid),
        pid,
        mayOpen: can('people.see'),
        facts: score
          ? [
              { name: '積分', text: String(score.points) },
              { name: '答對 / 答題', text: `${score.right} / ${score.answered}` },
              { name: '玩過', text: `${score.days} 天，連續最長 ${score.bestStreak} 天` },
              { name: '關卡', text: `第 ${score.level} 關` },
              { name: '樓層', text: `第 ${score.firstFloor} 到 ${score.lastFloor} 樓之間` },
            ]
          : [],
        hold: hold
          ? {
              state: holdNames[hold.state],
              tone: holdTones[hold.state],
              by: whoDid(hold.by),
              at: hold.at,
              reasons: hold.reasons.map(({ seen }) => seen),
              decided: hold.decided ? `${hold.decided.by}：${hold.decided.reason}` : '',
            }
          : '',
        mayHold: can('quiz.run') && hold === undefined,
        mayDecide: can('quiz.approve') && hold?.state === 'held',
        ask: confirm({
          id: 'hold',
          to: `${at}/hold`,
          label: '留置',
          title: '留置這個人？',
          reason: '看到什麼',
          submit: '留置',
          text: '樓層與積分保留，公開的榜上不顯示，獎品先不發，等審批的人決定。',
        }),
        release: confirm({
          id: 'release',
          to: `${at}/release`,
          label: '放行',
          tone: 'primary',
          title: '放行這個人？',
          reason: '為什麼放行',
          submit: '放行',
          text: '她的成績和獎品照常，等著的獎品接著發。決定了不能再改。',
        }),
        reject: confirm({
          id: 'reject',
          to: `${at}/reject`,
          label: '取消資格',
          title: '取消這個人的資格？',
          reason: '為什麼取消',
          submit: '取消資格',
          text: '沖回她的積分，獎品照規則往下遞補。決定了不能再改。',
        }),
        rounds: table({
          caption: '每一天',
          columns: [
            { label: '日' },
            { label: '得分', number: true },
            { label: '答對', number: true },
            { label: '答題', number: true },
            { label: '平均用時', number: true },
          ],
          rows: rounds.map(({ on, points, right, answered, took }) => [
            on,
            points,
            right,
            answered,
            took.length === 0
              ? ''
              : `${(took.reduce((a, b) => a + b, 0) / took.length / 1_000).toFixed(1)} 秒`,
          ]),
          empty: { title: '還沒有', text: '分數算進來要一兩秒。' },
        }),
        awards: table({
          caption: '她的獎品',
          columns: [{ label: '獎品' }, { label: '狀態' }, { label: '什麼時候得的' }, { label: '在等什麼' }],
          rows: awards.map(({ prize, what, state, at: won, waits = '' }) => [
            { text: what.name, href: `/winners?campaign=${quiz}&prize=${prize}`, own: true },
            awardStateNames[state],
            beijingMoment(won),
            waits,
          ]),
          empty: { title: '還沒有得獎', text: '' },
        }),
      };
    },
  ),
  act(
    '/quiz/:id/players/:pid/hold',
    may('quiz.run'),
    { what: '留置參加者', asks: z.object({ id, pid: id, reason }) },
    async (visit, { id: campaign, pid, reason: why }) => {
      await visit.services.settlement.hold({ campaign, pid, by: visit.by, reason: why });
      return done('留置了，等審批的人決定。', { after: { pid, state: 'held' } });
    },
  ),
  decision('release', '放行參加者', '放行了'),
  decision('reject', '取消參加者的資格', '取消資格了'),
];

/** Somebody else than who held her decides; then what waited for that goes on. */
function decision(how: 'release' | 'reject', what: string, said: string) {
  return act(
    `/quiz/:id/players/:pid/${how}`,
    may('quiz.approve'),
    { what, asks: z.object({ id, pid: id, reason }) },
    async (visit, { id: campaign, pid, reason: why }) => {
      const { settlement, campaigns } = visit.services;
      const hold = await settlement.holdOf(campaign, pid);
      if (hold) await visit.asSecond([hold.by]);
      await settlement[how]({ campaign, pid, by: visit.by, reason: why });
      const changed = {
        before: { pid, state: hold?.state },
        after: { pid, state: how === 'release' ? 'released' : 'rejected' },
      };
      const { state } = await campaigns.row(campaign);
      const left =
        state === 'settling'
          ? (await settlement.waits(campaign)).find((wait) => wait.for === 'review')
          : undefined;
      if (state !== 'settling' || left)
        return done(left ? `${said}，還有 ${left.held} 人要決定。` : `${said}。`, changed);
      const to = await visit.start(settleTask, {
        campaign,
        withHeld: false,
        href: `/quiz/${campaign}/settle`,
      });
      return done(`${said}。都決定完了，結算接著走。`, { to, ...changed });
    },
  );
}

/** The list behind the number of a group, where there is one. */
function listOf(quiz: string, group: string): string | undefined {
  const [, kind, rest] = /^(prize|day)-(.+)$/.exec(group) ?? [];
  if (kind === 'prize') return `/winners?campaign=${quiz}&prize=${rest}`;
  if (kind === 'day') return `/quiz/${quiz}/players?day=${rest}`;
  if (group === 'played') return `/quiz/${quiz}/players`;
  return group === 'won' ? `/winners?campaign=${quiz}` : undefined;
}

function mustSeeWhole(visit: Visit, full: boolean): void {
  if (full && !visit.may('people.full'))
    throw new AppError('Forbidden', 'quiz.full', '你的角色不能導出完整的個人資料；去掉「不遮住」再導出。');
}
