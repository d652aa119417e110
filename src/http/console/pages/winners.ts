import { z } from 'zod';
import { winnersTask } from '../../../domain/exports/exports.tasks';
import { approveTask } from '../../../domain/prizes/prizes.tasks';
import { rights, roleNames } from '../../../domain/team/rights';
import { AppError } from '../../../errors';
import { act, done, may, page, part, type Visit } from '../console';
import { id, reason, several, whole } from '../form';
import { confirm, table } from '../parts';
import { slowly } from '../slowly';
import {
  columns,
  cursorOf,
  filterAsked,
  filterFields,
  filterOf,
  filtersFor,
  placeOf,
  queryOf,
  rowOf,
  titlesOf,
  type WinnersAsked,
  winnersAsked,
} from '../winner-list';

const perPage = 50;
/** More than these are a task: nobody waits for them at a page. */
const atOnce = 100;

const ids = several(id).pipe(z.array(z.string()).min(1, '請先在名單上勾選').max(perPage));
const format = z.enum(['csv', 'xlsx']);
const formatField = {
  name: 'format',
  label: '文件',
  kind: 'radio' as const,
  value: 'xlsx',
  options: [
    { value: 'xlsx', label: 'Excel（.xlsx）' },
    { value: 'csv', label: 'CSV' },
  ],
};

async function listFor({ services, ...visit }: Visit, asked: WinnersAsked, full: boolean) {
  const titles = await titlesOf(services);
  const filter = filterOf(asked);
  const { winners, next } = await services.prizes.winnersBy(filter, {
    full,
    words: asked.q,
    from: placeOf(asked.cursor),
    oldest: asked.sort === 'at',
    limit: perPage,
  });
  const tick = visit.may('prizes.approve') ? 'ticked' : undefined;
  const { cursor: _, ...kept } = asked;
  return {
    full,
    /** The same list, masked or whole. */
    query: queryOf(kept),
    /** Counted only where a filter says what is meant. */
    counts: asked.q === undefined ? `/winners/numbers${queryOf(filter)}` : '',
    ticks: tick !== undefined && winners.some(({ award }) => award.state === 'claimed' && !award.waits),
    table: table({
      caption: '中獎者',
      path: full ? '/winners/full' : '/winners',
      asked: { ...asked },
      filters: await filtersFor(services, { asked, titles }),
      columns,
      rows: winners.map((winner) => rowOf(winner, { titles, tick })),
      next: next && cursorOf(next),
      empty: {
        title: '還沒有人中獎',
        text: '活動開賽、有人得獎後，每一份獎品都列在這裡：批准、寄送、核銷都從這裡看。',
        href: '/prizes',
        label: '看獎品',
      },
    }),
    exporters: visit.may('prizes.export')
      ? ''
      : rights['prizes.export'].map((role) => roleNames[role]).join('、'),
    exports: asked.q === undefined && visit.may('prizes.export') ? exportsOf(filter, visit) : [],
  };
}

const exportsOf = (filter: ReturnType<typeof filterOf>, visit: Pick<Visit, 'may'>) => [
  confirm({
    id: 'export',
    to: '/winners/export',
    label: '導出',
    title: '導出這份名單',
    text: '按現在的條件導出，名字、電話、地址和碼都遮住。條件寫在文件裡，誰導出會留下記錄。',
    submit: '開始導出',
    tone: 'primary',
    fields: [...filterFields(filter), formatField],
  }),
  ...(visit.may('people.full')
    ? [
        confirm({
          id: 'export-full',
          to: '/winners/export-full',
          label: '完整導出',
          title: '導出完整的個人資料',
          text: '文件裡有收件人的姓名、電話、地址和整個碼。只給要用的人，用完就刪；誰導出、導出什麼會留下記錄。',
          submit: '我知道，開始導出',
          fields: [...filterFields(filter), formatField],
        }),
      ]
    : []),
];

