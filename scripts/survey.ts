/*
 * `npm run survey -- COMMAND …`: what a marketer does with surveys until the console exists. Works beside a running program,
 * which sees the change within seconds, and without one.
 */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { loadHandlers } from '../src/bot/discover';
import { takenIn } from '../src/domain/quiz/play/taken-by';
import { answerColumns } from '../src/domain/surveys/answer-columns';
import { chartData, tellResults } from '../src/domain/surveys/results';
import { surveyTemplate } from '../src/domain/surveys/sample';
import { type SurveyRow, surveyStates } from '../src/domain/surveys/surveys';
import { AppError } from '../src/errors';
import type { Clock } from '../src/kit/clock';
import { signed } from '../src/kit/signed';
import type { Services } from '../src/services';
import { fileAt, fileFor } from '../src/sheets/named-files';
import { tellProblem } from '../src/sheets/problems';
import { withServices } from '../src/with-services';
import { Misuse, runCommand, usageLine } from './command-line';

const options = {
  by: { type: 'string', default: '' },
  full: { type: 'boolean', default: false },
  json: { type: 'string', default: '' },
} as const;

type Asked = {
  services: Services;
  values: { by: string; full: boolean; json: string };
  clock: Clock;
  args: string[];
};
type Command = { args: string[]; help: string; run(asked: Asked): Promise<number> };

const commands: Record<string, Command> = {
  list: {
    args: [],
    help: '有哪些問卷',
    async run({ services }) {
      const all = await services.surveys.list();
      if (all.length === 0)
        console.log('還沒有問卷。先 npm run survey -- template 檔案.xlsx，改好再 import。');
      for (const row of all) console.log(tell(row));
      return 0;
    },
  },
  import: {
    args: ['檔案.xlsx|.json'],
    help: '導入成草稿；有錯就一處一處列出來，什麼都不改',
    async run({ services, values, args: [path = ''] }) {
      const brought = await services.surveys.bring(await fileAt(path), values.by);
      if ('problems' in brought) {
        for (const problem of brought.problems) console.error(tellProblem(problem, brought.unit));
        console.error(`${path} 有 ${brought.problems.length} 處要改，沒有導入。`);
        return 1;
      }
      for (const remark of brought.remarks) console.log(tellProblem(remark));
      console.log(tell(brought.row));
      console.log(`接下來：npm run survey -- check ${brought.row._id}，沒有問題就 start。`);
      return 0;
    },
  },
  check: {
    args: ['編號'],
    help: '能不能開始：關鍵字有沒有被別人用',
    async run({ services, args: [id = ''] }) {
      const against = await services.surveys.findings(
        await services.surveys.row(id),
        takenIn(loadHandlers()),
      );
      for (const one of against) console.error(one);
      if (against.length === 0) console.log(`問卷「${id}」可以開始：npm run survey -- start ${id}`);
      return against.length === 0 ? 0 : 1;
    },
  },
  start: {
    args: ['編號'],
    help: '開始：粉絲說關鍵字就能填',
    async run({ services, args: [id = ''] }) {
      console.log(tell(await services.surveys.start(id, takenIn(loadHandlers()))));
      return 0;
    },
  },
  stop: {
    args: ['編號'],
    help: '停止；填好的都留著',
    async run({ services, args: [id = ''] }) {
      await services.surveys.stop(id);
      console.log(tell(await services.surveys.row(id)));
      return 0;
    },
  },
  results: {
    args: ['編號'],
    help: '每一題的人數、比例、平均、NPS；--json 檔案.json 寫成畫圖用的資料，多了每天的',
    async run({ services, clock, values: { json }, args: [id = ''] }) {
      const { survey, ...figures } = await services.surveys.results(id);
      console.log(tellResults(survey.title, figures));
      if (json === '') return 0;
      writeNew(json, `${JSON.stringify(chartData(survey, figures, clock.now()), null, 2)}\n`);
      console.log(`\n畫圖用的資料已寫好：${json}`);
      return 0;
    },
  },
  export: {
    args: ['編號', '檔案.csv|.xlsx'],
    help: '導出每個人的答案，手機號遮蔽；--full 不遮蔽。誰導出都有記錄',
    async run({ services, values: { by, full }, args: [id = '', path = ''] }) {
      const { survey } = await services.surveys.row(id);
      const asked = { survey: id, columns: answerColumns(survey, full), rows: services.surveys.answers(id) };
      const { rows } = await services.exports.survey(asked, { ...(await fileFor(path)), by, full });
      console.log(`已寫好 ${path}：${rows} 行，${full ? '含完整手機號，請妥善保管' : '手機號已遮蔽'}。`);
      return 0;
    },
  },
};

const tell = ({ _id, survey, state, version }: SurveyRow): string =>
  `${_id}「${survey.title}」第 ${version} 版，${surveyStates[state]}，${survey.questions.length} 題，關鍵字：${survey.keywords.join('、')}`;

const usage = (): string =>
  [
    '用法：npm run survey -- 指令 …',
    usageLine('template 檔案.xlsx|.json', '寫一份填好的例子，照著改'),
    ...Object.entries(commands).map(([name, { args, help }]) => usageLine([name, ...args].join(' '), help)),
    '  --by 姓名   誰做的，和登錄這台機器的名字一起留下記錄',
    '說明見 docs/surveys.md。',
  ].join('\n');

/** The sample, to be changed into one's own. */
async function writeTemplate(path: string): Promise<void> {
  if (!/\.(xlsx|json)$/.test(path)) throw new Misuse('請給一個 .xlsx 或 .json 檔案。');
  writeNew(path, await surveyTemplate(path.endsWith('.json') ? 'json' : 'xlsx'));
  console.log(`已寫好 ${path}。改好後：npm run survey -- import ${path}`);
}

/** Never over another file. */
function writeNew(path: string, content: string | Buffer): void {
  try {
    writeFileSync(path, content, { flag: 'wx' });
  } catch (cause) {
    throw new AppError('Conflict', 'survey.file', `${path} 已經有了，或不能寫在那裡；請換一個檔名。`, {
      cause,
    });
  }
}

async function main(argv: string[]): Promise<number> {
  const { values: given, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
  const values = { ...given, by: signed(given.by, userInfo().username) };
  const [name = '', ...args] = positionals;
  if (name === 'template' && args.length === 1) {
    await writeTemplate(args[0] ?? '');
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Misuse(name === '' || name === 'template' ? '' : `沒有「${name}」這個指令。`);
  if (args.length !== command.args.length) throw new Misuse();
  return withServices('survey', ({ services, clock }) => command.run({ services, clock, values, args }));
}

void runCommand(main, usage);
