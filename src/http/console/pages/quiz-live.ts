import { z } from 'zod';
import { campaignOf } from '../../../domain/campaigns/campaign-row';
import { awardStateNames } from '../../../domain/prizes/award';
import { laidFlat } from '../../../domain/quiz/definition';
import { beijingMoment } from '../../../kit/beijing';
import { drawChart, linesOver } from '../chart';
import { may, page, part, picture } from '../console';
import { id } from '../form';
import { badge, type Cell, table, tiles } from '../parts';
import { headOf, namesFor } from '../quiz/quiz-page';
import { slowly } from '../slowly';

/* How a quiz is being played, renewed while one looks. What is shown is asked once for all who look (`quiz/live.ts`). */

const one = z.object({ id });
const ways = { floor: '幸運樓層', first: '搶答', ranking: '排名', participation: '參與', draw: '抽獎' };

export default [
  page(
    '/quiz/:id/live',
    may('quiz.see'),
    { title: '實況', template: 'quiz-live', asks: one },
    async ({ services }, asked) => {
      const row = await services.campaigns.row(asked.id);
      return {
        title: row.title,
        quiz: headOf(row, 'live'),
        on: row.state === 'running' || row.state === 'paused',
      };
    },
  ),
  part('/quiz/:id/live/now', may('quiz.see'), { template: 'quiz-live-now', asks: one }, (visit, asked) =>
    slowly(async () => {
      const { services, now } = visit;
      const quiz = asked.id;
      const row = await services.campaigns.row(quiz);
      const live = await services.quizzes.live.of(campaignOf(row));
      const winners = live.firsts.flatMap(({ winner }) => winner?.pid ?? []);
      const name = await namesFor(visit, [
        ...(live.leaders ?? []).map(({ pid }) => pid),
        ...live.won.map(({ pid }) => pid),
        ...winners,
      ]);
      const person = (pid: string): Cell => ({
        text: name(pid),
        href: `/quiz/${quiz}/players/${pid}`,
        own: true,
      });
      const asks = new Map(
        laidFlat(campaignOf(row)).questions.map((question) => [question.id, question.text]),
      );
      return {
        at: now,
        state: headOf(row, 'live').state,
        boards: live.leaders !== undefined,
        tiles: tiles([
          { label: '答案（現在到第幾樓）', value: live.answers, href: `/quiz/${quiz}/answers` },
          { label: '今天的答案', value: live.answersToday, href: `/quiz/${quiz}/answers` },
          { label: '這一分鐘', value: live.lastMinute, note: '個答案' },
          { label: '玩家', value: live.players, href: `/quiz/${quiz}/players` },
          {
            label: '今天的玩家',
            value: live.playersToday ?? '看不到',
            href: `/quiz/${quiz}/players?day=${services.clock.day()}`,
          },
        ]),
        won: table({
          caption: '最近得獎',
          columns: [
            { label: '獎品' },
            { label: '誰' },
            { label: '怎麼得的' },
            { label: '狀態' },
            { label: '時間' },
          ],
          rows: live.won.map(({ prize, pid, what, why, floor, state, at }) => [
            { text: what.name, href: `/winners?campaign=${quiz}&prize=${prize}`, own: true },
            person(pid),
            `${ways[why]}${floor === undefined ? '' : `，第 ${floor} 樓`}`,
            awardStateNames[state],
            beijingMoment(at),
          ]),
          empty: { title: '還沒有人得獎', text: '有人得獎，幾秒內就出現在這裡。' },
        }),
        leaders: table({
          caption: '排行前十',
          columns: [{ label: '名次', number: true }, { label: '誰' }, { label: '積分', number: true }],
          rows: (live.leaders ?? []).map(({ rank, pid, points }) => [rank, person(pid), points]),
          empty: { title: '還沒有人上榜', text: '有人答對，榜上就有名字。' },
        }),
        firsts: table({
          caption: '搶答',
          columns: [{ label: '時間' }, { label: '題目' }, { label: '獎品' }, { label: '誰搶到' }],
          rows: live.firsts.map(({ prize, name: called, question, at, winner }) => [
            beijingMoment(at),
            { text: asks.get(question) ?? question, own: true },
            { text: called, href: `/winners?campaign=${quiz}&prize=${prize}`, own: true },
            winner ? person(winner.pid) : now < at ? badge('還沒到', 'grey') : badge('正在搶', 'green'),
          ]),
          empty: { title: '沒有搶答', text: '' },
        }),
        stock: table({
          caption: '獎品還剩幾份',
          columns: [
            { label: '獎品' },
            { label: '數量', number: true },
            { label: '發出', number: true },
            { label: '發放中', number: true },
            { label: '剩', number: true },
          ],
          rows: live.stock.map(({ prize, name: called, quantity, counts }) => {
            const list = `/winners?campaign=${quiz}&prize=${prize}`;
            const left = counts?.free ?? 0;
            return [
              { text: called, href: list, own: true },
              quantity,
              { text: counts?.given ?? 0, href: list },
              counts?.held ?? 0,
              counts && left === 0 ? badge('發完', 'yellow') : left,
            ];
          }),
          empty: { title: '沒有獎品', text: '' },
        }),
      };
    }),
  ),
  picture('/quiz/:id/pace.svg', may('quiz.see'), { asks: one }, async ({ services, now }, asked) => {
    await services.campaigns.row(asked.id);
    const counts = await services.quizzes.live.perMinute(asked.id);
    const labels = counts.map((_, i) => beijingMoment(now - (counts.length - 1 - i) * 60_000).slice(11));
    return drawChart(linesOver(labels, [{ name: '每分鐘答案', values: counts }]), { height: 220 });
  }),
  part(
    '/quiz/:id/pace',
    may('quiz.see'),
    { template: 'quiz-pace', asks: one },
    async ({ services, now }, asked) => {
      await services.campaigns.row(asked.id);
      const counts = await services.quizzes.live.perMinute(asked.id);
      return {
        id: asked.id,
        stamp: Math.floor(now / 1_000),
        most: Math.max(0, ...counts),
        sum: counts.reduce((a, b) => a + b, 0),
      };
    },
  ),
];
