import { z } from 'zod';
import { type RouteName, routeNames, routeWords } from '../../../domain/pushes/push';
import { missedTask } from '../../../domain/pushes/pushes.tasks';
import { reasonNames, tellReason } from '../../../domain/pushes/reasons';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page } from '../console';
import { cursor, id, line, maybe } from '../form';
import { table } from '../parts';

export default [
  page(
    '/pushes/:id/people',
    may('pushes.see'),
    {
      title: '推送裡的人',
      template: 'push-people',
      asks: z.object({
        id,
        state: maybe(z.enum(['pending', 'sending', 'sent', 'handed', 'failed', 'unknown', 'skipped'])),
        reason: maybe(line(300)),
        route: maybe(z.enum(routeNames)),
        variant: z.string().max(20).optional(),
        clicked: maybe(z.enum(['1', '0'])),
        cursor,
      }),
    },
    async ({ services }, asked) => {
      const { pushes, names } = services;
      const row = await pushes.get(asked.id);
      const { rows, next } = await pushes.people(asked.id, {
        ...asked,
        clicked: asked.clicked === undefined ? undefined : asked.clicked === '1',
      });
      const known = await names.nameOf(rows.map(({ pid }) => pid));
      const { id: _, ...query } = asked;
      return {
        id: row._id,
        name: row.name,
        title: asked.reason ? tellReason(asked.reason) : '推送裡的人',
        lead: asked.state === 'unknown' ? '發到一半斷了，不知道微信收到沒有。不會自己再發一次。' : '',
        exports: asked.reason ?? '',
        table: table({
          caption: '推送裡的人',
          columns: [
            { label: '用戶' },
            { label: '狀態' },
            { label: '路線' },
            { label: '原因' },
            { label: '時間' },
            { label: '點開' },
          ],
          rows: rows.map((one) => [
            { text: one.pid, href: `/subscribers/${one.pid}`, note: known.get(one.pid) ?? '' },
            { text: deliveryWords[one.state] },
            { text: routeWords[one.route], ...(one.variant ? { note: one.variant } : {}) },
            one.reason === undefined ? '' : { text: tellReason(one.reason), note: one.report ?? '' },
            one.at ? beijingMoment(one.at.getTime()) : '',
            one.clickedAt ? beijingMoment(one.clickedAt.getTime()) : '',
          ]),
          path: `/pushes/${row._id}/people`,
          asked: query,
          next,
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(deliveryWords).map(([value, label]) => ({ value, label })),
            },
            {
              kind: 'select',
              name: 'reason',
              label: '原因',
              value: asked.reason,
              options: [
                ...Object.entries(reasonNames).map(([value, label]) => ({ value, label })),
                ...(asked.reason !== undefined && !Object.hasOwn(reasonNames, asked.reason)
                  ? [{ value: asked.reason, label: asked.reason }]
                  : []),
              ],
            },
            {
              kind: 'select',
              name: 'route',
              label: '路線',
              value: asked.route,
              options: row.routes.map((value: RouteName) => ({ value, label: routeWords[value] })),
            },
            {
              kind: 'select',
              name: 'clicked',
              label: '鏈接',
              value: asked.clicked,
              options: [
                { value: '1', label: '點開過' },
                { value: '0', label: '沒點開' },
              ],
            },
          ],
          empty: { title: '這裡還沒有人', text: row.frozen ? '還沒有輪到誰。' : '還沒有開始發。' },
        }),
      };
    },
  ),
  page(
    '/pushes/:id/waiting',
    may('pushes.see'),
    { title: '還沒輪到的人', template: 'push-people', asks: z.object({ id, cursor }) },
    async ({ services }, asked) => {
      const { pushes, names } = services;
      const row = await pushes.get(asked.id);
      const { pids, next } = await pushes.waiting(asked.id, asked.cursor);
      const known = await names.nameOf(pids);
      return {
        id: row._id,
        name: row.name,
        title: '還沒輪到的人',
        lead: '',
        exports: '',
        table: table({
          caption: '還沒輪到的人',
          columns: [{ label: '用戶' }, { label: '名字' }],
          rows: pids.map((pid) => [
            { text: pid, href: `/subscribers/${pid}` },
            { text: known.get(pid) ?? '', own: true },
          ]),
          path: `/pushes/${row._id}/waiting`,
          asked: asked.cursor === undefined ? {} : { cursor: asked.cursor },
          next,
          empty: { title: '都輪到了', text: '名單裡沒有人在等。' },
        }),
      };
    },
  ),

  act(
    '/pushes/:id/missed',
    may('pushes.see'),
    {
      what: '導出推送沒收到的人',
      asks: z.object({ id, reason: maybe(line(300)), format: z.enum(['csv', 'xlsx']).default('xlsx') }),
    },
    async (visit, asked) => {
      await visit.services.pushes.get(asked.id);
      const { id: push, ...more } = asked;
      return done('開始導出。', { to: await visit.start(missedTask, { push, ...more }) });
    },
  ),
];

const deliveryWords = {
  sent: '發出',
  handed: '交給群發',
  failed: '失敗',
  unknown: '不明',
  skipped: '沒發',
  pending: '等著',
  sending: '正在發',
} as const;
