import { z } from 'zod';
import { courierTask } from '../../../domain/exports/exports.tasks';
import { trackingTask } from '../../../domain/prizes/prizes.tasks';
import { AppError } from '../../../errors';
import { act, done, may, page, part } from '../console';
import { id, line, maybe, ticked, upload } from '../form';
import { form, tiles } from '../parts';
import { filterFields, filterOf, listOf, queryOf, titlesOf } from '../winner-list';

const mostBytes = 21 * 1024 * 1024;
const shown = 50;

export default [
  page(
    '/prizes/courier',
    may('prizes.ship'),
    {
      title: '快遞',
      menu: { group: 'campaigns', at: 35 },
      template: 'courier',
      asks: z.object({ campaign: maybe(id) }),
    },
    async ({ services, ...visit }, { campaign }) => {
      const titles = await titlesOf(services);
      const filter = filterOf({ campaign });
      return {
        campaign: campaign ?? '',
        campaigns: [...titles].map(([value, title]) => ({ id: value, title })),
        numbers: `/prizes/courier/numbers${queryOf(filter)}`,
        full: visit.may('people.full'),
        export: form({
          to: '/prizes/courier/export',
          submit: '導出給快遞',
          fields: [
            ...filterFields(filter),
            {
              name: 'format',
              label: '文件',
              kind: 'radio',
              value: 'xlsx',
              options: [
                { value: 'xlsx', label: 'Excel（.xlsx）' },
                { value: 'csv', label: 'CSV' },
              ],
            },
          ],
        }),
        bring: form({
          to: '/prizes/courier/import',
          submit: '導回單號',
          fields: [
            {
              name: 'file',
              label: '快遞填好的文件',
              kind: 'file',
              accept: '.xlsx,.csv',
              required: true,
              help: '要有「訂單號」和「快遞單號」（或「運單號」）兩欄；快遞自己的表也行。一行壞了只跳過那一行，會告訴你是哪一行。',
            },
            {
              name: 'courier',
              label: '快遞公司',
              kind: 'text',
              most: 40,
              help: '文件裡沒有這一欄時才用填。',
            },
            {
              name: 'correct',
              label: '這是更正：已經登記過的單號換成文件裡的，再通知她一次',
              kind: 'tick',
            },
          ],
        }),
      };
    },
  ),
  part(
    '/prizes/courier/numbers',
    may('prizes.ship'),
    { template: 'courier-numbers', asks: z.object({ campaign: maybe(id) }) },
    async ({ services }, { campaign }) => {
      const count = async (state: 'claimed' | 'approved' | 'sent', label: string) => {
        const filter = filterOf({ campaign, state });
        return { label, value: await services.prizes.countOf(filter), href: listOf(filter) };
      };
      return {
        tiles: tiles([
          await count('claimed', '待批准'),
          await count('approved', '待寄'),
          await count('sent', '在路上'),
        ]),
      };
    },
  ),
  act(
    '/prizes/courier/export',
    may('prizes.ship'),
    { what: '導出給快遞', asks: z.object({ campaign: maybe(id), format: z.enum(['csv', 'xlsx']) }) },
    async ({ start, ...visit }, { campaign, format }) => {
      if (!visit.may('people.full'))
        throw new AppError(
          'Forbidden',
          'console.right',
          '給快遞的文件裡有完整的姓名、電話、地址，你的角色不能拿（people.full）。',
        );
      return done('開始導出。', { to: await start(courierTask, { filter: filterOf({ campaign }), format }) });
    },
  ),
  act(
    '/prizes/courier/import',
    may('prizes.ship'),
    {
      what: '導回快遞單號',
      asks: z.object({ file: upload, courier: maybe(line(40)), correct: ticked }),
      most: mostBytes,
    },
    async ({ services, start }, { file, courier, correct }) => {
      const { lines, problems } = await services.prizes.courier
        .readFile(file)
        .catch((error: unknown) => Promise.reject(atFile(error)));
      if (lines.length === 0)
        throw refusedFile(
          problems.length === 0
            ? '文件裡沒有一行單號。'
            : problems
                .slice(0, shown)
                .map(({ line: n, message }) => (n === undefined ? message : `第 ${n} 行：${message}`))
                .join('\n'),
        );
      const told = problems.map(({ line: n, message }) => ({
        message,
        ...(n === undefined ? {} : { line: n }),
      }));
      const input = { lines, problems: told, correct, ...(courier === undefined ? {} : { courier }) };
      return done('文件讀好了，正在登記。', { to: await start(trackingTask, input) });
    },
  ),
];

const refusedFile = (why: string) =>
  new AppError('Invalid', 'courier.file', '文件沒有導入，什麼都沒有登記。', {
    details: { fields: { file: why } },
  });
const atFile = (error: unknown): unknown =>
  error instanceof AppError && error.expose ? refusedFile(error.message) : error;
