import { z } from 'zod';
import { defineTask } from '../../kit/define-task';
import type { Exports } from '../exports/exports';
import type { Awards } from '../prizes/awards';
import type { Subscribers } from '../subscribers/subscribers';
import type { Delivery } from './deliveries';
import { cameBack } from './outcome';
import { routeWords } from './push';
import { tellReason } from './reasons';
import type { Status } from './report';
import { figure } from './tell-plan';

/** Whom it missed: by pid alone, nothing that names her. */
export const missedColumns = [
  { title: 'pid', of: ({ pid }: Delivery) => pid, width: 26 },
  { title: '路線', of: ({ route }: Delivery) => routeWords[route] },
  { title: '原因', of: ({ reason }: Delivery) => tellReason(reason ?? ''), width: 40 },
];

type ExportNeeds = {
  pushes: { missedRows(push: string, reason?: string): AsyncIterable<Delivery> };
  exports: Pick<Exports, 'missed'>;
};
export const missedTask = defineTask({
  name: 'push-missed',
  input: z.object({ push: z.string(), reason: z.string().optional(), format: z.enum(['csv', 'xlsx']) }),
  title: ({ push, reason }) =>
    `導出推送 ${push} 沒收到的人${reason === undefined ? '' : `（${tellReason(reason)}）`}`,
  async run({ pushes, exports }: ExportNeeds, { push, reason, format }, { by, file, progress }) {
    const out = file(
      `${push}-missed.${format}`,
      format === 'csv'
        ? 'text/csv; charset=utf-8'
        : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    );
    async function* told() {
      let n = 0;
      for await (const row of pushes.missedRows(push, reason)) {
        yield row;
        if (++n % 1_000 === 0) await progress({ done: n, text: `寫了 ${figure(n)} 行` });
      }
    }
    const asked = { push, reason, columns: missedColumns, rows: told() };
    const { rows } = await exports.missed(asked, { format, out, by });
    return { text: `${figure(rows)} 人。`, href: `/pushes/${push}` };
  },
});

type BackNeeds = {
  pushes: {
    reached(id: string): AsyncIterable<{ pid: string; at: Date }[]>;
    status(id: string): Promise<Status>;
  };
  subscribers: Pick<Subscribers, 'backSince'>;
  prizes: { awards: Pick<Awards, 'usedSince'> };
};
/** Of a big push it takes longer than a page may. */
export const cameBackTask = defineTask({
  name: 'push-came-back',
  input: z.object({ push: z.string() }),
  title: ({ push }) => `算推送 ${push} 發出之後誰回來過`,
  async run(services: BackNeeds, { push }, { progress }) {
    const { counts } = await services.pushes.status(push);
    const total = counts.sent + counts.handed;
    const { back, used } = await cameBack(services, push, (done) => progress({ done, total }));
    return { text: tellCameBack({ back, used, reached: total }), href: `/pushes/${push}` };
  },
});

/** 「發出之後回來過的 12 人（4.0%）；用過獎品或券的 3 人。」 */
export function tellCameBack({
  back,
  used,
  reached,
}: {
  back: number;
  used: number;
  reached: number;
}): string {
  const rate = reached > 0 ? `（${((back / reached) * 100).toFixed(1)}%）` : '';
  return `發出之後回來過的 ${figure(back)} 人${rate}；用過獎品或券的 ${figure(used)} 人。回來不一定是因為這次推送。`;
}
