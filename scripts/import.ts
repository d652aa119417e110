/*
 * `npm run import -- hotels FILE [--dry-run]`: brings tables and an operator's old keyword replies into the database.
 * Works beside a running program, which sees the new data within seconds, and without one.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Connection } from 'mongoose';
import { loadHandlers } from '../src/bot/discover';
import type { Config } from '../src/config';
import { createCities } from '../src/domain/cities/cities';
import { createImporter } from '../src/domain/import/import';
import { importSample } from '../src/domain/import/sample';
import { type ImportKind, importKinds } from '../src/domain/import/tables';
import { drasticWords, isDrastic } from '../src/domain/import/write-table';
import { createReplies } from '../src/domain/replies/replies';
import { AppError } from '../src/errors';
import { createClock } from '../src/kit/clock';
import { createLog } from '../src/kit/log';
import { tellProblem } from '../src/sheets/problems';
import { createWechatClient } from '../src/wechat/api/client';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';

const usage = `用法：
  npm run import -- ${importKinds.join('|')} 檔案.csv|.xlsx|.json [--dry-run] [--force]   整張表換成檔案的內容；有一行不對就什麼都不寫
  npm run import -- replies [檔案.json] [--dry-run]   公眾平台後台的舊關鍵字回覆；不給檔案就向微信讀取
  npm run import -- sample [--force]   程式自帶的資料（接了公眾號就只有城市、攻略、景點，其餘是編的）；自己導入過的表不動，加 --force 也換回
  --dry-run   只檢查，不寫入
  --force     會刪去一半以上的行也照做`;

type Asked = { what: ImportKind | 'replies' | 'sample'; file?: string; dryRun: boolean; force: boolean };

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if (!asked) {
    console.error(usage);
    return 2;
  }
  return withServices('import', async ({ db, config }) => {
    switch (asked.what) {
      case 'replies':
        return bringReplies(db, config, asked);
      case 'sample':
        return bringSample(db, config, asked);
      default:
        return bringTable(db, asked.what, asked);
    }
  });
}

function readArguments(args: string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        force: { type: 'boolean', default: false },
      },
    });
    const [name, file] = positionals;
    const what = [...importKinds, 'replies' as const, 'sample' as const].find((one) => one === name);
    const needsFile = what !== 'replies' && what !== 'sample';
    if (!what || positionals.length > 2 || (needsFile && !file)) return undefined;
    if (what === 'sample' && (file || values['dry-run'])) return undefined;
    return { what, dryRun: values['dry-run'], force: values.force, ...(file ? { file } : {}) };
  } catch {
    return undefined;
  }
}

async function bytesOf(file: string): Promise<Buffer> {
  return await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new AppError('NotFound', 'import.no-file', `沒有這個檔案：${file}`);
    throw error;
  });
}

const importerOn = (db: Connection) =>
  createImporter({ db, clock: createClock(), cities: createCities({ db }) });

async function bringTable(
  db: Connection,
  kind: ImportKind,
  { file = '', dryRun, force }: Asked,
): Promise<number> {
  const importer = importerOn(db);
  const last = (await importer.lastImports())[kind];
  const result = await importer.importFile({
    kind,
    name: basename(file),
    bytes: await bytesOf(file),
    dryRun,
    force,
    onProgress: (done, of) => console.error(`${kind}：已寫入 ${done} / ${of}`),
  });
  for (const remark of result.remarks) console.log(tellProblem(remark));
  if (result.kind === 'refused') {
    for (const problem of result.problems) console.error(tellProblem(problem, result.unit));
    const more = result.total - result.problems.length;
    console.error(
      `${more > 0 ? `……還有 ${more} 處。` : ''}共 ${result.total} 處要改；什麼都沒有寫入。改好後還會再查一遍。`,
    );
    return 1;
  }
  const { rows, added, changed, same, removed } = result;
  const counts = `共 ${rows} 行：新增 ${added}，更改 ${changed}，不變 ${same}，刪去 ${removed}`;
  console.log(dryRun ? `檢查通過，沒有寫入。若寫入，${counts}。` : `${kind} 已導入，${counts}。`);
  if (dryRun && !force && last && !last.sample && isDrastic(result)) console.log(drasticWords(result));
  return 0;
}

async function bringSample(db: Connection, config: Config, { force }: Asked): Promise<number> {
  const results = await importSample({
    importer: importerOn(db),
    force,
    factsOnly: !config.simulated,
  });
  for (const { table, result } of results) {
    if (result.kind === 'kept') console.log(`${table}：保留你導入的 ${result.source}`);
    else if (result.kind === 'written') console.log(`${table}:${result.rows} 行，隨程式附帶`);
    else
      for (const problem of result.problems) console.error(`${table}：${tellProblem(problem, result.unit)}`);
  }
  if (!config.simulated) console.log('酒店、列車、渠道的示例是編的，只給模擬器，這個公眾號不用。');
  return results.some(({ result }) => result.kind === 'refused') ? 1 : 0;
}

async function bringReplies(db: Connection, config: Config, { file, dryRun }: Asked): Promise<number> {
  const appId = config.WECHAT_APP_ID;
  if (!appId && !file)
    throw new AppError('Invalid', 'import.no-account', '沒有設定 WECHAT_APP_ID，請給一個檔案。');
  const client = createWechatClient({
    baseUrl: config.WECHAT_API_URL,
    appId: appId ?? '',
    appSecret: config.WECHAT_APP_SECRET ?? '',
    log: createLog({ level: 'warn', name: 'import' }),
  });
  const rules = loadHandlers();
  const replies = createReplies({ db, clock: createClock(), client: appId ? client : undefined });
  const report = await replies.importOld({
    dryRun,
    takenBy: (text) => rules.exact(text)?.file,
    file: file ? await bytesOf(file) : undefined,
  });
  const { added, changed, unchanged, edited } = report;
  for (const { rule, what } of report.remarks) console.error(`「${rule}」：${what}`);
  for (const { rule, word, with: other } of report.conflicts) {
    console.error(`「${rule}」的「${word}」會先由 ${other} 回答`);
  }
  for (const rule of edited) console.error(`「${rule}」在這裡改過，保留這裡的`);
  const counts = `新增 ${added.length}，更改 ${changed.length}，不變 ${unchanged.length}，保留 ${edited.length}`;
  console.log(dryRun ? `檢查通過，沒有寫入。若寫入，${counts}。` : `關鍵字回覆已導入：${counts}。`);
  return 0;
}

void runCommand(main);
