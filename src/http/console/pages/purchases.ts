import { z } from 'zod';
import type { PurchaseImport } from '../../../domain/purchases/purchases';
import { purchaseTemplate } from '../../../domain/purchases/template';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { createGate } from '../../../kit/gate';
import { act, done, download, may, page, shownOnce, type Visit } from '../console';
import { cursor, line, type Upload, upload } from '../form';
import { type Cell, table } from '../parts';

const onPage = 50;
/** A file of phones is kept nowhere, so it is brought while she waits; one at a time. */
const gate = createGate({ atOnce: 1, maxWaiting: 5 });
const most = 12 * 1_048_576;

const yuan = (fen: number): string => `${(fen / 100).toFixed(2)} 元`;
const bought = ({ on, fen, what }: { on: string; fen: number; what?: string }): string =>
  `${on}，${yuan(fen)}${what === undefined ? '' : `，${what}`}`;

const bring = ({ services }: Visit, file: Upload, dryRun: boolean): Promise<PurchaseImport> =>
  gate(() => services.purchases.importFile(file, { dryRun })).catch((error: unknown) => {
    throw error instanceof AppError && error.kind === 'Invalid'
      ? new AppError('Invalid', error.code, error.message, { details: { fields: { file: error.message } } })
      : error;
  });

const tellCounts = ({ rows, added, same, conflicts, members }: PurchaseImport): string =>
  `共 ${rows} 行：訂單新增 ${added}，不變 ${same}，衝突 ${conflicts}；會員更新 ${members}`;

const told = (caption: string, problems: PurchaseImport['problems'], unit: string) =>
  table({
    caption,
    columns: [{ label: unit }, { label: '欄' }, { label: '現在寫的' }, { label: '說明' }],
    rows: problems.map(({ line: at, column = '', value = '', message, sheet }): Cell[] => [
      at === undefined ? (sheet ?? '整個文件') : `第 ${at} ${unit}`,
      { text: column, own: true },
      { text: value, own: true },
      message,
    ]),
    empty: { title: '', text: '' },
  });

const shown = (result: PurchaseImport, file: Upload, dryRun: boolean) =>
  shownOnce('purchases-result', {
    title: dryRun ? '只檢查了，什麼都沒有寫' : '已導入',
    file: file.name,
    counts: dryRun ? `若導入，${tellCounts(result)}。` : `${tellCounts(result)}。`,
    remarks: told('順帶說明', result.remarks, result.unit),
    hasRemarks: result.remarks.length > 0,
    problems: told('不對的地方', result.problems, result.unit),
    total: result.total,
    more: result.total - result.problems.length,
    hasConflicts: !dryRun && result.conflicts > 0,
  });

export default [
  page(
    '/purchases',
    may('people.see'),
    {
      title: '購買與會員',
      menu: { group: 'people', at: 50 },
      template: 'purchases',
      asks: z.object({ cursor }),
    },
    async ({ services, may: mayShe }, asked) => {
      const { purchases } = services;
      const [open, count, files] = await Promise.all([
        purchases.conflicts({
          limit: onPage + 1,
          ...(asked.cursor === undefined ? {} : { after: asked.cursor }),
        }),
        purchases.openConflicts(),
        purchases.files(),
      ]);
      const settles = (order: string) =>
        mayShe('people.edit')
          ? [
              { to: '/purchases/settle', label: '保留原來的', fields: { order, how: 'keep' } },
              {
                to: '/purchases/settle',
                label: '改用文件的',
                fields: { order, how: 'take' },
                confirm: `訂單 ${order} 改用文件的內容？原來的內容會換掉。`,
              },
            ]
          : [];
      return {
        conflicts: table({
          caption: '衝突',
          path: '/purchases',
          asked,
          columns: [{ label: '訂單' }, { label: '原來的' }, { label: '文件說的' }, { label: '決定' }],
          rows: open.slice(0, onPage).map(({ told, kept }): Cell[] => [
            { text: told.order, own: true },
            { text: bought(kept), own: true },
            {
              text: bought(told),
              own: true,
              note: `${told.file} 第 ${told.line} 行${told.phone === kept.phone ? '' : '，手機號不同'}`,
            },
            { text: '', act: settles(told.order) },
          ]),
          empty: {
            title: '沒有衝突',
            text: '同一張訂單，文件和原來的說法不同時，不會覆寫，列在這裡等人決定。',
          },
          next: open.length > onPage ? open[onPage - 1]?.told._id : undefined,
          total: count,
        }),
        files: table({
          caption: '導入過的文件',
          columns: [{ label: '文件' }, { label: '第一次導入' }],
          rows: files.map(({ name, at }) => [{ text: name, own: true }, beijingMoment(at.getTime())]),
          empty: { title: '還沒有導入過', text: '先下載範例，照著填，再在上面選文件檢查。' },
        }),
      };
    },
  ),
  download(
    '/purchases/template',
    may('people.see'),
    { what: '下載購買的範例', asks: z.object({}) },
    async ({ now }) => ({
      name: '購買與會員.xlsx',
      type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      body: await purchaseTemplate(now),
    }),
  ),
  act(
    '/purchases/check',
    may('people.edit'),
    { what: '檢查購買的文件', asks: z.object({ file: upload }), most },
    async (visit, { file }) => shown(await bring(visit, file, true), file, true),
  ),
  act(
    '/purchases/import',
    may('people.edit'),
    { what: '導入購買與會員', asks: z.object({ file: upload }), most },
    async (visit, { file }) => {
      const result = await bring(visit, file, false);
      const { rows, added, same, conflicts, members, total } = result;
      return total > 0 || result.remarks.length > 0
        ? shown(result, file, false)
        : done(`已導入，${tellCounts(result)}。`, { after: { rows, added, same, conflicts, members } });
    },
  ),
  act(
    '/purchases/settle',
    may('people.edit'),
    { what: '決定訂單的衝突', asks: z.object({ order: line(64), how: z.enum(['keep', 'take']) }) },
    async ({ services }, { order, how }) => {
      await services.purchases.settle(order, how);
      return done(how === 'take' ? `訂單 ${order} 改用了文件的內容。` : `訂單 ${order} 保留原來的內容。`, {
        after: { order, how },
      });
    },
  ),
];
