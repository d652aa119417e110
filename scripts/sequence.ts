/*
 * `npm run sequence -- COMMAND …`: what a marketer does with follow-up sequences until the console exists. Works beside a running
 * program, which takes the steps, and without one.
 */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { tellReason } from '../src/domain/pushes/reasons';
import { readSequenceFile } from '../src/domain/pushes/sequences/read-sequence';
import type { Report, StepReport } from '../src/domain/pushes/sequences/report';
import {
  type Definition,
  onceNames,
  type SequenceRow,
  type Step,
  stateNames,
} from '../src/domain/pushes/sequences/sequence';
import { type Example, examples, sequenceTemplate } from '../src/domain/pushes/sequences/template';
import { AppError } from '../src/errors';
import { beijingMoment } from '../src/kit/beijing';
import { signed } from '../src/kit/signed';
import type { Services } from '../src/services';
import { fileAt } from '../src/sheets/named-files';
import { withServices } from '../src/with-services';
import { Misuse, runCommand, usageLine } from './command-line';

const options = {
  by: { type: 'string', default: '' },
  'let-go': { type: 'boolean', default: false },
} as const;

type Asked = { services: Services; by: string; letGo: boolean; args: string[] };
type Command = { args: string[]; help: string; run(asked: Asked): Promise<number> };

const commands: Record<string, Command> = {
  list: {
    args: [],
    help: '有哪些序列',
    async run({ services }) {
      const all = await services.sequences.list();
      if (all.length === 0)
        console.log('還沒有序列。先 npm run sequence -- template birthday 檔案.json，改好再 import。');
      for (const row of all) console.log(tell(row));
      return 0;
    },
  },
  import: {
    args: ['檔案.json'],
    help: '導入成新的一版；進行中的照舊走，到 start 才換',
    async run({ services, by, args: [path = ''] }) {
      const row = await services.sequences.bring(readSequenceFile(await fileAt(path)), by);
      console.log(tell(row));
      console.log(`接下來：npm run sequence -- check ${row._id}，沒有問題就 start。`);
      return 0;
    },
  },
  check: {
    args: ['編號'],
    help: '能不能開始；現在會有多少人進來',
    async run({ services, args: [id = ''] }) {
      const found = await services.sequences.findings(id);
      for (const { place, message } of found) console.error(`${place}：${message}`);
      if (found.length > 0) return 1;
      const { people, exact } = await services.sequences.count(id);
      console.log(`可以開始；現在就會進來${exact ? '' : '約'} ${people} 人：npm run sequence -- start ${id}`);
      return 0;
    },
  },
  start: {
    args: ['編號'],
    help: '開始，或換成最新的一版：新來的人走新的，裡面的人照她進來時的那一版走完',
    async run({ services, by, args: [id = ''] }) {
      console.log(tell(await services.sequences.start(id, by)));
      return 0;
    },
  },
  stop: {
    args: ['編號'],
    help: '停止：沒有人再進來，裡面的人等著；--let-go 把裡面的人都放走',
    async run({ services, by, letGo, args: [id = ''] }) {
      console.log(tell(await services.sequences.stop(id, by, { letGo })));
      return 0;
    },
  },
  show: {
    args: ['編號'],
    help: '最新的一版，一步一步',
    async run({ services, args: [id = ''] }) {
      const row = await services.sequences.get(id);
      console.log(tell(row));
      tellDefinition((await services.sequences.version(id)).definition);
      for (const { at, by, what } of row.log) console.log(`  ${beijingMoment(at.getTime())}　${by}　${what}`);
      return 0;
    },
  },
  report: {
    args: ['編號'],
    help: '每一版：進來多少人，每一步等著、發出、沒發出（為什麼），誰退出了',
    async run({ services, args: [id = ''] }) {
      tellReport(await services.sequences.report(id));
      return 0;
    },
  },
};

const tell = ({ _id, name, state, version, live, look }: SequenceRow): string =>
  [
    `${_id}「${name}」${stateNames[state]}`,
    live === undefined ? `第 ${version} 版` : `走第 ${live} 版`,
    ...(live !== undefined && live < version ? [`第 ${version} 版還沒有 start`] : []),
    ...(look
      ? [`上次看在 ${beijingMoment(look.at.getTime())}：符合 ${look.met} 人，新進 ${look.came} 人`]
      : []),
  ].join('，');

