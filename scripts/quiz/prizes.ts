import { type CampaignRow, campaignOf } from '../../src/domain/campaigns/campaign-row';
import { prizeNamed, sponsorNamed } from '../../src/domain/campaigns/named';
import { courierColumns } from '../../src/domain/exports/parcels';
import { awardStateNames } from '../../src/domain/prizes/award';
import { type AwardFilter, askedStateNames, isAskedState } from '../../src/domain/prizes/award-filter';
import { laidFlat } from '../../src/domain/quiz/definition';
import { tellMorning, tellSponsor } from '../../src/domain/reports/reports';
import { AppError } from '../../src/errors';
import { beijingDay, dayMs, momentAt } from '../../src/kit/beijing';
import { fileAt, fileFor } from '../../src/sheets/named-files';
import { tellProblem } from '../../src/sheets/problems';
import { readTable } from '../../src/sheets/read-table';
import { Misuse, only, padded } from '../command-line';
import { type Asked, type Command } from './command';
import { tellWait } from './waits';

/** A day that the calendar has. */
function realDay(day: string): string {
  const at = momentAt(`${day} 00:00`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(at) || beijingDay(at) !== day)
    throw new AppError('Invalid', 'export.day', `--day「${day}」不是日子，請寫成 2026-12-01。`);
  return day;
}

function filterOf({ values }: Asked, row: CampaignRow): AwardFilter {
  const { prize, sponsor, state, day } = values;
  if (state !== '' && !isAskedState(state))
    throw new AppError(
      'Invalid',
      'export.state',
      `--state 只能是：${Object.entries(askedStateNames)
        .map(([id, name]) => `${id}(${name})`)
        .join('、')}`,
    );
  return {
    campaign: row._id,
    ...(prize === '' ? {} : { prize: prizeNamed(row, prize).id }),
    ...(sponsor === '' ? {} : { sponsor: sponsorNamed(row, sponsor).id }),
    ...(state === '' ? {} : { state }),
    ...(day === '' ? {} : { day: realDay(day) }),
  };
}

export const exportTable: Command = {
  args: '編號 winners|points --out 檔案.csv|.xlsx [--full]',
  help: '導出中獎或積分；--full 不遮蔽，誰導出都有記錄；可加 --prize --sponsor --state --day',
  async run(asked) {
    const { args, values, services } = asked;
    const [id = '', what = '', ...more] = args;
    if (more.length > 0 || (what !== 'winners' && what !== 'points')) throw new Misuse();
    const row = await services.campaigns.row(id);
    const { full, by, out: path } = values;
    const filter = filterOf(asked, row);
    if (what === 'points' && Object.keys(filter).length > 1)
      throw new AppError('Invalid', 'export.filter', '積分不分獎品、贊助商、狀態和日期，請去掉這些條件。');
    const file = await fileFor(path);
    const { exports, played } = services;
    const done =
      what === 'winners'
        ? await exports.winners(filter, { ...file, by, full })
        : await exports.points(id, played.scores(id), { ...file, by, full });
    console.log(
      `已寫好 ${path}：${done.rows} 行，${full ? '含完整個人資料，請妥善保管' : '個人資料已遮蔽'}。`,
    );
    return 0;
  },
};

export const groups: Command = {
  args: '編號 [--group 名稱 --out 檔案.csv|.xlsx]',
  help: '參加者分群：各有幾人；--group 導出一群，誰導出都有記錄',
  async run({ args, values, services }) {
    const id = only(args);
    const { players, campaigns, exports } = services;
    const campaign = laidFlat(campaignOf(await campaigns.row(id)));
    const all = await players.counts(campaign);
    const { group, full, by, out: path } = values;
    if (group === '') {
      for (const { name, label, people } of all)
        console.log(`${padded(name, 26)}${String(people).padStart(8)} 人  ${label}`);
      return 0;
    }
    if (!all.some(({ name }) => name === group))
      throw new AppError(
        'NotFound',
        'quiz.group',
        `沒有叫「${group}」的群；有哪些：npm run quiz -- groups ${id}`,
      );
    const file = await fileFor(path);
    const rows = players.in(campaign, group);
    const done = await exports.group({ campaign: id, group, rows }, { ...file, by, full });
    console.log(`已寫好 ${path}：${done.rows} 人，沒有 openid${full ? '' : '，名字已遮蔽'}。`);
    return 0;
  },
};

