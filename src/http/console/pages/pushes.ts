import { z } from 'zod';
import { bringPush } from '../../../domain/pushes/bring';
import { routeNames, routeWords, stateNames } from '../../../domain/pushes/push';
import { writePushBook } from '../../../domain/pushes/push-book';
import { figure } from '../../../domain/pushes/tell-plan';
import { definitionOf, pushTemplate } from '../../../domain/pushes/template';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, download, may, page, part, type Visit } from '../console';
import { cursor, id, line, maybe, several, upload } from '../form';
import { table } from '../parts';
import { countsTold, routesTold, stateWord, toneOf, whenTold } from '../push-views';
import { slowly } from '../slowly';

const listAsked = z.object({
  state: maybe(z.enum(Object.keys(stateNames) as [keyof typeof stateNames])),
  route: maybe(z.enum(routeNames)),
  q: maybe(line(60)),
  sort: maybe(z.enum(['changed', '-changed'])),
  cursor,
});

/** The list; `counted`: with what became of each, which takes longer. */
async function listOf({ services, now }: Visit, asked: z.infer<typeof listAsked>, counted: boolean) {
  const { pushes, segments } = services;
  const segmentNames = new Map((await segments.list()).map(({ _id, name }) => [_id, name]));
  const { rows: found, open, next } = await pushes.page(asked);
  const cells = [];
  for (const row of found) {
    const state =
      row.state === 'running' && row.frozen && !open.has(row._id) ? ('finished' as const) : row.state;
    const status = counted && row.frozen ? await pushes.status(row._id) : undefined;
    cells.push([
      { text: row.name, href: `/pushes/${row._id}`, own: true, note: row._id },
      { text: stateWord(state), tone: toneOf[state] },
      {
        text: row.again
          ? `「${row.again.push}」沒收到的人`
          : (segmentNames.get(row.audience.to) ?? row.audience.to),
        own: !row.again,
        note: routesTold(row),
      },
      status
        ? { text: `${figure(status.done)} / ${figure(status.people)}`, note: countsTold(status) }
        : row.frozen
          ? figure(row.frozen.people)
          : '',
      { text: row.startedAt ? beijingMoment(row.startedAt.getTime()) : whenTold(row, now) },
      { text: beijingMoment(row.changedAt.getTime()), note: row.by },
    ]);
  }
  return table({
    caption: '推送',
    columns: [
      { label: '名稱' },
      { label: '狀態' },
      { label: '對象和路線' },
      { label: '人數' },
      { label: '時間' },
      { label: '最後改動', sort: 'changed' },
    ],
    rows: cells,
    empty: {
      title: '還沒有推送',
      text: '寫好內容、選好對象，先試發給自己看，再讓同事批准。第一個五分鐘就好。',
      href: '/pushes/new',
      label: '寫第一個推送',
    },
    path: '/pushes',
    asked: { ...asked },
    next,
    filters: [
      { kind: 'text', name: 'q', label: '名稱或編號', value: asked.q },
      {
        kind: 'select',
        name: 'state',
        label: '狀態',
        value: asked.state,
        options: Object.entries(stateNames).map(([value, label]) => ({ value, label })),
      },
      {
        kind: 'select',
        name: 'route',
        label: '路線',
        value: asked.route,
        options: routeNames.map((value) => ({ value, label: routeWords[value] })),
      },
    ],
  });
}

const queryOf = (asked: object): string =>
  new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();

export default [
  page(
    '/pushes',
    may('pushes.see'),
    { title: '推送', menu: { group: 'reach', at: 10 }, template: 'pushes', asks: listAsked },
    async (visit, asked) => ({ table: await listOf(visit, asked, false), query: queryOf(asked) }),
  ),
  part(
    '/pushes/table',
    may('pushes.see'),
    { template: 'pushes-table', asks: listAsked },
    async (visit, asked) => ({ table: await slowly(() => listOf(visit, asked, true)) }),
  ),

  page(
    '/pushes/import',
    may('pushes.edit'),
    { title: '從工作簿導入推送', template: 'push-import', asks: z.object({}) },
    () => ({}),
  ),
  act(
    '/pushes/import',
    may('pushes.edit'),
    {
      what: '導入推送',
      most: 24 * 1024 * 1024,
      asks: z.object({ file: upload, pictures: several(upload) }),
    },
    async ({ services, by }, { file, pictures }) => {
      const { row, remarks } = await bringPush(services, { file, pictures, by });
      return done([`導入成草稿「${row.name}」。`, ...remarks].join('\n'), {
        to: `/pushes/${row._id}`,
        after: { id: row._id, version: row.version },
      });
    },
  ),
  ...(['xlsx', 'json'] as const).map((kind) =>
    download(
      `/pushes/template.${kind}`,
      may('pushes.edit'),
      { what: '下載推送的模板', asks: z.object({}) },
      async () => ({ name: `push-template.${kind}`, type: typeOf(kind), body: await pushTemplate(kind) }),
    ),
  ),
  download(
    '/pushes/:id/workbook',
    may('pushes.see'),
    { what: '下載推送的工作簿', asks: z.object({ id }) },
    async ({ services }, asked) => ({
      name: `${asked.id}.xlsx`,
      type: typeOf('xlsx'),
      body: await writePushBook(definitionOf(await services.pushes.get(asked.id))),
    }),
  ),
];

const typeOf = (kind: 'xlsx' | 'json'): string =>
  kind === 'json'
    ? 'application/json; charset=utf-8'
    : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
