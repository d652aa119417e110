import { z } from 'zod';
import type { ImportReport } from '../../../domain/replies/replies';
import { ruleColumns, ruleSheet } from '../../../domain/replies/rule-file';
import { AppError } from '../../../errors';
import { beijingDay } from '../../../kit/beijing';
import { act, done, download, may, page, shownOnce, type Visit } from '../console';
import { line, maybe, upload } from '../form';
import { stateNames } from './replies';

const mostBytes = 5 * 1024 * 1024;
const oneFile = z.object({ file: upload });

const brought = ({ services, by }: Visit, file: { name: string; bytes: Buffer }, dryRun: boolean) =>
  services.replies.importFile(file, { dryRun, by });

const oldOnes = async (visit: Visit, file: Buffer | undefined, dryRun: boolean): Promise<ImportReport> => {
  try {
    return await visit.services.replies.importOld({ file, dryRun, takenBy: visit.house.comesFirst });
  } catch (error) {
    const isStrange =
      error instanceof SyntaxError || (error instanceof AppError && error.code === 'wechat.old-replies');
    if (!isStrange) throw error;
    const text =
      '這不是微信給的自動回覆：要 get_current_autoreply_info 或 get_current_selfmenu_info 回答的 JSON。';
    throw new AppError('Invalid', 'replies.old-file', text, { details: { fields: { file: text } } });
  }
};
/** Left empty, WeChat itself is asked. */
const maybeFile = z.object({ file: upload.optional() });

const told = ({ added, changed, unchanged, edited, remarks, conflicts }: ImportReport) => ({
  added: added.length,
  changed: changed.length,
  same: unchanged.length,
  kept: edited.length,
  problems: [] as string[],
  remarks: [
    ...remarks.map(({ rule, what }) => `「${rule}」：${what}`),
    ...conflicts.map(({ rule, word, with: other }) => `「${rule}」的「${word}」會先由 ${other} 回答`),
    ...edited.map((rule) => `「${rule}」在這裡改過，保留這裡的`),
  ],
});

export default [
  page(
    '/replies/files',
    may('replies.see'),
    { title: '規則的導入和導出', template: 'reply-files', asks: z.object({}) },
    async ({ services }) => ({
      total: (await services.replies.page({ most: 1 })).total,
      columns: [...ruleColumns],
    }),
  ),
  download(
    '/replies/file',
    may('replies.see'),
    {
      what: '導出關鍵字規則',
      asks: z.object({
        format: z.enum(['csv', 'xlsx']),
        q: maybe(line(40)),
        state: maybe(z.enum(['on', 'off', 'waiting', 'over'])),
      }),
    },
    async ({ services, now }, { format, q, state }) => {
      const { rules } = await services.replies.page({ q, state, most: 1_000_000 });
      const filter =
        [...(q ? [`含「${q}」`] : []), ...(state ? [`狀態 ${stateNames[state][0]}`] : [])].join('，') ||
        '全部';
      const body = ruleSheet(rules, {
        format,
        about: [
          ['內容', '關鍵字規則'],
          ['篩選', filter],
          ['導出的日子', beijingDay(now)],
        ],
      });
      const type =
        format === 'csv'
          ? 'text/csv; charset=utf-8'
          : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
      return { name: `規則-${beijingDay(now)}.${format}`, type, body };
    },
  ),
  act(
    '/replies/file/check',
    may('replies.edit'),
    { what: '檢查要導入的規則', asks: oneFile, most: mostBytes },
    async (visit, { file }) =>
      shownOnce('reply-file-checked', {
        checked: { ...(await brought(visit, file, true)), kept: 0, remarks: [] },
      }),
  ),
  act(
    '/replies/file',
    may('replies.edit'),
    { what: '導入關鍵字規則', asks: oneFile, most: mostBytes },
    async (visit, { file }) => {
      const { added, changed, same, problems } = await brought(visit, file, false);
      if (problems.length > 0) {
        const text = `什麼都沒有寫入，有 ${problems.length} 處要改：\n${problems.slice(0, 5).join('\n')}`;
        throw new AppError('Invalid', 'replies.file', text, { details: { fields: { file: text } } });
      }
      return done(`導入好了：新增 ${added}，更改 ${changed}，不變 ${same}。`, {
        to: '/replies',
        after: { added, changed, same },
      });
    },
  ),
  act(
    '/replies/old/check',
    may('replies.edit'),
    { what: '看公眾平台的舊規則', asks: maybeFile, most: mostBytes },
    async (visit, { file }) =>
      shownOnce('reply-file-checked', { checked: told(await oldOnes(visit, file?.bytes, true)) }),
  ),
  act(
    '/replies/old',
    may('replies.edit'),
    { what: '搬來公眾平台的舊規則', asks: maybeFile, most: mostBytes },
    async (visit, { file }) => {
      const { added, changed, same, kept } = told(await oldOnes(visit, file?.bytes, false));
      return done(`搬好了：新增 ${added}，更改 ${changed}，不變 ${same}，保留這裡改過的 ${kept}。`, {
        to: '/replies',
        after: { added, changed, same, kept },
      });
    },
  ),
];
