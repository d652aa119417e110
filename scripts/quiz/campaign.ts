import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { campaignOf } from '../../src/domain/campaigns/campaign-row';
import { tellChange } from '../../src/domain/campaigns/changes';
import { tellFinding } from '../../src/domain/campaigns/gate/findings';
import type { Change, Finding } from '../../src/domain/campaigns/kind';
import { prizeNamed } from '../../src/domain/campaigns/named';
import { stateNames, table } from '../../src/domain/campaigns/states';
import { exportNames, tellFilter } from '../../src/domain/exports/exports';
import { askedStateNames } from '../../src/domain/prizes/award-filter';
import { laidFlat } from '../../src/domain/quiz/definition';
import { bringQuiz, tellCodes, tryQuiz } from '../../src/domain/quiz/workbook/bring';
import { writeTemplate } from '../../src/domain/quiz/workbook/workbook-template';
import { AppError } from '../../src/errors';
import { beijingMoment } from '../../src/kit/beijing';
import { maskCode } from '../../src/kit/mask';
import { fileAt } from '../../src/sheets/named-files';
import { type Problem, tellProblem } from '../../src/sheets/problems';
import { Misuse, namesAreSaid, only } from '../command-line';
import { type Asked, type Command, tellSameLogin } from './command';
import { tellWait } from './waits';

export const template: Command = {
  args: '檔案.xlsx',
  help: '寫一份填好範例的工作簿，照著改',
  async alone({ args }) {
    const file = only(args);
    if (existsSync(file)) throw new AppError('Conflict', 'quiz.template', `${file} 已經有了，請換一個檔名。`);
    await writeFile(file, await writeTemplate(Date.now()));
    console.log(`已寫好 ${file}；改好後：npm run quiz -- import ${file}`);
    return 0;
  },
};

export const bring: Command = {
  args: '檔案.xlsx|.json [--dry-run]',
  help: '導入成草稿；已公布的活動，導入就是提出修改',
  async run({ args, values, services, takenBy }) {
    const file = await fileAt(only(args));
    if (values['dry-run']) {
      const reading = await tryQuiz({ ...services, file });
      if (reading.kind === 'refused') return tellProblems(reading);
      const { content, codes } = reading;
      tellRemarks(reading.remarks);
      console.log(
        `讀得懂，沒有寫入：「${content.title}」${content.questions.length} 題，${content.prizes.length} 種獎品。`,
      );
      for (const { id, name, quantity, kind } of content.prizes) {
        const have = codes.get(id)?.length ?? 0;
        if (kind === 'code' || have > 0)
          for (const line of tellCodes({ name, quantity, have, added: 0, out: [] })) console.log(line);
      }
      return 0;
    }
    const brought = await bringQuiz({ ...services, takenBy, by: values.by, file });
    if (brought.kind === 'refused') return tellProblems(brought);
    const { id, title, remarks } = brought;
    tellRemarks(remarks);
    if (brought.kind === 'saved') {
      console.log(`${brought.how === 'same' ? '內容沒有變' : '已存成草稿'}：${id}「${title}」`);
      console.log(`接著：npm run quiz -- rehearse ${id}（彩排），再 check ${id}`);
    } else {
      if (brought.kind === 'refilled') console.log(`${id} 已經結束：檔案裡只收新的兌換碼，別的不看。`);
      if (brought.changes.length === 0) console.log(`${id} 內容沒有變。`);
      else {
        console.log(`${id} 已經公布；這些修改要另一位批准才生效：`);
        tellProposed(id, brought.changes);
      }
    }
    for (const line of brought.codes.flatMap(tellCodes)) console.log(line);
    return 0;
  },
};

function tellProposed(id: string, changes: Change[]): void {
  for (const change of changes) console.log(`  ${tellChange(change)}`);
  console.log(`請另一位：npm run quiz -- approve ${id} --by 姓名（${namesAreSaid}）`);
}

