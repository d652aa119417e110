import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lackingIn, loadHandlers } from '../src/bot/discover';
import { remedies } from '../src/domain/offers/offers';
import { AppError, messageOf } from '../src/errors';
import { root } from '../src/kit/root';
import { createMenu } from '../src/wechat/api/menu';
import { readMenuFile, writeMenuFile } from '../src/wechat/api/menu-file';
import { createMenuTool, ruleKeysIn } from '../src/wechat/api/menu-tool';
import { createTags } from '../src/wechat/api/tags';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';
import { askedAccount } from './wechat/account';

const help = `用法：npm run menu -- pull|check|diff|push [檔案] [--force]
  pull   把公眾號現在的菜單存成檔案（檔案已有別的內容時要加 --force）
  check  檢查檔案：個數、長度、類型、每個 key 有沒有處理程式認領；按鈕背後還沒有資料的、微信上還沒有的標籤會提醒
  diff   推上去會改變什麼
  push   檢查後推上去；粉絲五分鐘內看到
檔案預設是 templates/menu.json。有這個標籤的粉絲看另一個菜單：寫在檔案的 conditional 裡，見 docs/audience.md。`;

/** The tool for the account that is asked (`wechat/account.ts`). */
function toolFor(command: string) {
  const { client, account, notice, explain } = askedAccount('menu');
  if (notice && command !== 'check') console.log(notice);
  const claimed = command === 'pull' ? [] : loadHandlers().menuKeys;
  return {
    tool: createMenuTool({ menu: createMenu({ client }), tags: createTags({ client }), claimed }),
    account,
    explain,
  };
}

function readFile(file: string): unknown {
  if (!existsSync(file)) throw new AppError('NotFound', 'menu.file', `沒有這個檔案：${file}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new AppError('Invalid', 'menu.file', `${file} 不是合格的 JSON:${messageOf(error)}`);
  }
}

async function pull(file: string, force: boolean): Promise<boolean> {
  const { tool, account, explain } = toolFor('pull');
  const { menu, asRules } = await tool.pull().catch((error: unknown) => Promise.reject(explain(error)));
  if (existsSync(file) && !force) {
    const json = readFile(file);
    const unsaid = menu.conditional && !readMenuFile(json, { claimed: [] }).menu.conditional;
    if (unsaid || (await tool.diff(json)).length > 0)
      throw new AppError('Conflict', 'menu.file', `${file} 已有別的內容。加 --force 覆蓋，或寫另一個檔名。`);
    console.log(`檔案裡已是${account}的菜單。`);
  } else {
    writeFileSync(file, writeMenuFile(menu));
    console.log(`菜單已存到 ${file}。`);
  }
  if (asRules.length > 0) {
    console.log(
      `這些按鈕原來由後台回覆，現在由導入的規則回覆，請執行 npm run import -- replies：\n  ${asRules.join('\n  ')}`,
    );
  }
  return true;
}

async function diff(file: string): Promise<boolean> {
  const { tool, explain } = toolFor('diff');
  const changes = await tool.diff(readFile(file)).catch((error: unknown) => Promise.reject(explain(error)));
  console.log(changes.join('\n') || '沒有不同。');
  return true;
}

async function push(file: string): Promise<boolean> {
  const json = readFile(file);
  const { tool, account, explain } = toolFor('push');
  const { done, problems, changes } = await tool
    .push(json)
    .catch((error: unknown) => Promise.reject(explain(error)));
  if (!done) return tellProblems(file, problems);
  await warnIfPossible(json);
  if (changes.length === 0) console.log(`${account}的菜單已經是這樣，沒有推送。`);
  else console.log(`已推送，粉絲五分鐘內看到：\n${changes.join('\n')}`);
  const keys = ruleKeysIn(readMenuFile(json, { claimed: [] }).menu);
  if (keys.length > 0)
    console.log(`${keys.length} 個按鈕由導入的規則回覆；還沒導入的話：npm run import -- replies`);
  return true;
}

/** Buttons that have nothing to answer from yet: worth knowing, no mistake in the file. */
const warn = (json: unknown): Promise<void> =>
  withServices('menu', async ({ services: { offers }, clock }) => {
    const has = (need: keyof typeof remedies) => offers.has(need, clock.now());
    for (const { name, need } of lackingIn(json, { rules: loadHandlers(), has }))
      console.error(
        `提醒：「${name}」背後還沒有${remedies[need].what}，點了只會說沒有。${remedies[need].todo}`,
      );
  });

/** A menu can be checked where no database is. */
const warnIfPossible = (json: unknown): Promise<void> =>
  warn(json).catch((error: unknown) =>
    console.error(`提醒：連不上資料庫，沒能看按鈕背後有沒有資料（${messageOf(error)}）`),
  );

/** Also where WeChat cannot be asked a file can be checked. */
async function warnOfTags(json: unknown): Promise<void> {
  if (!readMenuFile(json, { claimed: [] }).menu.conditional) return;
  const { tool, explain } = toolFor('check');
  const missing = await tool
    .missing(json)
    .catch((error: unknown) => [`沒能看標籤在不在：${messageOf(explain(error))}`]);
  for (const one of missing) console.error(`提醒：${one}`);
}

function tellProblems(file: string, problems: string[]): boolean {
  if (problems.length === 0) console.log(`${file} 沒有問題。`);
  else console.error(`${file} 有 ${problems.length} 個問題：\n${problems.join('\n')}`);
  return problems.length === 0;
}

async function main(args: string[]): Promise<number> {
  const [command, name] = args.filter((arg) => !arg.startsWith('--'));
  const file = name ? resolve(name) : join(root, 'templates', 'menu.json');
  switch (command) {
    case 'pull':
      return (await pull(file, args.includes('--force'))) ? 0 : 1;
    case 'check': {
      const json = readFile(file);
      await warnIfPossible(json);
      await warnOfTags(json);
      return tellProblems(file, toolFor('check').tool.check(json)) ? 0 : 1;
    }
    case 'diff':
      return (await diff(file)) ? 0 : 1;
    case 'push':
      return (await push(file)) ? 0 : 1;
    default:
      console.log(help);
      return args.includes('--help') ? 0 : 2;
  }
}

void runCommand(main);
