/*
 * `npm run quiz -- COMMAND …`: everything a marketer does with a quiz until the console exists. Works beside a running
 * program, which sees the change within seconds, and without one.
 *
 * A new command is one line in `commands` and one import.
 */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { loadHandlers } from '../src/bot/discover';
import { takenIn } from '../src/domain/quiz/play/taken-by';
import { signed } from '../src/kit/signed';
import { withServices } from '../src/with-services';
import { Misuse, namesAreSaid, runCommand, usageLine } from './command-line';
import * as campaign from './quiz/campaign';
import { type Command, options } from './quiz/command';
import * as prizes from './quiz/prizes';
import { rehearse } from './quiz/rehearse';
import * as settlement from './quiz/settlement';

const commands: Record<string, Command> = {
  template: campaign.template,
  import: campaign.bring,
  check: campaign.check,
  rehearse,
  start: campaign.start,
  pause: campaign.pause,
  resume: campaign.resume,
  end: campaign.end,
  withdraw: campaign.withdraw,
  approve: campaign.approve,
  reject: campaign.reject,
  codes: campaign.codes,
  status: campaign.status,
  export: prizes.exportTable,
  report: prizes.report,
  groups: prizes.groups,
  courier: prizes.courier,
  void: prizes.annul,
  settle: settlement.settle,
  held: settlement.held,
  hold: settlement.hold,
  release: settlement.release,
  disqualify: settlement.disqualify,
  draw: settlement.draw,
  verify: settlement.verify,
};

const usage = (): string =>
  [
    '用法：npm run quiz -- 指令 …',
    ...Object.entries(commands).map(([name, { args, help }]) => usageLine(`${name} ${args}`, help)),
    '  --by 姓名   誰做的，和登錄這台機器的名字一起留下記錄；不給就只記登錄名',
    `  要兩個人做的事：${namesAreSaid}。`,
    '說明見 docs/quiz.md。',
  ].join('\n');

async function main(argv: string[]): Promise<number> {
  const { values: given, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options,
  });
  const values = { ...given, by: signed(given.by, userInfo().username) };
  const [name = '', ...args] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Misuse(name === '' ? '' : `沒有「${name}」這個指令。`);
  if ('alone' in command) return await command.alone({ args });

  return withServices('quiz', async (house) => {
    return command.run({ ...house, takenBy: takenIn(loadHandlers()), args, values });
  });
}

void runCommand(main, usage);
