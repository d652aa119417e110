import { z } from 'zod';
import { stateNames } from '../../../domain/campaigns/states';
import { exportNames, tellFilter } from '../../../domain/exports/exports';
import { type AwardFilter, askedStateNames } from '../../../domain/prizes/award-filter';
import type { PrizeKind } from '../../../domain/prizes/prize';
import type { StockLine } from '../../../domain/prizes/stock';
import { beijingDay, beijingMoment } from '../../../kit/beijing';
import { may, page, part } from '../console';
import { cursor, id, maybe, whole } from '../form';
import { type Cell, table } from '../parts';
import { listOf, queryOf, titlesOf } from '../winner-list';

const perPage = 8;
type Asked = StockLine['of'];
type Counted = keyof Asked | 'won';

/** Which numbers mean something for a kind of prize. */
const meant = (kind: PrizeKind, what: Counted): boolean =>
  what === 'claimed' || what === 'approved'
    ? kind === 'goods' || kind === 'money'
    : what === 'open' || what === 'expired'
      ? kind !== 'code' && kind !== 'points'
      : true;

const heads: [Counted, string][] = [
  ['won', '發出'],
  ['open', '待領或待用'],
  ['claimed', '待批准'],
  ['approved', '待寄'],
  ['delivered', '到手'],
  ['expired', '過期'],
  ['void', '作廢'],
];
/** What 「到手」 is, kind by kind. */
const delivered: Record<PrizeKind, string> = {
  goods: '寄出',
  coupon: '核銷',
  code: '發到',
  points: '入賬',
  money: '發放',
};

const numberOf = (line: StockLine, what: Counted): number => (what === 'won' ? line.won : line.of[what]);
const sum = (lines: StockLine[], of: (line: StockLine) => number): number =>
  lines.reduce((all, line) => all + of(line), 0);

function rowsOf(
  lines: StockLine[],
  {
    campaign,
    sponsor: only,
    sponsors,
  }: { campaign: string; sponsor?: string; sponsors: Map<string, string> },
): Cell[][] {
  const all = { campaign, ...(only === undefined ? {} : { sponsor: only }) };
  const cell = (n: number, filter: AwardFilter): Cell => (n === 0 ? 0 : { text: n, href: listOf(filter) });
  const counted = (line: StockLine): Cell[] =>
    heads.map(([what]) => {
      const n = numberOf(line, what);
      const { id: prize, kind } = line.prize;
      if (n === 0 && !meant(kind, what)) return '—';
      const shown = cell(n, { campaign, prize, ...(what === 'won' ? {} : { state: what }) });
      return what === 'delivered' && typeof shown === 'object' ? { ...shown, note: delivered[kind] } : shown;
    });
  const rows = lines.map((line): Cell[] => {
    const { id: prize, name, kind, sponsor, quantity } = line.prize;
    const coded = kind === 'code' || (kind === 'coupon' && line.prize.codes !== undefined);
    return [
      {
        text: name,
        own: true,
        href: coded ? `/prizes/codes${queryOf({ campaign, prize })}` : listOf({ campaign, prize }),
        ...(coded ? { note: '看兌換碼' } : {}),
      },
      sponsor
        ? { text: sponsors.get(sponsor) ?? sponsor, href: listOf({ campaign, sponsor }), own: true }
        : '—',
      quantity,
      ...counted(line),
      line.left === undefined
        ? '開賽時備好'
        : { text: line.left, ...(line.short > 0 ? { note: `缺 ${line.short} 份` } : {}) },
    ];
  });
  if (lines.length < 2) return rows;
  return [
    ...rows,
    [
      '合計',
      '',
      sum(lines, ({ prize }) => prize.quantity),
      ...heads.map(([what]) =>
        cell(
          sum(lines, (line) => numberOf(line, what)),
          { ...all, ...(what === 'won' ? {} : { state: what }) },
        ),
      ),
      sum(lines, ({ left = 0 }) => left),
    ],
  ];
}

