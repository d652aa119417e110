/*
 * `npm run push -- COMMAND …`: what a marketer does with pushes until the console exists. Works beside a running program, which
 * does the sending; without one it is written down, and sent when one runs. See docs/pushes.md.
 */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { pushTemplate } from '../src/domain/pushes/template';
import { AppError } from '../src/errors';
import { signed } from '../src/kit/signed';
import { withServices } from '../src/with-services';
import { Misuse, runCommand, usageLine } from './command-line';
import { afterwards } from './push/after';
import { type Command, options } from './push/command';
import { going } from './push/go';
import { making } from './push/make';

const commands: Record<string, Command> = { ...making, ...going, ...afterwards };

const wantedOf = (args: readonly string[], maybe: number): string[] =>
  args.map((arg, i) => (i >= args.length - maybe ? `[${arg}]` : arg));

const usage = (): string =>
  [
    '用法：npm run push -- 指令 …',
    usageLine('template 檔案.xlsx|.json', '寫一份填好的例子，照著改'),
    ...Object.entries(commands).map(([name, { args, maybe = 0, help }]) =>
      usageLine([name, ...wantedOf(args, maybe)].join(' '), help),
    ),
    '  --by 姓名   誰做的，和登錄這台機器的名字一起留下記錄',
    '說明見 docs/pushes.md。',
  ].join('\n');

/** The sample, to be changed into one's own. Never over another file. */
async function writeTemplate(path: string): Promise<void> {
  if (!/\.(xlsx|json)$/.test(path)) throw new Misuse('請給一個 .xlsx 或 .json 檔案。');
  const written = await pushTemplate(path.endsWith('.json') ? 'json' : 'xlsx');
  try {
    writeFileSync(path, written, { flag: 'wx' });
  } catch (cause) {
    throw new AppError('Conflict', 'push.file', `${path} 已經有了，或不能寫在那裡；請換一個檔名。`, {
      cause,
    });
  }
  console.log(`已寫好 ${path}。改好後：npm run push -- import ${path}`);
}

function unknownCommand(name: string): string {
  if (name === 'template') return 'template 後面要寫：檔案.xlsx|.json';
  return name === '' ? '' : `沒有「${name}」這個指令。`;
}

async function main(argv: string[]): Promise<number> {
  const { values: given, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
  const values = { ...given, by: signed(given.by, userInfo().username), saidBy: given.by };
  const [name = '', ...args] = positionals;
  if (name === 'template' && args.length === 1) {
    await writeTemplate(args[0] ?? '');
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Misuse(unknownCommand(name));
  const { args: wanted, maybe = 0 } = command;
  if (args.length > wanted.length || args.length < wanted.length - maybe)
    throw new Misuse(
      wanted.length === 0
        ? `${name} 後面什麼都不寫。`
        : `${name} 後面要寫：${wantedOf(wanted, maybe).join(' ')}`,
    );
  return withServices('push', (house) => command.run({ ...house, values, args }));
}

void runCommand(main, usage);