function tellRemarks(remarks: Problem[]): void {
  for (const remark of remarks) console.log(`請留意 ${tellProblem(remark)}`);
}

function tellProblems({ problems, total }: { problems: Problem[]; total: number }): number {
  for (const problem of problems) console.error(tellProblem(problem));
  const more = total - problems.length;
  console.error(`${more > 0 ? `……還有 ${more} 處。` : ''}共 ${total} 處要改；什麼都沒有寫入。`);
  return 1;
}

function tellFindings(findings: Finding[]): void {
  for (const finding of findings) console.error(tellFinding(finding));
}

export const check: Command = {
  args: '編號',
  help: '合規檢查；通過後才能 start',
  async run({ args, values, services, takenBy }) {
    const id = only(args);
    const { findings, passed } = await services.campaigns.check({ id, by: values.by, takenBy });
    tellFindings(findings);
    console.log(passed ? `${id} 檢查通過。公布：npm run quiz -- start ${id}` : `${id} 還不能公布。`);
    return passed ? 0 : 1;
  },
};

export const start: Command = {
  args: '編號 [--now]',
  help: '公布；到開始時間自己開賽，--now 立刻開賽',
  async run({ args, values, services, takenBy }) {
    const id = only(args);
    const { campaigns } = services;
    const state = await campaigns.start({ id, by: values.by, takenBy, ...(values.now ? { now: true } : {}) });
    const { startsAt, endsAt } = await campaigns.row(id);
    console.log(
      state === 'running'
        ? `${id} 開賽了，到 ${beijingMoment(endsAt)} 結束。`
        : `${id} 已公布，${beijingMoment(startsAt)} 自己開賽。`,
    );
    return 0;
  },
};

/** A deed that needs an id and perhaps a reason, and says what became of it. */
const deed = (
  help: string,
  how: { reason: boolean },
  act: (asked: Asked, by: { id: string; by: string; reason: string }) => Promise<unknown>,
): Command => ({
  args: how.reason ? '編號 --reason 原因' : '編號',
  help,
  async run(asked) {
    const { args, values, services } = asked;
    const id = only(args);
    if (how.reason && values.reason.trim() === '')
      throw new AppError('Invalid', 'quiz.reason', '請用 --reason 寫明原因，會留下記錄。');
    await act(asked, { id, by: values.by, reason: values.reason.trim() });
    console.log(`${id} 現在是「${stateNames[(await services.campaigns.row(id)).state]}」。`);
    return 0;
  },
});

export const pause = deed('暫停：不出題、不收答案，開著的題不算', { reason: true }, ({ services }, by) =>
  services.campaigns.pause(by),
);
export const resume = deed('恢復', { reason: false }, ({ services }, by) => services.campaigns.resume(by));
export const end = deed('提前結束（要由作者以外的人做）', { reason: true }, ({ services }, by) =>
  services.campaigns.end(by),
);
export const withdraw = deed(
  '撤回還沒開賽的活動，回到草稿（要由作者以外的人做）',
  { reason: true },
  ({ services }, by) => services.campaigns.withdraw(by),
);
export const reject = deed('駁回提出的修改', { reason: true }, ({ services }, by) =>
  services.campaigns.reject(by),
);

export const approve: Command = {
  args: '編號 --by 姓名',
  help: '批准別人提出的修改',
  async run({ args, values, services, takenBy }) {
    const id = only(args);
    const { proposal } = await services.campaigns.row(id);
    const changes = await services.campaigns.approve({ id, by: values.by, takenBy });
    for (const change of changes) console.log(`  ${tellChange(change)}`);
    console.log(`${id} 的修改生效了。`);
    if (proposal) tellSameLogin(proposal.by, values.by);
    return 0;
  },
};

const codeStates = { free: '待發', held: '發放中', given: '已發出', back: '不再發', spare: '備用' };

