import { z } from 'zod';
import { type Conversation, endedNames, stateNames, whyNames } from '../../../domain/desk/conversation';
import { deskExport, wayNames } from '../../../domain/desk/desk.tasks';
import { nobody, type Show, shows, ways } from '../../../domain/desk/queue';
import { beijingDay, beijingMoment, dayMs } from '../../../kit/beijing';
import { maskBoardName } from '../../../kit/mask';
import { act, done, may, page, part, type Visit } from '../console';
import { cursor, day, id, maybe, whole } from '../form';
import { type Cell, type Tone, table, tiles } from '../parts';
import { slowly } from '../slowly';

const showNames: Record<Show, string> = {
  waiting: '等人接',
  open: '在談',
  mine: '我在談',
  closed: '結束了',
  all: '全部',
};
const tones: Record<Conversation['state'], Tone> = { waiting: 'yellow', open: 'blue', closed: 'grey' };

const filter = {
  show: maybe(z.enum(shows)),
  agent: maybe(id),
  way: maybe(z.enum(ways)),
  from: maybe(day),
  to: maybe(day),
};

/** 「12 分鐘」「40 秒」 */
const spanOf = (ms: number): string =>
  ms < 60_000
    ? `${Math.max(0, Math.round(ms / 1_000))} 秒`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} 分鐘`
      : `${Math.round(ms / 3_600_000)} 小時`;

/** Names of people as this visitor may read them. */
async function namesFor(visit: Visit, pids: string[]): Promise<(pid: string) => string> {
  const names = await visit.services.names.nameOf([...new Set(pids)]);
  const full = visit.may('people.full');
  return (pid) => {
    const name = names.get(pid) ?? pid;
    return full ? name : maskBoardName(name);
  };
}

const nowOf = async ({ services, who }: Visit) => {
  const [{ waiting, open, mine }, left] = await Promise.all([
    services.desk.now(who.id),
    services.enquiries.open(),
  ]);
  return {
    tiles: tiles([
      { label: '等人接', value: waiting, href: '/desk?show=waiting' },
      { label: '我在談', value: mine, href: '/desk?show=mine' },
      { label: '都在談', value: open, href: '/desk?show=open' },
      { label: '留話還沒回', value: left, href: '/desk/enquiries' },
    ]),
    waiting,
  };
};

/** How long she has waited, or waited for the first answer. */
function waitedOf({ state, at, answeredAt, waitingSince, why }: Conversation, now: number): Cell {
  if (state === 'waiting') return `等了 ${spanOf(now - (waitingSince ?? at).getTime())}`;
  if (why === 'agent') return '';
  return answeredAt ? `${spanOf(answeredAt.getTime() - at.getTime())}後回` : '還沒回';
}

function lastOf({ state, herAt, ourAt, closedAt, ended, rating }: Conversation): Cell {
  if (state === 'closed')
    return {
      text: ended ? endedNames[ended] : '',
      note: [
        ...(closedAt ? [beijingMoment(closedAt.getTime())] : []),
        ...(rating ? [rating === 'good' ? '她說滿意' : '她說不滿意'] : []),
      ].join('，'),
    };
  const hers = herAt && herAt.getTime() > (ourAt?.getTime() ?? 0);
  return hers
    ? { text: '等我們說', tone: 'yellow', note: beijingMoment(herAt.getTime()) }
    : { text: '等她說', note: ourAt ? beijingMoment(ourAt.getTime()) : '' };
}

export async function conversationsTable(
  visit: Visit,
  list: { rows: Conversation[]; next: string | undefined },
  asked: Record<string, string | undefined>,
  more: Pick<Parameters<typeof table>[0], 'path' | 'filters' | 'exports' | 'empty'>,
) {
  const [nameOf, team] = await Promise.all([
    namesFor(
      visit,
      list.rows.map(({ pid }) => pid),
    ),
    visit.services.desk.team(),
  ]);
  return table({
    caption: '對話',
    columns: [
      { label: '誰' },
      { label: '狀態' },
      { label: '開始' },
      { label: '等了' },
      { label: '接的人' },
      { label: '現在' },
    ],
    rows: list.rows.map((row) => [
      { text: nameOf(row.pid), href: `/desk/${row._id}`, own: true, note: whyNames[row.why] },
      { text: stateNames[row.state], tone: tones[row.state] },
      beijingMoment(row.at.getTime()),
      waitedOf(row, visit.now),
      team.find(({ id: one }) => one === row.agent)?.name ?? '',
      lastOf(row),
    ]),
    asked,
    next: list.next,
    ...more,
  });
}

export default [
  page(
    '/desk',
    may('desk.see'),
    {
      title: '收件箱',
      menu: { group: 'desk', at: 10 },
      template: 'desk',
      asks: z.object({ ...filter, cursor }),
    },
    async (visit, asked) => {
      const { services, who } = visit;
      const [list, now, team] = await Promise.all([
        services.desk.list({ ...asked, me: who.id }),
        nowOf(visit),
        services.desk.team(),
      ]);
      const hours = services.serviceHours;
      return {
        ...now,
        isMore: false,
        here: services.desk.here,
        hours: `${hours.from} 到 ${hours.until}`,
        isOpen: hours.isOpen(visit.now),
        table: await conversationsTable(visit, list, asked, {
          path: '/desk',
          filters: [
            {
              kind: 'select',
              name: 'show',
              label: '看哪些',
              none: '等人接和在談',
              value: asked.show,
              options: shows.map((value) => ({ value, label: showNames[value] })),
            },
            {
              kind: 'select',
              name: 'agent',
              label: '接的人',
              value: asked.agent,
              options: [
                ...team.map(({ id: value, name: label }) => ({ value, label })),
                { value: nobody, label: '沒有人接' },
              ],
            },
            {
              kind: 'select',
              name: 'way',
              label: '談得怎樣',
              value: asked.way,
              options: ways.map((value) => ({ value, label: wayNames[value] })),
            },
            { kind: 'day', name: 'from', label: '從', value: asked.from },
            { kind: 'day', name: 'to', label: '到', value: asked.to },
          ],
          exports: { to: '/desk/export', label: '導出' },
          empty: {
            title: '打開這一頁時，沒有人在等',
            text: '她回覆「人工」，或小藝連著兩句沒聽懂，就會排到這裡。接了她，小藝就不再插嘴。先把常說的話存好，回得快。',
            href: '/desk/answers',
            label: '去寫常用回覆',
          },
        }),
      };
    },
  ),
  part(
    '/desk/now',
    may('desk.see'),
    { template: 'desk-now', asks: z.object({ shown: maybe(whole(0, 1e9)) }) },
    async (visit, { shown }) => {
      const now = await nowOf(visit);
      // The list below is as it was when the page was opened.
      return { ...now, isMore: shown !== undefined && now.waiting > shown };
    },
  ),
  part(
    '/desk/week',
    may('desk.see'),
    { template: 'desk-week', asks: z.object({}) },
    async ({ services, now }) => {
      const since = beijingDay(now - 6 * dayMs);
      const [counts, team] = await Promise.all([
        slowly(() => services.desk.counts(since)),
        services.desk.team(),
      ]);
      const counted = (value: number, agent: string | undefined, more: Record<string, string>) => ({
        text: value,
        href: `/desk?${new URLSearchParams({ from: since, show: 'all', agent: agent ?? nobody, ...more }).toString()}`,
      });
      return {
        table: table({
          caption: '這七天每個人接了多少',
          columns: [
            { label: '誰' },
            { label: '接了', number: true },
            { label: '結束了', number: true },
            { label: '回過話', number: true },
            { label: '平均多久回第一句' },
            { label: '滿意', number: true },
            { label: '不滿意', number: true },
          ],
          rows: counts.map((one) => [
            one.agent === undefined
              ? '沒有人接'
              : (team.find(({ id: who }) => who === one.agent)?.name ?? '離開的同事'),
            counted(one.all, one.agent, {}),
            counted(one.closed, one.agent, { show: 'closed' }),
            counted(one.answered, one.agent, { way: 'answered' }),
            one.firstMs === undefined ? '' : spanOf(one.firstMs),
            counted(one.good, one.agent, { way: 'good' }),
            counted(one.bad, one.agent, { way: 'bad' }),
          ]),
          empty: { title: '這七天還沒有對話', text: '有人接過之後，這裡看每個人接了多少、多久回第一句。' },
        }),
      };
    },
  ),
  act(
    '/desk/export',
    may('desk.answer'),
    { what: '導出客服對話', asks: z.object(filter) },
    async (visit, asked) =>
      done('開始導出，好了鈴鐺會亮。', { to: await visit.start(deskExport, { ...asked, me: visit.who.id }) }),
  ),
];
