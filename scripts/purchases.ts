/*
 * `npm run purchases -- import FILE [--dry-run]`: members and purchases of the brand's own systems. Works beside a running
 * program and without one.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Purchases } from '../src/domain/purchases/purchases';
import { purchaseTemplate } from '../src/domain/purchases/template';
import { AppError } from '../src/errors';
import { fileAt } from '../src/sheets/named-files';
import { tellProblem } from '../src/sheets/problems';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';

const usage = `用法：
  npm run purchases -- template 檔案.xlsx               寫一份填好範例的表，照著改
  npm run purchases -- import 檔案.csv|.xlsx [--dry-run]  導入；不對的行說明後跳過，其餘照寫；--dry-run 只檢查
  npm run purchases -- conflicts                        同一張訂單，檔案與原來的不同
  npm run purchases -- conflicts 訂單號 --keep|--take    保留原來的，或改用檔案的`;

async function main(argv: string[]): Promise<number> {
  const asked = readArguments(argv);
  const [command, name = ''] = asked?.positionals ?? [];
  if (command === 'template' && name !== '') return template(name);
  if (command === 'import' && name !== '')
    return withServices('purchases', ({ services }) =>
      bring(services.purchases, name, asked?.values['dry-run'] ?? false),
    );
  if (command === 'conflicts') {
    const { keep = false, take = false } = asked?.values ?? {};
    if ((name !== '') === (keep !== take))
      return withServices('purchases', ({ services }) =>
        name === '' ? list(services.purchases) : settle(services.purchases, name, take ? 'take' : 'keep'),
      );
  }
  console.error(usage);
  return 2;
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        take: { type: 'boolean', default: false },
      },
    });
  } catch {
    return undefined;
  }
}

async function template(file: string): Promise<number> {
  if (!/\.xlsx$/i.test(file))
    throw new AppError(
      'Invalid',
      'purchase.template',
      `範例是 Excel 工作簿，請給一個 .xlsx 的檔名，不是「${file}」。`,
    );
  if (existsSync(file))
    throw new AppError('Conflict', 'purchase.template', `${file} 已經有了，請換一個檔名。`);
  await writeFile(file, await purchaseTemplate(Date.now()));
  console.log(`已寫好 ${file}；改好後：npm run purchases -- import ${file}`);
  return 0;
}

async function bring(purchases: Purchases, file: string, dryRun: boolean): Promise<number> {
  const result = await purchases.importFile(await fileAt(file), { dryRun });
  for (const remark of result.remarks) console.log(tellProblem(remark, result.unit));
  for (const problem of result.problems) console.error(tellProblem(problem, result.unit));
  const more = result.total - result.problems.length;
  if (result.total > 0)
    console.error(
      `${more > 0 ? `……還有 ${more} 處。` : ''}共 ${result.total} 處不對，這些行跳過了；改好後整個檔案再導入一次就行。`,
    );
  const { rows, added, same, conflicts, members } = result;
  const counts = `共 ${rows} 行：訂單新增 ${added}，不變 ${same}，衝突 ${conflicts}；會員更新 ${members}`;
  console.log(dryRun ? `只檢查，沒有寫入。若寫入，${counts}。` : `已導入，${counts}。`);
  if (conflicts > 0 && !dryRun) console.log('衝突沒有覆寫，請看：npm run purchases -- conflicts');
  return result.total > 0 ? 1 : 0;
}

async function list(purchases: Purchases): Promise<number> {
  const open = await purchases.conflicts();
  for (const { told, kept } of open) {
    console.log(`訂單 ${told.order}（${told.file} 第 ${told.line} 行）`);
    console.log(`  原來 ${inWords(kept)}`);
    console.log(`  檔案 ${inWords(told)}${told.phone === kept.phone ? '' : '，手機號不同'}`);
  }
  console.log(
    open.length === 0
      ? '沒有衝突。'
      : `共 ${open.length} 個。保留原來的：npm run purchases -- conflicts 訂單號 --keep；改用檔案的：--take。`,
  );
  return 0;
}

async function settle(purchases: Purchases, order: string, how: 'keep' | 'take'): Promise<number> {
  await purchases.settle(order, how);
  console.log(how === 'take' ? `訂單 ${order} 已改用檔案的內容。` : `訂單 ${order} 保留原來的內容。`);
  return 0;
}

const inWords = ({ on, fen, what }: { on: string; fen: number; what?: string }): string =>
  `${on}，${(fen / 100).toFixed(2)} 元${what === undefined ? '' : `，${what}`}`;

void runCommand(main);
