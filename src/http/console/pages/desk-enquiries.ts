import { z } from 'zod';
import { enquiryExport } from '../../../domain/enquiries/enquiries.tasks';
import { enquiryFilterNames, enquiryFilters } from '../../../domain/enquiries/enquiry';
import { beijingMoment } from '../../../kit/beijing';
import { maskPhone } from '../../../kit/mask';
import { act, done, may, page } from '../console';
import { cursor, id, maybe } from '../form';
import { table } from '../parts';

const show = maybe(z.enum(enquiryFilters));
const one = z.object({ id });
const short = (text: string): string =>
  [...text].length > 60 ? `${[...text].slice(0, 60).join('')}…` : text;

export default [
  page(
    '/desk/enquiries',
    may('desk.see'),
    {
      title: '留話',
      menu: { group: 'desk', at: 20 },
      template: 'desk-enquiries',
      asks: z.object({ show, cursor }),
    },
    async (visit, asked) => {
      const { services } = visit;
      const list = await services.enquiries.list({ ...asked, show: asked.show ?? 'open' });
      const hours = services.serviceHours;
      return {
        hours: `${hours.from} 到 ${hours.until}`,
        table: table({
          caption: '留話',
          columns: [{ label: '留話' }, { label: '時間' }, { label: '電話' }, { label: '回了沒有' }],
          rows: list.rows.map(({ _id, words, at, phone, answeredAt, answeredBy = '' }) => [
            { text: short(words), href: `/desk/enquiries/${_id}`, own: true },
            beijingMoment(at.getTime()),
            visit.may('people.full') ? phone : maskPhone(phone),
            answeredAt
              ? { text: '回過', tone: 'green', note: `${answeredBy}，${beijingMoment(answeredAt.getTime())}` }
              : { text: '還沒回', tone: 'yellow' },
          ]),
          path: '/desk/enquiries',
          asked,
          next: list.next,
          filters: [
            {
              kind: 'select',
              name: 'show',
              label: '看哪些',
              none: enquiryFilterNames.open,
              value: asked.show,
              options: (['done', 'all'] as const).map((value) => ({
                value,
                label: enquiryFilterNames[value],
              })),
            },
          ],
          exports: { to: '/desk/enquiries/export', label: '導出' },
          empty: {
            title: '沒有還沒回的留話',
            text: `下班時間（${hours.from} 到 ${hours.until} 以外）她回覆「人工」，留下的話和電話在這裡，上班後回她。`,
          },
        }),
      };
    },
  ),
  page(
    '/desk/enquiries/:id',
    may('desk.see'),
    { title: '一則留話', template: 'desk-enquiry', asks: one, sees: '看留話' },
    async (visit, asked) => {
      const {
        _id,
        pid,
        words,
        phone,
        at,
        answeredAt,
        answeredBy = '',
      } = await visit.services.enquiries.get(asked.id);
      const standing = await visit.services.desk.standingOf(pid);
      return {
        id: _id,
        pid,
        words,
        // Whoever answers has to call it; that she looked is kept.
        phone: visit.may('desk.answer') || visit.may('people.full') ? phone : maskPhone(phone),
        at: at.getTime(),
        answered: answeredAt?.getTime() ?? 0,
        answeredBy,
        why: standing.why,
      };
    },
  ),
  act(
    '/desk/enquiries/:id/answered',
    may('desk.answer'),
    { what: '留話回過了', asks: one },
    async ({ services, by }, asked) => {
      await services.enquiries.answered(asked.id, by);
      return done('記好了：回過。', { before: { answered: false }, after: { answered: true } });
    },
  ),
  act(
    '/desk/enquiries/:id/reopen',
    may('desk.answer'),
    { what: '留話改回沒回過', asks: one },
    async ({ services }, asked) => {
      await services.enquiries.reopen(asked.id);
      return done('改回來了：還沒回。', { before: { answered: true }, after: { answered: false } });
    },
  ),
  act(
    '/desk/enquiries/export',
    may('desk.answer'),
    { what: '導出留話', asks: z.object({ show }) },
    async (visit, asked) =>
      done('開始導出，好了鈴鐺會亮。', {
        to: await visit.start(enquiryExport, {
          show: asked.show ?? 'open',
          full: visit.may('people.full'),
        }),
      }),
  ),
];
