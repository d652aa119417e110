import { z } from 'zod';
import { beijingMoment } from '../../kit/beijing';
import { defineTask } from '../../kit/define-task';
import { type Column, writeSheet } from '../../sheets/sheet';
import { type Conversation, endedNames, stateNames, whyNames } from './conversation';
import { nobody, type QueueFilter, type Show, shows, type Way, ways } from './queue';

type Services = {
  clock: { now(): number };
  desk: { each(filter: QueueFilter, me: string): AsyncIterable<Conversation> };
  team: { list(): Promise<{ id: string; name: string }[]> };
};

const showNames: Record<Show, string> = {
  waiting: '等人接的',
  open: '在談的',
  mine: '我的',
  closed: '結束了的',
  all: '全部',
};

export const wayNames: Record<Way, string> = { answered: '回過話', good: '她說滿意', bad: '她說不滿意' };

const moment = (at: Date | undefined) => at && beijingMoment(at.getTime());
const columnsOf = (names: Map<string, string>): Column<Conversation>[] => [
  { title: 'pid', of: ({ pid }) => pid, width: 22 },
  { title: '狀態', of: ({ state }) => stateNames[state] },
  { title: '來由', of: ({ why }) => whyNames[why] },
  { title: '開始', of: ({ at }) => moment(at), width: 18 },
  { title: '接的人', of: ({ agent = '' }) => names.get(agent) },
  { title: '接的時間', of: ({ claimedAt }) => moment(claimedAt), width: 18 },
  {
    title: '首次回覆（秒）',
    of: ({ answeredAt, at }) => answeredAt && Math.round((answeredAt.getTime() - at.getTime()) / 1_000),
  },
  { title: '結束', of: ({ closedAt }) => moment(closedAt), width: 18 },
  { title: '怎麼結束的', of: ({ ended }) => ended && endedNames[ended] },
  { title: '她說', of: ({ rating }) => rating && { good: '滿意', bad: '不滿意' }[rating] },
];

/** Conversations of a filter, without their words. */
export const deskExport = defineTask({
  name: 'desk-export',
  input: z.object({
    me: z.string(),
    show: z.enum(shows).optional(),
    agent: z.string().optional(),
    way: z.enum(ways).optional(),
    from: z.string().optional(),
    to: z.string().optional(),
  }),
  title: () => '導出客服對話',
  async run({ desk, team, clock }: Services, { me, ...filter }, { by, file, progress }) {
    const names = new Map((await team.list()).map(({ id, name }) => [id, name]));
    const told = [
      filter.show === undefined ? '等人接的和在談的' : showNames[filter.show],
      ...(filter.agent === undefined
        ? []
        : [filter.agent === nobody ? '沒有人接的' : `${names.get(filter.agent) ?? filter.agent}接的`]),
      ...(filter.way === undefined ? [] : [wayNames[filter.way]]),
      ...(filter.from === undefined ? [] : [`${filter.from} 起`]),
      ...(filter.to === undefined ? [] : [`到 ${filter.to}`]),
    ];
    let done = 0;
    async function* counted() {
      for await (const row of desk.each(filter, me)) {
        yield row;
        if (++done % 1_000 === 0) await progress({ done });
      }
    }
    const rows = await writeSheet({
      format: 'xlsx',
      columns: columnsOf(names),
      rows: counted(),
      out: file('客服對話.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
      about: [
        ['導出人', by],
        ['導出時間', beijingMoment(clock.now())],
        ['條件', told.join('，')],
      ],
    });
    return { text: `${rows} 段對話。`, href: '/desk' };
  },
});