export default [
  page(
    '/prizes',
    may('prizes.see'),
    {
      title: '獎品',
      menu: { group: 'campaigns', at: 20 },
      template: 'prizes',
      asks: z.object({ campaign: maybe(id), sponsor: maybe(id), cursor: maybe(whole(1, 1e6)) }),
    },
    async ({ services }, { campaign, sponsor, cursor: from = 0 }) => {
      const all = (await services.campaigns.list()).toReversed();
      const chosen = campaign === undefined ? all : all.filter(({ _id }) => _id === campaign);
      const one = campaign === undefined ? undefined : await services.campaigns.find(campaign);
      return {
        none: all.length === 0,
        campaign: campaign ?? '',
        sponsor: sponsor ?? '',
        campaigns: all.map(({ _id, title }) => ({ id: _id, title })),
        sponsors: one?.sponsors.map(({ id: value, name }) => ({ id: value, name })) ?? [],
        cards: chosen.slice(from, from + perPage).map(({ _id, title, state, startsAt, endsAt }) => ({
          title,
          state: stateNames[state],
          from: beijingDay(startsAt),
          to: beijingDay(endsAt),
          winners: listOf({ campaign: _id }),
          stock: `/prizes/stock${queryOf({ campaign: _id, sponsor })}`,
        })),
        next: chosen.length > from + perPage ? `/prizes?cursor=${from + perPage}` : '',
      };
    },
  ),
  part(
    '/prizes/stock',
    may('prizes.see'),
    { template: 'prizes-stock', asks: z.object({ campaign: id, sponsor: maybe(id) }) },
    async ({ services }, { campaign, sponsor }) => {
      const { prizes, sponsors } = await services.campaigns.row(campaign);
      const some = prizes.filter((prize) => sponsor === undefined || prize.sponsor === sponsor);
      const lines = await services.prizes.stock({ id: campaign, prizes: some });
      return {
        table: table({
          caption: '獎品庫存',
          columns: [
            { label: '獎品' },
            { label: '贊助商' },
            { label: '數量', number: true },
            ...heads.map(([, label]) => ({ label, number: true })),
            { label: '剩', number: true },
          ],
          rows: rowsOf(lines, {
            campaign,
            ...(sponsor === undefined ? {} : { sponsor }),
            sponsors: new Map(sponsors.map((one) => [one.id, one.name])),
          }),
          empty: { title: '這個活動沒有獎品', text: '獎品寫在活動的工作簿裡。' },
        }),
      };
    },
  ),
  page(
    '/prizes/exports',
    may('prizes.see'),
    {
      title: '誰導出過中獎名單',
      template: 'prizes-exports',
      asks: z.object({ campaign: maybe(id), cursor }),
    },
    async ({ services }, asked) => {
      const before = asked.cursor === undefined ? NaN : Number(asked.cursor);
      const titles = await titlesOf(services);
      const taken = await services.exports.takenPrizes({
        ...(asked.campaign === undefined ? {} : { campaign: asked.campaign }),
        ...(Number.isNaN(before) ? {} : { before: new Date(before) }),
      });
      return {
        table: table({
          caption: '導出記錄，新的在前',
          path: '/prizes/exports',
          asked: { ...asked },
          filters: [
            {
              kind: 'select',
              name: 'campaign',
              label: '活動',
              value: asked.campaign,
              options: [...titles].map(([value, label]) => ({ value, label })),
            },
          ],
          columns: [
            { label: '時間' },
            { label: '誰' },
            { label: '什麼' },
            { label: '個人資料' },
            { label: '條件' },
            { label: '行數', number: true },
            { label: '編號' },
          ],
          rows: taken.rows.map(({ _id, at, by, what, full, format, filter, rows }): Cell[] => [
            beijingMoment(at.getTime()),
            { text: by, own: true },
            `${exportNames[what]}（${format === 'xlsx' ? 'Excel' : 'CSV'}）`,
            full ? { text: '完整', tone: 'red' } : { text: '遮住', tone: 'grey' },
            { text: tellFilter(filter, askedStateNames), own: true },
            rows ?? '中斷',
            { text: _id, own: true },
          ]),
          next: taken.before && String(taken.before.getTime()),
          empty: {
            title: '還沒有人導出過',
            text: '在中獎者名單上按「導出」，誰、什麼時候、按什麼條件、拿了多少行，都記在這裡。',
            href: '/winners',
            label: '去名單',
          },
        }),
      };
    },
  ),
];
