import { z } from 'zod';
import { beijingMoment } from '../../kit/beijing';
import { defineTask } from '../../kit/define-task';
import { maskPhone } from '../../kit/mask';
import { type Column, writeSheet } from '../../sheets/sheet';
import { type Enquiry, type EnquiryFilter, enquiryFilterNames, enquiryFilters } from './enquiry';

type Services = {
  clock: { now(): number };
  enquiries: { each(show: EnquiryFilter): AsyncIterable<Enquiry> };
};

const columnsOf = (full: boolean): Column<Enquiry>[] => [
  { title: '時間', of: ({ at }) => beijingMoment(at.getTime()), width: 18 },
  { title: 'pid', of: ({ pid }) => pid, width: 22 },
  { title: '留話', of: ({ words }) => words, width: 60 },
  { title: '電話', of: ({ phone }) => (full ? phone : maskPhone(phone)) },
  { title: '回的時間', of: ({ answeredAt }) => answeredAt && beijingMoment(answeredAt.getTime()), width: 18 },
  { title: '回的人', of: ({ answeredBy }) => answeredBy, width: 20 },
];

/** What fans left; phones as they are only for who may see them. */
export const enquiryExport = defineTask({
  name: 'enquiry-export',
  input: z.object({ show: z.enum(enquiryFilters), full: z.boolean() }),
  title: ({ show }) => `導出留話：${enquiryFilterNames[show]}`,
  async run({ enquiries, clock }: Services, { show, full }, { by, file, progress }) {
    let done = 0;
    async function* counted() {
      for await (const row of enquiries.each(show)) {
        yield row;
        if (++done % 1_000 === 0) await progress({ done });
      }
    }
    const rows = await writeSheet({
      format: 'xlsx',
      columns: columnsOf(full),
      rows: counted(),
      out: file('留話.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
      about: [
        ['導出人', by],
        ['導出時間', beijingMoment(clock.now())],
        ['條件', enquiryFilterNames[show]],
        ['個人資料', full ? '完整' : '已遮蔽'],
      ],
    });
    return { text: `${rows} 則留話。`, href: '/desk/enquiries' };
  },
});