export default [
  page(
    '/winners',
    may('prizes.see'),
    { title: '中獎者', menu: { group: 'campaigns', at: 30 }, template: 'winners', asks: winnersAsked },
    (visit, asked) => listFor(visit, asked, false),
  ),
  page(
    '/winners/full',
    may('people.full'),
    { title: '中獎者', template: 'winners', asks: winnersAsked, sees: '看中獎名單的完整資料' },
    (visit, asked) => listFor(visit, asked, true),
  ),
  part(
    '/winners/numbers',
    may('prizes.see'),
    { template: 'winners-numbers', asks: z.object(filterAsked) },
    async ({ services }, asked) => {
      const filter = filterOf(asked);
      const mayWait = filter.state === undefined || filter.state === 'claimed';
      return slowly(async () => ({
        total: await services.prizes.countOf(filter),
        waiting: mayWait ? await services.prizes.countOf({ ...filter, state: 'claimed' }) : 0,
        fields: filterFields(filter).map(({ name, value }) => ({ name, value })),
      }));
    },
  ),
  act(
    '/winners/approve',
    may('prizes.approve'),
    { what: '批准獎品', asks: z.object({ ids }) },
    async ({ services, by }, asked) => {
      const { approved } = await services.prizes.courier.approve({ _id: { $in: asked.ids } }, by);
      const left = asked.ids.length - approved;
      return done(
        `批准了 ${approved} 份。${left > 0 ? `另外 ${left} 份沒有批准：還在核對，或剛剛有人處理過。` : ''}`,
        { after: { approved } },
      );
    },
  ),
  act(
    '/winners/approve-all',
    may('prizes.approve'),
    { what: '批准全部獎品', asks: z.object({ ...filterAsked, many: whole(1, 10_000_000) }) },
    async ({ services, by, start }, { many, ...asked }) => {
      const filter = filterOf({ ...asked, state: 'claimed' });
      const now = await services.prizes.countOf(filter);
      if (now > many)
        throw new AppError(
          'Conflict',
          'winners.more',
          `你看到的是 ${many} 份，現在有 ${now} 份待批准：請重新打開這一頁，看過再批准。`,
        );
      if (now > atOnce) return done('開始批准。', { to: await start(approveTask, { filter, total: now }) });
      const { approved, waiting } = await services.prizes.courier.approve(
        services.prizes.awardFilter(filter),
        by,
      );
      return done(`批准了 ${approved} 份${waiting > 0 ? `；還有 ${waiting} 份在核對，沒有批准` : ''}。`, {
        after: { approved, waiting },
      });
    },
  ),
  act(
    '/winners/reject',
    may('prizes.approve'),
    { what: '不批准獎品', asks: z.object({ ids, reason }) },
    async ({ services, by }, asked) => {
      let voided = 0;
      for (const award of asked.ids) {
        const { kind } = await services.prizes.awards.annul(award, { by, reason: asked.reason });
        if (kind === 'moved') voided++;
      }
      const left = asked.ids.length - voided;
      return done(
        `作廢了 ${voided} 份，庫存退回，按規則讓給下一位。${left > 0 ? `另外 ${left} 份剛剛有人處理過，沒有動。` : ''}`,
        { after: { voided } },
      );
    },
  ),
  act(
    '/winners/export',
    may('prizes.export'),
    { what: '導出中獎名單', asks: z.object({ ...filterAsked, format }) },
    async ({ start }, { format: ending, ...asked }) => {
      const filter = filterOf(asked);
      return done('開始導出。', { to: await start(winnersTask, { filter, format: ending, full: false }) });
    },
  ),
  act(
    '/winners/export-full',
    may('people.full'),
    { what: '導出完整的中獎名單', asks: z.object({ ...filterAsked, format }) },
    async (visit, { format: ending, ...asked }) => {
      if (!visit.may('prizes.export'))
        throw new AppError('Forbidden', 'console.right', '你的角色不能導出中獎名單（prizes.export）。');
      const filter = filterOf(asked);
      return done('開始導出。', {
        to: await visit.start(winnersTask, { filter, format: ending, full: true }),
      });
    },
  ),
];