function tellDefinition({ trigger, steps }: Definition): void {
  console.log(`  誰進來：${trigger.enters}（${onceNames[trigger.once]}）`);
  for (const [i, step] of steps.entries()) {
    console.log(`  第 ${i + 1} 步　${tellWait(step)}　走：${step.routes.join('、')}`);
    if (step.if !== undefined) console.log(`    那時要：${step.if}`);
    if (step.stop !== undefined) console.log(`    退出：${step.stop}`);
  }
}

const unitNames: Record<string, string> = { m: '分鐘', h: '小時', d: '天' };
const tellWait = ({ after, at }: Step): string =>
  [
    after === '0' ? '馬上' : `過 ${after.slice(0, -1)} ${unitNames[after.slice(-1)]}`,
    ...(at === undefined ? [] : [`等到 ${at}`]),
  ].join('，');

function tellReport({ sequence, versions }: Report): void {
  console.log(tell(sequence));
  if (versions.length === 0) console.log('還沒有人進來。');
  for (const { version, came, done, left, steps } of versions) {
    const { stop = 0, 'let-go': letGo = 0 } = left;
    console.log(
      `第 ${version.version} 版：進來 ${came} 人，走完 ${done}，照退出條件退出 ${stop}，停止時放走 ${letGo}`,
    );
    for (const step of steps) tellStep(step);
  }
}

function tellStep({ step, waiting, skipped, fed, counts, stopped }: StepReport): void {
  const ended = counts.sent + counts.handed + counts.failed + counts.unknown + counts.skipped;
  console.log(
    `  第 ${step + 1} 步：等著 ${waiting}，不合條件跳過 ${skipped}，交給推送 ${fed}：發出 ${counts.sent + counts.handed}，沒發 ${counts.skipped}，失敗 ${counts.failed}，不知道 ${counts.unknown}，還沒輪到 ${fed - ended}`,
  );
  for (const [reason, n] of Object.entries(counts.reasons)) console.log(`    ${n} 人：${tellReason(reason)}`);
  for (const id of stopped) console.log(`    推送 ${id} 停著，不再發`);
}

const usage = (): string =>
  [
    '用法：npm run sequence -- 指令 …',
    usageLine(
      `template ${Object.keys(examples).join('|')} 檔案.json`,
      `寫一個例子，照著改：${Object.values(examples).join('、')}`,
    ),
    ...Object.entries(commands).map(([name, { args, help }]) => usageLine([name, ...args].join(' '), help)),
    '  --by 姓名   誰做的，和登錄這台機器的名字一起留下記錄',
    '說明見 docs/sequences.md。',
  ].join('\n');

/** One of the samples, to be changed into one's own; never over another file. */
function writeTemplate(example: string, path: string): void {
  if (!Object.hasOwn(examples, example))
    throw new Misuse(`沒有「${example}」這個例子；有的是：${Object.keys(examples).join('、')}。`);
  if (!path.endsWith('.json')) throw new Misuse('請給一個 .json 檔案。');
  const content = sequenceTemplate(example as Example);
  try {
    writeFileSync(path, content, { flag: 'wx' });
  } catch (cause) {
    throw new AppError('Conflict', 'sequence.file', `${path} 已經有了，或不能寫在那裡；請換一個檔名。`, {
      cause,
    });
  }
  console.log(`已寫好 ${path}。改好後：npm run sequence -- import ${path}`);
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
  const by = signed(values.by, userInfo().username);
  const [name = '', ...args] = positionals;
  if (name === 'template') {
    const [example = '', path = '', ...more] = args;
    if (path === '' || more.length > 0) throw new Misuse();
    writeTemplate(example, path);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Misuse(name === '' ? '' : `沒有「${name}」這個指令。`);
  if (args.length !== command.args.length) throw new Misuse();
  return withServices('sequence', ({ services }) =>
    command.run({ services, by, letGo: values['let-go'], args }),
  );
}

void runCommand(main, usage);