export const report: Command = {
  args: '[編號] [--day 2026-12-01] [--sponsor 編號]',
  help: '日報（預設昨天）；給 --sponsor 是贊助商報告',
  async run({ args, values, services, clock }) {
    const { campaigns, reports, status } = services;
    if (values.sponsor !== '') {
      const { _id: id, ...row } = await campaigns.row(only(args));
      const { id: sponsor } = sponsorNamed(row, values.sponsor);
      console.log(tellSponsor(await reports.sponsor({ id, ...row }, sponsor)));
      return 0;
    }
    const on = values.day === '' ? clock.day(clock.now() - dayMs) : realDay(values.day);
    const ids = args.length > 0 ? [only(args)] : (await campaigns.list()).map(({ _id }) => _id);
    const reported = [];
    for (const id of ids) {
      const row = await campaigns.row(id);
      if (args.length > 0 || !['draft', 'checked'].includes(row.state)) reported.push({ ...row, id });
    }
    console.log(tellMorning(await reports.morning(on, reported)));
    const waiting: string[] = [];
    for (const { id, title, waits, proposedBy } of await status.waiting(reported.map((one) => one.id))) {
      for (const wait of waits) waiting.push(`【${title}】${tellWait(id, wait)}`);
      if (proposedBy) waiting.push(`【${title}】${proposedBy} 提出的修改等另一位批准：approve ${id}`);
    }
    if (waiting.length > 0) console.log(['\n等人來做（前面加 npm run quiz --）', ...waiting].join('\n'));
    return 0;
  },
};

export const courier: Command = {
  args: 'approve|export 編號 [--out 檔案] · courier import 檔案 [快遞公司] [--correct]',
  help: '核准已登記的實物、導出給快遞、導回運單號並通知粉絲；--correct 更正登記錯的單號，再通知一次',
  async run(asked) {
    const { args, values, services } = asked;
    const [deed, what = '', name, ...more] = args;
    const { prizes, campaigns, exports } = services;
    const { by } = values;
    if (what === '' || more.length > 0 || (name !== undefined && deed !== 'import')) throw new Misuse();
    switch (deed) {
      case 'approve': {
        await campaigns.row(what);
        const { approved, waiting } = await prizes.courier.approve({ campaign: what }, by);
        console.log(`核准了 ${approved} 份${waiting > 0 ? `；還有 ${waiting} 份在核對，沒有核准` : ''}。`);
        return 0;
      }
      case 'export': {
        const filter = filterOf(asked, await campaigns.row(what));
        const { rows } = await exports.courier(filter, courierColumns(), {
          ...(await fileFor(values.out)),
          by,
        });
        console.log(`已寫好 ${values.out}：${rows} 件待寄。`);
        return 0;
      }
      case 'import': {
        const table = await readTable(await fileAt(what));
        for (const remark of table.remarks) console.log(tellProblem(remark));
        const result = await prizes.courier.readTracking(table, {
          by,
          courier: name,
          correct: values.correct,
        });
        for (const problem of result.problems) console.error(tellProblem(problem));
        const { sent, same, corrected, problems } = result;
        const counts = `登記了 ${sent} 件，更正了 ${corrected} 件，已登記過 ${same} 件，有問題 ${problems.length} 行。`;
        console.log(`${counts}${sent + corrected > 0 ? '粉絲會收到單號。' : ''}`);
        return result.problems.length > 0 ? 1 : 0;
      }
      default:
        throw new Misuse();
    }
  },
};

export const annul: Command = {
  args: '獎品編號 --reason 原因',
  help: '作廢一份獎品（編號見導出）；庫存退回，按規則讓給下一位',
  async run({ args, values, services }) {
    const id = only(args);
    const reason = values.reason.trim();
    if (reason === '') throw new AppError('Invalid', 'quiz.reason', '請用 --reason 寫明原因，會留下記錄。');
    const moved = await services.prizes.awards.annul(id, { by: values.by, reason });
    if (moved.kind === 'moved' || moved.kind === 'same') {
      console.log(`${id}「${moved.award.what.name}」已作廢。`);
      return 0;
    }
    console.error(
      moved.kind === 'unknown'
        ? `沒有編號是「${id}」的獎品。`
        : `${id} 是「${awardStateNames[moved.award.state]}」，不能作廢。`,
    );
    return 1;
  },
};
