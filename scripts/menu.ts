import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadHandlers } from '../src/bot/discover';
import { loadConfig } from '../src/config';
import { AppError, messageOf } from '../src/errors';
import { createLog } from '../src/kit/log';
import { root } from '../src/kit/root';
import { simulatedAccount } from '../src/simulator/account';
import { createWechatClient } from '../src/wechat/api/client';
import { createMenu } from '../src/wechat/api/menu';
import { readMenuFile, writeMenuFile } from '../src/wechat/api/menu-file';
import { createMenuTool, ruleKeysIn } from '../src/wechat/api/menu-tool';

const help = `用法：npm run menu -- pull|check|diff|push [檔案] [--force]
  pull   把公眾號現在的菜單存成檔案（檔案已有別的內容時要加 --force）
  check  檢查檔案：個數、長度、類型、每個 key 有沒有處理程式認領
  diff   推上去會改變什麼
  push   檢查後推上去；粉絲五分鐘內看到
檔案預設是 templates/menu.json。`;

/** The tool for the configured account; without one it speaks to the simulator that `npm start` runs. */
function toolFor(command: string) {
  const config = loadConfig();
  const { env, appId, appSecret } = simulatedAccount;
  const simulated = !config.WECHAT_APP_ID;
  if (simulated && command !== 'check')
    console.log('沒有設定 WECHAT_APP_ID：問的是本機的模擬器（要先 npm start）。');
  const client = createWechatClient({
    baseUrl: simulated ? (env(config.PORT)['WECHAT_API_URL'] ?? '') : config.WECHAT_API_URL,
    appId: config.WECHAT_APP_ID ?? appId,
    appSecret: config.WECHAT_APP_SECRET ?? appSecret,
    log: createLog({ level: 'warn', name: 'menu' }),
  });
  const claimed = command === 'pull' ? [] : loadHandlers().menuKeys;
  return createMenuTool({ menu: createMenu({ client }), claimed });
}

function readFile(file: string): unknown {
  if (!existsSync(file)) throw new AppError('NotFound', 'menu_file', `沒有這個檔案：${file}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AppError('Invalid', 'menu_file', `${file} 不是合格的 JSON:${messageOf(error)}`);
  }
}

async function pull(file: string, force: boolean): Promise<boolean> {
  const { menu, asRules } = await toolFor('pull').pull();
  const text = writeMenuFile(menu);
  if (existsSync(file) && readFileSync(file, 'utf8') !== text && !force) {
    throw new AppError('Conflict', 'menu_file', `${file} 已有別的內容。加 --force 覆蓋，或寫另一個檔名。`);
  }
  writeFileSync(file, text);
  console.log(`菜單已存到 ${file}。`);
  if (asRules.length > 0) {
    console.log(
      `這些按鈕原來由後台回覆，現在由導入的規則回覆，請執行 npm run import -- replies:\n  ${asRules.join('\n  ')}`,
    );
  }
  return true;
}

async function push(file: string): Promise<boolean> {
  const json = readFile(file);
  const { done, problems, changes } = await toolFor('push').push(json);
  if (!done) return tellProblems(file, problems);
  if (changes.length === 0) console.log('公眾號的菜單已經是這樣，沒有推送。');
  else console.log(`已推送，粉絲五分鐘內看到：\n${changes.join('\n')}`);
  const keys = ruleKeysIn(readMenuFile(json, { claimed: [] }).menu);
  if (keys.length > 0)
    console.log(`${keys.length} 個按鈕由導入的規則回覆；還沒導入的話：npm run import -- replies`);
  return true;
}

function tellProblems(file: string, problems: string[]): boolean {
  if (problems.length === 0) console.log(`${file} 沒有問題。`);
  else console.error(`${file} 有 ${problems.length} 個問題：\n${problems.join('\n')}`);
  return problems.length === 0;
}

async function main(args: string[]): Promise<boolean> {
  const [command, name] = args.filter((arg) => !arg.startsWith('--'));
  const file = name ? resolve(name) : join(root, 'templates', 'menu.json');
  switch (command) {
    case 'pull':
      return pull(file, args.includes('--force'));
    case 'check':
      return tellProblems(file, toolFor('check').check(readFile(file)));
    case 'diff': {
      const changes = await toolFor('diff').diff(readFile(file));
      console.log(changes.join('\n') || '沒有不同。');
      return true;
    }
    case 'push':
      return push(file);
    default:
      console.log(help);
      return command === undefined;
  }
}

void (async () => {
  try {
    process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
})();
