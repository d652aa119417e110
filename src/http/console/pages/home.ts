import { z } from 'zod';
import type { DayCounts } from '../../../domain/days/day-rows';
import { beijingDay, dayMs, startOfBeijingDay } from '../../../kit/beijing';
import { createCache } from '../../../kit/cache';
import { may, page, part, type Visit } from '../console';
import { change, linked, peopleOf } from '../numbers';
import { type Cell, table, tiles } from '../parts';
import { slowly } from '../slowly';

const nothing = z.object({});
/** Many may have the page open; one count serves them all. */
const todays = createCache<DayCounts>({ max: 4, freshMs: 10_000, staleMs: 10_000 });
const mornings = createCache<DayCounts>({ max: 20, freshMs: 600_000, staleMs: 600_000 });

const dayBefore = (day: string, days: number): string => beijingDay(startOfBeijingDay(day) - days * dayMs);
const today = ({ now }: Visit): string => beijingDay(now);

/** A day that is over: as it was kept at night or, before that, as it is counted now. */
async function overOn({ services }: Visit, day: string): Promise<DayCounts> {
  const kept = (await services.days.of([day])).get(day);
  return kept ?? (await mornings.get(day, () => slowly(() => services.days.countOf(day)))).value;
}

export default [
  page(
    '/',
    may('home.see'),
    { title: '今天', menu: { group: 'home', at: 0 }, template: 'home', asks: nothing },
    async (visit) => ({
      day: today(visit),
      alarms: (await visit.services.alarms.open()).map(({ text, at, told }) => ({
        text,
        at: at.getTime(),
        told: told !== undefined,
      })),
      first: (await visit.services.subscribers.count()) === 0,
      simulated: visit.house.simulated,
    }),
  ),

  part('/home/today', may('home.see'), { template: 'home-tiles', asks: nothing }, async (visit) => {
    const { services } = visit;
    const day = today(visit);
    const { value } = await todays.get(day, () => slowly(() => services.days.countOf(day)));
    const running = services.campaigns.live();
    const [only] = running;
    const quiz = !visit.may('quiz.see') ? '' : running.length === 1 && only ? `/quiz/${only.id}` : '/quiz';
    const reports = visit.may('reports.see');
    return {
      tiles: tiles([
        { label: '新關注', value: value.joined, href: peopleOf(visit, '1 天內關注'), note: '今天到現在' },
        {
          label: '離開',
          value: value.left,
          href: reports ? '/reports/retention' : '',
          note: '離開就刪除，沒有名單',
        },
        {
          label: '消息',
          value: value.messages ?? 0,
          href: peopleOf(visit, '1 天內來過'),
          note: '含點菜單、掃碼',
        },
        { label: '答題', value: value.answers, href: quiz, note: `${running.length} 個活動在進行` },
      ]),
    };
  }),

  part(
    '/home/yesterday',
    may('reports.see'),
    { template: 'home-yesterday', asks: nothing },
    async (visit) => {
      const { services } = visit;
      const on = dayBefore(today(visit), 1);
      const [yesterday, before, week] = await Promise.all([
        overOn(visit, on),
        overOn(visit, dayBefore(on, 1)),
        overOn(visit, dayBefore(on, 7)),
      ]);
      const line = (label: string, of: keyof DayCounts, href: string): Cell[] => [
        label,
        linked(yesterday[of] ?? '不知道', href),
        change(yesterday[of], before[of]),
        change(yesterday[of], week[of]),
      ];
      const report = await slowly(() => services.reports.morning(on, [...services.campaigns.live()]));
      const winners = (campaign: string, state: string) =>
        visit.may('prizes.see') ? `/winners?campaign=${encodeURIComponent(campaign)}&state=${state}` : '';
      return {
        on,
        table: table({
          caption: '昨天和以前相比',
          columns: [
            { label: '' },
            { label: '昨天', number: true },
            { label: '比前天', number: true },
            { label: '比上週同一天', number: true },
          ],
          rows: [
            line('新關注', 'joined', peopleOf(visit, '同時（2 天內關注；都不（1 天內關注））')),
            line('離開', 'left', '/reports/retention'),
            line('消息', 'messages', '/reports'),
            line('答題', 'answers', '/reports'),
          ],
          empty: { title: '', text: '' },
        }),
        campaigns: table({
          caption: '進行中的活動，昨天',
          columns: [
            { label: '活動' },
            { label: '玩家', number: true },
            { label: '答題', number: true },
            { label: '發出獎品', number: true },
            { label: '用掉的券', number: true },
            { label: '現在未領', number: true },
            { label: '三天內到期', number: true },
            { label: '待批准', number: true },
            { label: '待寄', number: true },
            { label: '缺庫存', number: true },
          ],
          rows: report.campaigns.map((one): Cell[] => [
            {
              text: one.title,
              own: true,
              ...(visit.may('quiz.see') ? { href: `/quiz/${one.campaign}` } : {}),
            },
            one.players,
            one.answers,
            linked(one.given, visit.may('prizes.see') ? `/winners?campaign=${one.campaign}&day=${on}` : ''),
            linked(one.couponsUsed, winners(one.campaign, 'used')),
            linked(one.unclaimed, winners(one.campaign, 'told')),
            one.soonLost,
            linked(one.toApprove, winners(one.campaign, 'claimed')),
            linked(one.toSend, winners(one.campaign, 'approved')),
            one.short,
          ]),
          empty: { title: '昨天沒有活動在進行', text: '' },
        }),
        playing: report.campaigns.length > 0,
      };
    },
  ),
];
