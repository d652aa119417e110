import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { exportNames, tellFilter } from '../../src/domain/prizes/export';
import { bringQuiz } from '../../src/domain/quiz/bring';
import { tellChange } from '../../src/domain/quiz/campaigns';
import type { Finding } from '../../src/domain/quiz/compliance';
import { tellFinding } from '../../src/domain/quiz/findings';
import { stateNames, table } from '../../src/domain/quiz/states';
import { tellWait } from '../../src/domain/quiz/waits';
import { type Problem, readQuizFile, tellProblem } from '../../src/domain/quiz/workbook';
import { writeTemplate } from '../../src/domain/quiz/workbook-template';
import { AppError } from '../../src/errors';
import { type Asked, beijing, type Command, fileAt, only } from './command';

export const template: Command = {
  args: '檔案.xlsx',
  help: '寫一份填好範例的工作簿，照著改',
  async alone({ args }) {
    const file = only(args);
    if (existsSync(file)) throw new AppError('Conflict', 'quiz_template', `${file} 已經有了，請換一個檔名。`);
    await writeFile(file, await writeTemplate(Date.now()));
    console.log(`已寫好 ${file}；改好後：npm run quiz -- import ${file}`);
    return 0;
  },
};

export const bring: Command = {
  args: '檔案.xlsx|.json [--dry-run]',
  help: '導入成草稿；已公布的活動，導入就是提出修改',
  async run({ args, values, services, claims }) {
    const file = await fileAt(only(args));
    if (values['dry-run']) {
      const reading = await readQuizFile(file);
      if (reading.kind === 'refused') return tellProblems(reading);
      const { content } = reading;
      console.log(
        `讀得懂，沒有寫入：「${content.title}」${content.questions.length} 題，${content.prizes.length} 種獎品。`,
      );
      return 0;
    }
    const brought = await bringQuiz({ ...services, claims, by: values.by, file });
    switch (brought.kind) {
      case 'refused':
        return tellProblems(brought);
      case 'saved':
        console.log(
          `${brought.how === 'same' ? '內容沒有變' : '已存成草稿'}：${brought.id}「${brought.title}」${codesTold(brought.codes)}`,
        );
        console.log(`接著：npm run quiz -- rehearse ${brought.id}（彩排），再 check ${brought.id}`);
        return 0;
      case 'proposed':
        if (brought.changes.length === 0)
          console.log(`${brought.id} 內容沒有變。${codesTold(brought.codes)}`);
        else {
          console.log(`${brought.id} 已經公布；這些修改要另一位批准才生效：${codesTold(brought.codes)}`);
          for (const change of brought.changes) console.log(`  ${tellChange(change)}`);
          console.log(`請另一位：npm run quiz -- approve ${brought.id} --by 姓名`);
        }
        return 0;
    }
  },
};

const codesTold = (added: number): string => (added > 0 ? `（新增 ${added} 個兌換碼）` : '');

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
  async run({ args, values, services, claims }) {
    const id = only(args);
    const { findings, passed } = await services.campaigns.check({ id, by: values.by, claims });
    tellFindings(findings);
    console.log(passed ? `${id} 檢查通過。公布：npm run quiz -- start ${id}` : `${id} 還不能公布。`);
    return passed ? 0 : 1;
  },
};

export const start: Command = {
  args: '編號 [--now]',
  help: '公布；到開始時間自己開賽，--now 立刻開賽',
  async run({ args, values, services, claims }) {
    const id = only(args);
    const { campaigns } = services;
    const state = await campaigns.start({ id, by: values.by, claims, ...(values.now ? { now: true } : {}) });
    const { startsAt, endsAt } = await campaigns.row(id);
    console.log(
      state === 'running'
        ? `${id} 開賽了，到 ${beijing(endsAt)} 結束。`
        : `${id} 已公布，${beijing(startsAt)} 自己開賽。`,
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
      throw new AppError('Invalid', 'reason', '請用 --reason 寫明原因，會留下記錄。');
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
  async run({ args, values, services, claims }) {
    const id = only(args);
    const changes = await services.campaigns.approve({ id, by: values.by, claims });
    for (const change of changes) console.log(`  ${tellChange(change)}`);
    console.log(`${id} 的修改生效了。`);
    return 0;
  },
};

/** What was due was done by itself. */
const who = (by: string): string => (by === 'timer' ? '定時' : by);

export const status: Command = {
  args: '[編號]',
  help: '所有活動，或一個活動的狀態、版本與記錄',
  async run({ args, services: { campaigns, tickets, settlement, prizes } }) {
    if (args.length === 0) {
      for (const { _id, title, state, startsAt, endsAt } of await campaigns.list())
        console.log(`${_id}「${title}」${stateNames[state]} ${beijing(startsAt)} 至 ${beijing(endsAt)}`);
      return 0;
    }
    const id = only(args);
    const row = await campaigns.row(id);
    console.log(`${id}「${row.title}」${stateNames[row.state]}，第 ${row.version} 版，作者 ${row.author}`);
    console.log(`${beijing(row.startsAt)} 至 ${beijing(row.endsAt)}，${row.questions.length} 題`);
    const stock = await tickets.counts(id);
    for (const { id: prize, name, quantity } of row.prizes) {
      const counts = stock.get(prize);
      const { free = 0, held = 0, given = 0, back = 0 } = counts ?? {};
      const left = counts ? `剩 ${free}，發放中 ${held}，已發 ${given}，退回待定 ${back}` : '開賽時備好';
      console.log(`  獎品 ${prize}「${name}」共 ${quantity}：${left}`);
    }
    for (const wait of await settlement.waits(id)) console.log(`等著：${tellWait(id, wait)}`);
    if (row.proposal) {
      console.log(`等待批准：${row.proposal.by} 於 ${beijing(row.proposal.at)} 提出`);
      for (const change of row.proposal.changes) console.log(`  ${tellChange(change)}`);
    }
    tellFindings(row.check?.findings ?? []);
    for (const { version, at, by, approvedBy, changes } of await campaigns.history(id))
      console.log(
        `第 ${version} 版 ${beijing(at)} ${by} 寫，${who(approvedBy ?? by)} ${[version === 1 ? '公布' : '批准', ...(changes.length > 0 ? [changes.join('、')] : [])].join(' ')}`,
      );
    for (const { at, by, deed: what, state, reason } of row.log)
      console.log(
        `${beijing(at)} ${who(by)} ${what === 'reject' ? '駁回修改' : table[what].name} → ${stateNames[state]}${reason ? `：${reason}` : ''}`,
      );
    for (const { at, by, what, full, filter, rows = '中斷' } of await prizes.exports.taken(id))
      console.log(
        `${beijing(at.getTime())} ${by} 導出${exportNames[what]}${full ? '（完整）' : ''} ${rows} 行，${tellFilter(filter)}`,
      );
    return 0;
  },
};
