import { z } from 'zod';
import { byWords, cameBack, massWords } from '../../../domain/pushes/outcome';
import { routeWords } from '../../../domain/pushes/push';
import { cameBackTask, tellCameBack } from '../../../domain/pushes/pushes.tasks';
import { tellReason } from '../../../domain/pushes/reasons';
import { figure } from '../../../domain/pushes/tell-plan';
import { AppError } from '../../../errors';
import { act, done, may, part } from '../console';
import { id, line, several } from '../form';
import { form, table } from '../parts';
import { atField } from '../push-views';
import { slowly } from '../slowly';

const one = z.object({ id });
/** Up to so many it is counted while she waits; of more it is a task. */
const atOnce = 20_000;

export default [
  part(
    '/pushes/:id/report',
    may('pushes.see'),
    { template: 'push-report', asks: one },
    async (visit, asked) => {
      const { services } = visit;
      const { pushes, links } = services;
      return slowly(async () => {
        const { push, counts } = await pushes.status(asked.id);
        const href = (query: string) => `/pushes/${push._id}/people?${query}`;
        const versions = byWords(push, await pushes.byVariant(push._id)).map((one) => {
          const by = `route=${one.route}${one.variant === undefined ? '' : `&variant=${encodeURIComponent(one.variant)}`}`;
          const clicks = push.links.length > 0 && one.route !== 'mass' && one.people > 0;
          return [
            { text: `${routeWords[one.route]}${one.told}` },
            {
              text: figure(one.people),
              href: href(`${by}&state=${one.route === 'mass' ? 'handed' : 'sent'}`),
              note: one.route === 'mass' ? '交給群發' : '',
            },
            clicks
              ? {
                  text: `${figure(one.clicked)}（${((one.clicked / one.people) * 100).toFixed(1)}%）`,
                  href: href(`${by}&clicked=1`),
                }
              : '—',
            { text: figure(one.failed), href: href(`${by}&state=failed`) },
          ];
        });
        const opened = [];
        for (const [n, url] of push.links.entries())
          opened.push([
            { text: url, own: true },
            await links.clicksEver({ kind: 'push', ref: `${push._id}/${n}` }),
          ]);
        const batches = (await pushes.massOf(push._id)).map(({ people, msgId, why, report }) => [
          figure(people),
          report
            ? `發到 ${figure(report.sent)}、過濾 ${figure(report.total - report.filtered)}、失敗 ${figure(report.error)}（${massWords(report.status)}）`
            : msgId
              ? '微信還沒有回報'
              : (why ?? '還沒有交給微信'),
        ]);
        const reached = counts.sent + counts.handed;
        const nothing = { title: '還沒有結果', text: '開始發了才有。' };
        return {
          id: push._id,
          versions: table({
            caption: '各版各路',
            columns: [
              { label: '路線和版本' },
              { label: '到了', number: true },
              { label: '點開', number: true },
              { label: '失敗或不明', number: true },
            ],
            rows: versions,
            empty: nothing,
          }),
          links:
            opened.length > 0
              ? table({
                  caption: '鏈接',
                  columns: [{ label: '鏈接' }, { label: '點了幾次', number: true }],
                  rows: opened,
                  empty: nothing,
                })
              : '',
          batches:
            batches.length > 0
              ? table({
                  caption: '群發的批次',
                  columns: [{ label: '交了幾人', number: true }, { label: '微信的回報' }],
                  rows: batches,
                  empty: nothing,
                })
              : '',
          back:
            reached > 0 && reached <= atOnce
              ? tellCameBack({ ...(await cameBack(services, push._id)), reached })
              : '',
          isBig: reached > atOnce,
        };
      });
    },
  ),
  act(
    '/pushes/:id/back',
    may('pushes.see'),
    { what: '算推送之後回來的人', asks: one },
    async (visit, asked) => {
      const { _id: push } = await visit.services.pushes.get(asked.id);
      return done('開始算了，好了鈴鐺會響。', { to: await visit.start(cameBackTask, { push }) });
    },
  ),
  part(
    '/pushes/:id/again-form',
    may('pushes.edit'),
    { template: 'push-again', asks: one },
    async ({ services: { pushes } }, asked) => {
      const { push, counts } = await pushes.status(asked.id);
      const reasons = Object.entries(counts.reasons).filter(([, n]) => n > 0);
      return {
        any: reasons.length > 0,
        form: form({
          to: `/pushes/${push._id}/again`,
          submit: '寫一份補發的草稿',
          fields: [
            {
              name: 'next',
              label: '新的編號',
              kind: 'text',
              required: true,
              most: 24,
              value: await pushes.freeId(`${push._id.replaceAll('.', '-').slice(0, 17)}-2`),
            },
            {
              name: 'reasons',
              label: '補給誰（不選就是全部，連「不明」的在內：她可能會收到兩次）',
              kind: 'ticks',
              value: [],
              options: reasons.map(([value, n]) => ({
                value,
                label: `${tellReason(value)}（${figure(n)} 人）`,
              })),
            },
          ],
        }),
      };
    },
  ),
  act(
    '/pushes/:id/again',
    may('pushes.edit'),
    { what: '補發推送', asks: z.object({ id, next: line(60), reasons: several(line(300)) }) },
    async ({ services: { pushes }, by }, asked) => {
      if (!/^[a-z0-9][a-z0-9-]{0,23}$/.test(asked.next))
        throw atField('next', '只能用小寫字母、數字和連字號，最多 24 個字');
      const { counts } = await pushes.status(asked.id);
      if (Object.keys(counts.reasons).length === 0)
        throw new AppError('NotFound', 'push.none-missed', '這個推送沒有漏掉誰，不用補發。');
      const row = await pushes.again(asked.id, {
        id: asked.next,
        by,
        ...(asked.reasons.length > 0 ? { reasons: asked.reasons } : {}),
      });
      return done('寫好了補發的草稿，先看再開始。', { to: `/pushes/${row._id}`, after: { id: row._id } });
    },
  ),
];
