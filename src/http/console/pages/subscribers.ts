import { z } from 'zod';
import { exportPeople } from '../../../domain/directory/directory.tasks';
import type { PersonRow } from '../../../domain/people/people';
import { syncFollowers } from '../../../domain/subscribers/subscribers.tasks';
import { tellSync } from '../../../domain/subscribers/walk';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page, part, type Visit } from '../console';
import { ticked } from '../form';
import { form, table, tiles } from '../parts';
import {
  filterOf,
  listAsked,
  type PeopleAsked,
  peopleAsked,
  peopleFilters,
  personCell,
  queryOf,
  windowsOf,
} from '../people';
import { slowly } from '../slowly';

const rowsOnPage = 30;
/** Longer than that nobody waits for a page: the list follows by itself. */
const quickMs = 200;
const patientMs = 20_000;

type Asked = z.infer<typeof listAsked>;

async function listOf(visit: Visit, asked: Asked, withinMs: number) {
  const { sort = '-seen', cursor } = asked;
  const found = await visit.services.directory.list(filterOf(asked), {
    order: sort,
    ...(cursor === undefined ? {} : { after: cursor }),
    ...{ limit: rowsOnPage, withinMs },
  });
  return found === 'slow' ? undefined : tableOf(visit, asked, found.rows, found.next);
}

async function tableOf(visit: Visit, asked: Asked, rows: PersonRow[], next: string | undefined) {
  const { services } = visit;
  const pids = rows.map(({ _id }) => _id);
  const [names, windows] = await Promise.all([services.names.nameOf(pids), windowsOf(visit, pids)]);
  // Whom a name or a tag means stands in the order of pids.
  const sorts = asked.q === undefined && asked.tag === undefined;
  const sort = (name: string) => (sorts ? { sort: name } : {});
  return table({
    caption: '用戶',
    path: '/subscribers',
    asked: { ...asked, ...(sorts ? { sort: asked.sort ?? '-seen' } : {}) },
    columns: [
      { label: '名字' },
      { label: '階段' },
      { label: '積分', number: true, ...sort('points') },
      { label: '最後來過', ...sort('seen') },
      { label: '關注', ...sort('followed') },
      { label: '渠道' },
      { label: '客服消息' },
    ],
    rows: rows.map((row) => {
      const her = services.directory.describe(row);
      return [
        personCell(visit, her.pid, names.get(her.pid) ?? ''),
        her.stage,
        her.points,
        her.seenOn,
        her.followedOn || '未知',
        her.channel === ''
          ? ''
          : { text: her.channel, href: `/subscribers?${queryOf({ channel: her.channel })}`, own: true },
        windows.get(her.pid) ?? '',
      ];
    }),
    filters: [],
    empty: {
      title: '還沒有用戶',
      text: '有人關注就會出現在這裡。公眾號本來就有關注者，就先和微信的名單同步一次。',
      href: '/subscribers/sync',
      label: '去同步',
    },
    next,
  });
}

const isAsked = (asked: PeopleAsked): boolean => Object.keys(filterOf(asked)).length > 0;

const tellCount = ({ people, exact, error }: { people: number; exact: boolean; error: number }): string =>
  exact
    ? `${people.toLocaleString('en')} 位`
    : error > 0
      ? `約 ${people.toLocaleString('en')} 位，誤差 ±${error.toLocaleString('en')}`
      : `最多 ${people.toLocaleString('en')} 位`;

