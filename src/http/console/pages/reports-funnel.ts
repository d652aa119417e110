import { z } from 'zod';
import { csvOf } from '../../../domain/reports/csv';
import type { Funnel, FunnelStep } from '../../../domain/reports/funnel';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { createCache } from '../../../kit/cache';
import { barsOf, drawChart } from '../chart';
import { download, may, page, part, picture, type Visit } from '../console';
import { id, maybe } from '../form';
import { count, peopleOf, percent, segmentOf } from '../numbers';
import { field } from '../parts';
import { slowly } from '../slowly';

const one = z.object({ campaign: id });
const funnels = createCache<Funnel | undefined>({ max: 30, freshMs: 60_000, staleMs: 60_000 });

/** The part, the picture and the file are of one count. */
async function funnelOf({ services }: Visit, campaign: string): Promise<Funnel> {
  const { value } = await funnels.get(campaign, () => slowly(() => services.funnel.of(campaign)));
  if (!value)
    throw new AppError('NotFound', 'funnel.campaign', `沒有活動「${campaign}」；請回去重新選一個。`);
  return value;
}

/** Against the step before it that was counted. */
function sharesOf(steps: readonly FunnelStep[]): (number | undefined)[] {
  let before: number | undefined;
  return steps.map(({ count: of }) => {
    if (!of) return undefined;
    const share = before === undefined || before === 0 ? undefined : of.people / before;
    before = of.people;
    return share;
  });
}

export default [
  page(
    '/reports/funnel',
    may('reports.see'),
    {
      title: '活動漏斗',
      menu: { group: 'reports', at: 60 },
      template: 'reports-funnel',
      asks: z.object({ campaign: maybe(id) }),
    },
    async ({ services }, asked) => {
      const all = (await services.campaigns.list())
        .filter(({ state }) => state !== 'draft' && state !== 'checked')
        .toReversed();
      const campaign = asked.campaign ?? all[0]?._id;
      return {
        has: all.length > 0,
        campaign: campaign ?? '',
        query: campaign ? `?campaign=${encodeURIComponent(campaign)}` : '',
        field: field({
          name: 'campaign',
          label: '哪個活動',
          kind: 'select',
          value: campaign,
          options: all.map(({ _id, title }) => ({ value: _id, label: title })),
        }),
      };
    },
  ),
  part(
    '/reports/funnel/steps',
    may('reports.see'),
    { template: 'reports-steps', asks: one },
    async (visit, asked) => {
      const funnel = await funnelOf(visit, asked.campaign);
      const first = funnel.steps[0]?.count?.people ?? 0;
      // Everybody is so many that nothing else would be seen beside them.
      const played = funnel.steps.find(({ name }) => name === '答題')?.count?.people ?? 0;
      const shares = sharesOf(funnel.steps);
      return {
        at: funnel.at,
        steps: funnel.steps.map((step, i) => {
          const people = step.count?.people;
          return {
            name: step.name,
            why: step.why,
            people: people === undefined ? '不知道' : `${step.count?.exact ? '' : '約 '}${count(people)} 人`,
            share: shares[i] === undefined ? '' : `前一步的 ${percent(shares[i])}`,
            bar: people ?? 0,
            most: Math.max(1, i === 0 ? first : played, people ?? 0),
            href: step.sentence ? peopleOf(visit, step.sentence) : '',
            segment: step.sentence ? segmentOf(visit, step.sentence) : '',
          };
        }),
      };
    },
  ),
  picture('/reports/funnel.svg', may('reports.see'), { asks: one }, async (visit, asked) => {
    const { steps } = await funnelOf(visit, asked.campaign);
    const known = steps.filter(({ count: of }) => of !== undefined);
    return drawChart(
      barsOf(
        known.map(({ name }) => name),
        [{ name: '人數', values: known.map(({ count: of }) => of?.people ?? null) }],
      ),
    );
  }),
  download(
    '/reports/funnel.csv',
    may('reports.see'),
    { what: '下載活動漏斗', asks: one },
    async (visit, asked) => {
      const funnel = await funnelOf(visit, asked.campaign);
      const shares = sharesOf(funnel.steps);
      return {
        name: `活動漏斗-${funnel.campaign}.csv`,
        type: 'text/csv; charset=utf-8',
        body: await csvOf<FunnelStep>(
          [
            { title: '步驟', of: ({ name }) => name },
            { title: '人數', of: ({ count: of }) => of?.people },
            {
              title: '是否估計',
              of: ({ count: of }) =>
                of === undefined ? '不知道' : of.exact ? '實數' : `估計，誤差 ${of.error}`,
            },
            { title: '佔前一步', of: (step) => shares[funnel.steps.indexOf(step)] },
            { title: '說明', of: ({ why }) => why },
            { title: '名單條件', of: ({ sentence }) => sentence },
          ],
          funnel.steps,
          `活動「${funnel.title}」，${beijingMoment(funnel.at)} 數的`,
        ),
      };
    },
  ),
];