export const codes: Command = {
  args: '編號 獎品 [take-out 碼 …]',
  help: '兌換碼發到哪裡了（--full 顯示還沒發的整個碼）；take-out 取出寫錯的，要另一位批准',
  async run({ args, values, services: { campaigns, tickets }, takenBy }) {
    const [id = '', prize = '', what, ...wrong] = args;
    if (prize === '' || (what !== undefined && (what !== 'take-out' || wrong.length === 0)))
      throw new Misuse();
    const found = prizeNamed(await campaigns.row(id), prize);
    if (what === 'take-out') {
      const changes = await campaigns.takeOut({ id, prize: found.id, codes: wrong, by: values.by, takenBy });
      console.log(`${id} 取出 ${wrong.length} 個碼，要另一位批准才生效；之前還可能發出去，急的話先 pause：`);
      tellProposed(id, changes);
      return 0;
    }
    const all = await tickets.codesOf(id, found);
    console.log(`獎品「${found.name}」：數量 ${found.quantity}，${all.length} 個碼`);
    for (const { code, state } of all) {
      const hers = state === 'held' || state === 'given';
      console.log(`  ${values.full && !hers ? code : maskCode(code)} ${codeStates[state]}`);
    }
    return 0;
  },
};

/** What was due was done by itself. */
const who = (by: string): string => (by === 'timer' ? '定時' : by);

export const status: Command = {
  args: '[編號]',
  help: '所有活動，或一個活動的狀態、版本與記錄',
  async run({ args, services: { campaigns, status: standing } }) {
    if (args.length === 0) {
      for (const { _id, title, state, startsAt, endsAt } of await campaigns.list())
        console.log(
          `${_id}「${title}」${stateNames[state]} ${beijingMoment(startsAt)} 至 ${beijingMoment(endsAt)}`,
        );
      return 0;
    }
    const id = only(args);
    const { row, prizes, waits, versions, taken } = await standing.of(id);
    console.log(`${id}「${row.title}」${stateNames[row.state]}，第 ${row.version} 版，作者 ${row.author}`);
    console.log(
      `${beijingMoment(row.startsAt)} 至 ${beijingMoment(row.endsAt)}，${laidFlat(campaignOf(row)).questions.length} 題`,
    );
    for (const { id: prize, name, quantity, counts } of prizes) {
      const { free = 0, held = 0, given = 0, back = 0 } = counts ?? {};
      const left = counts ? `剩 ${free}，發放中 ${held}，已發 ${given}，退回待定 ${back}` : '開賽時備好';
      console.log(`  獎品 ${prize}「${name}」共 ${quantity}：${left}`);
    }
    for (const wait of waits) console.log(`等著：${tellWait(id, wait)}`);
    if (row.proposal) {
      console.log(`等待批准：${row.proposal.by} 於 ${beijingMoment(row.proposal.at)} 提出`);
      for (const change of row.proposal.changes) console.log(`  ${tellChange(change)}`);
    }
    tellFindings(row.check?.findings ?? []);
    for (const { version, at, by, approvedBy, changes } of versions)
      console.log(
        `第 ${version} 版 ${beijingMoment(at)} ${by} 寫，${who(approvedBy ?? by)} ${[version === 1 ? '公布' : '批准', ...(changes.length > 0 ? [changes.join('、')] : [])].join(' ')}`,
      );
    for (const { at, by, deed: what, state, reason } of row.log)
      console.log(
        `${beijingMoment(at)} ${who(by)} ${what === 'reject' ? '駁回修改' : table[what].name} → ${stateNames[state]}${reason ? `：${reason}` : ''}`,
      );
    for (const { at, by, what, full, filter, rows = '中斷' } of taken)
      console.log(
        `${beijingMoment(at.getTime())} ${by} 導出${exportNames[what]}${full ? '（完整）' : ''} ${rows} 行，${tellFilter(filter, askedStateNames)}`,
      );
    return 0;
  },
};