export default [
  page(
    '/subscribers',
    may('people.see'),
    { title: '用戶', menu: { group: 'people', at: 10 }, template: 'subscribers', asks: listAsked },
    async (visit, asked) => {
      const [filters, list, sentence, everybody] = await Promise.all([
        peopleFilters(visit, asked),
        listOf(visit, asked, quickMs),
        visit.services.directory.sentenceOf(filterOf(asked)),
        isAsked(asked) ? '' : visit.services.people.count(),
      ]);
      const query = queryOf(asked);
      return {
        filters: table({
          caption: '',
          columns: [],
          rows: [],
          empty: { title: '', text: '' },
          filters,
          path: '/subscribers',
        }),
        table: list ?? '',
        // A list that is filtered says what to do when it is empty.
        filtered: isAsked(asked),
        query,
        total: everybody === '' ? '' : everybody.toLocaleString('en'),
        fields: Object.entries(filterOf(asked)).map(([name, value]) => ({ name, value: String(value) })),
        full: visit.may('people.full'),
        segment: sentence === undefined ? '' : `/segments/new?${queryOf({ sentence })}`,
      };
    },
  ),
  part(
    '/subscribers/rows',
    may('people.see'),
    { template: 'subscribers-rows', asks: listAsked },
    async (visit, asked) => {
      const list = await slowly(() => listOf(visit, asked, patientMs));
      return { table: list ?? '', filtered: isAsked(asked) };
    },
  ),
  part(
    '/subscribers/total',
    may('people.see'),
    { template: 'subscribers-total', asks: peopleAsked },
    async ({ services }, asked) => ({
      told: tellCount(await slowly(() => services.directory.count(filterOf(asked)))),
    }),
  ),
  act(
    '/subscribers/export',
    may('people.export'),
    {
      what: '導出用戶名單',
      asks: peopleAsked.extend({ format: z.enum(['csv', 'xlsx']).default('xlsx'), full: ticked }),
    },
    async (visit, { format, full, ...asked }) => {
      if (full && !visit.may('people.full'))
        throw new AppError('Forbidden', 'people.full', '你的角色只能導出遮住名字的名單。');
      const filter = filterOf(asked);
      // A filter that is wrong is told here, not by a task that fails.
      await visit.services.directory.tell(filter);
      return done('開始導出，做完了在這裡下載。', {
        to: await visit.start(exportPeople, { filter, format, full }),
      });
    },
  ),

  page(
    '/subscribers/sync',
    may('people.see'),
    { title: '和微信的名單同步', template: 'subscribers-sync', asks: z.object({}) },
    async ({ services, may: mayShe }) => {
      const [last, people, task] = await Promise.all([
        services.subscriberSync.last(),
        services.subscribers.count(),
        services.tasks.latest(syncFollowers.name),
      ]);
      const running = task && (task.state === 'waiting' || task.state === 'running') ? task : undefined;
      return {
        tiles: tiles([
          { label: '我們認識的訂閱者', value: people, href: '/subscribers' },
          { label: '微信名單上', value: last?.total ?? '還不知道' },
          { label: '上次新認識', value: last?.met ?? '—' },
          { label: '上次移除走了的', value: last?.gone ?? '—' },
        ]),
        told: !last
          ? '還沒有和微信的名單同步過。'
          : last.endedAt
            ? `上次在 ${beijingMoment(last.endedAt.getTime())} 做完：${tellSync(last)}，移除 ${last.gone.toLocaleString('en')} 位。`
            : `${beijingMoment(last.began)} 開始的同步還沒有做完：${tellSync(last)}。再同步一次，就從那裡接著做。`,
        running: running ? { by: running.by, step: running.step ?? '' } : '',
        failed: task?.state === 'failed' ? (task.why ?? '') : '',
        form: form({
          to: '/subscribers/sync',
          submit: '開始同步',
          fields: mayShe('people.erase')
            ? [
                {
                  name: 'remove',
                  label: '走了的人多得不尋常時也移除',
                  kind: 'tick',
                  help: '平常不用選。選了，我們有、微信名單上沒有的人，再多也照刪，找不回來：先確定公眾號沒有設錯。',
                },
              ]
            : [],
        }),
      };
    },
  ),
  act(
    '/subscribers/sync',
    may('people.edit'),
    { what: '和微信的名單同步', asks: z.object({ remove: ticked }) },
    async (visit, { remove }) => {
      if (remove && !visit.may('people.erase'))
        throw new AppError(
          'Forbidden',
          'people.erase',
          '要有刪除用戶資料的權限，才能在走了的人很多時也移除。',
        );
      return done('開始同步。', { to: await visit.start(syncFollowers, { remove }) });
    },
  ),
];
