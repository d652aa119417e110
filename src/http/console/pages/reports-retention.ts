import { z } from 'zod';
import { type Cohort, cohortWeeks } from '../../../domain/days/retention';
import { csvOf } from '../../../domain/reports/csv';
import { beijingDay, dayMs, startOfBeijingDay } from '../../../kit/beijing';
import { drawChart } from '../chart';
import { download, may, page, picture } from '../console';
import { count, peopleOf, percent } from '../numbers';

const nothing = z.object({});
const weeks = Array.from({ length: cohortWeeks }, (_, i) => i + 1);
const endOf = (week: string): string => beijingDay(startOfBeijingDay(week) + 6 * dayMs);
const heatOf = (kept: number | undefined): number =>
  kept === undefined ? 0 : Math.max(1, Math.min(5, Math.floor(kept * 5 + 0.001)));

/** Who followed in that week and is still here. */
function stillHere({ week }: Cohort, now: number): string {
  const ago = (day: string) =>
    Math.round((startOfBeijingDay(beijingDay(now)) - startOfBeijingDay(day)) / dayMs);
  const [first, last] = [ago(week), ago(endOf(week))];
  const since = `${first + 1} 天內關注`;
  return last <= 0 ? since : `同時（${since}；都不（${last} 天內關注））`;
}

export default [
  page(
    '/reports/retention',
    may('reports.see'),
    { title: '留存', menu: { group: 'reports', at: 50 }, template: 'reports-retention', asks: nothing },
    async (visit) => {
      const { days } = visit.services;
      const [cohorts, since] = await Promise.all([days.cohorts(), days.wholeSince()]);
      return {
        weeks,
        since: since ?? '',
        drawn: cohorts.some(({ partial, kept }) => !partial && kept[0] !== undefined),
        has: cohorts.some(({ joined }) => joined > 0),
        cohorts: cohorts.map((one) => ({
          week: one.week,
          to: endOf(one.week).slice(5),
          joined: count(one.joined),
          href: one.joined > 0 ? peopleOf(visit, stillHere(one, visit.now)) : '',
          left: one.partial ? '—' : count(one.left),
          partial: one.partial,
          kept: one.kept.map((kept) => ({
            text: one.partial || kept === undefined ? '' : percent(kept),
            heat: one.partial ? 0 : heatOf(kept),
          })),
        })),
      };
    },
  ),
  picture('/reports/retention.svg', may('reports.see'), { asks: nothing }, async ({ services }) => {
    const cohorts = (await services.days.cohorts()).filter(
      ({ partial, kept }) => !partial && kept[0] !== undefined,
    );
    return drawChart({
      legend: { show: cohorts.length > 1, top: 0, type: 'scroll' },
      xAxis: { type: 'category', data: weeks.map((week) => `第 ${week} 週後`), boundaryGap: false },
      yAxis: { type: 'value', max: 100, axisLabel: { formatter: '{value}%' } },
      series: cohorts.slice(0, 8).map(({ week, kept }) => ({
        type: 'line',
        name: `${week} 那週`,
        data: kept.map((one) => (one === undefined ? null : Math.round(one * 1_000) / 10)),
        symbolSize: 5,
      })),
    });
  }),
  download(
    '/reports/retention.csv',
    may('reports.see'),
    { what: '下載留存', asks: nothing },
    async ({ services, now }) => ({
      name: `留存-${beijingDay(now)}.csv`,
      type: 'text/csv; charset=utf-8',
      body: await csvOf<Cohort>(
        [
          { title: '那週的週一', of: ({ week }) => week },
          { title: '新關注', of: ({ joined }) => joined },
          { title: '已離開', of: ({ left, partial }) => (partial ? undefined : left) },
          ...weeks.map((week, i) => ({
            title: `滿 ${week} 週還在`,
            of: ({ kept, partial }: Cohort) => (partial ? undefined : kept[i]),
          })),
        ],
        await services.days.cohorts(),
        `截至 ${beijingDay(now)}，最近 ${cohortWeeks} 週`,
      ),
    }),
  ),
];
