import type { Writable } from 'node:stream';
import { z } from 'zod';
import { defineTask, type TaskTools } from '../../kit/define-task';
import type { Column } from '../../sheets/sheet';
import type { AwardFilter } from '../prizes/award-filter';
import { courierColumns, type Parcel } from './parcels';

const word = z.string().optional();
/** An act of ours has read it before. */
const filter = z.object({
  campaign: word,
  prize: word,
  sponsor: word,
  state: word,
  day: word,
}) as unknown as z.ZodType<AwardFilter>;
const format = z.enum(['csv', 'xlsx']);
type Format = z.infer<typeof format>;

type Take = { format: Format; out: Writable; by: string; passed: (done: number) => Promise<void> };
type Exporting = {
  exports: {
    winners(filter: AwardFilter, how: Take & { full: boolean }): Promise<{ rows: number }>;
    courier(filter: AwardFilter, columns: Column<Parcel>[], how: Take): Promise<{ rows: number }>;
  };
  prizes: { countOf(filter: AwardFilter): Promise<number> };
};

const types: Record<Format, string> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** 「中獎-autumn.xlsx」 */
const fileName = (what: string, { campaign, day }: AwardFilter, ending: Format): string =>
  `${[what, campaign, day].filter((part) => part !== undefined).join('-')}.${ending}`;

const taken = (tools: TaskTools, total: number): Pick<Take, 'by' | 'passed'> => ({
  by: tools.by,
  passed: (done) => tools.progress({ done: Math.min(done, total), total }),
});

/** The list of winners as a file. */
export const winnersTask = defineTask({
  name: 'export-winners',
  input: z.object({ filter, format, full: z.boolean() }),
  title: ({ full }) => (full ? '導出中獎名單（完整）' : '導出中獎名單（遮住）'),
  async run({ exports, prizes }: Exporting, { filter: asked, format: ending, full }, tools) {
    const total = await prizes.countOf(asked);
    const out = tools.file(fileName(full ? '中獎-完整' : '中獎', asked, ending), types[ending]);
    const { rows } = await exports.winners(asked, { format: ending, out, full, ...taken(tools, total) });
    return {
      text: full
        ? `導出了 ${rows} 行，含完整個人資料：請妥善保管，用完就刪。`
        : `導出了 ${rows} 行，個人資料已遮住。`,
      href: '/prizes/exports',
    };
  },
});

/** What is approved and has an address, for the courier. */
export const courierTask = defineTask({
  name: 'export-courier',
  input: z.object({ filter, format }),
  title: () => '導出給快遞',
  async run({ exports, prizes }: Exporting, { filter: asked, format: ending }, tools) {
    const total = await prizes.countOf({ ...asked, state: 'approved' });
    const out = tools.file(fileName('快遞', asked, ending), types[ending]);
    const { rows } = await exports.courier(asked, courierColumns(), {
      format: ending,
      out,
      ...taken(tools, total),
    });
    return {
      text: `導出了 ${rows} 件待寄。快遞填好「快遞公司」「快遞單號」兩欄後，同一個文件交回來就行。`,
      href: '/prizes/courier',
    };
  },
});
