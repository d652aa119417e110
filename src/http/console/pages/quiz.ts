import { z } from 'zod';
import { type CampaignRow, campaignOf, contentOf } from '../../../domain/campaigns/campaign-row';
import { tellChange } from '../../../domain/campaigns/changes';
import type { Change } from '../../../domain/campaigns/kind';
import { isOver, isPublished, stateNames } from '../../../domain/campaigns/states';
import { laidFlat, quizKind } from '../../../domain/quiz/definition';
import {
  type Brought,
  bringQuiz,
  bringQuizLines,
  type Refused,
  tellRefused,
  tryQuiz,
} from '../../../domain/quiz/workbook/bring';
import { copyOf, linesOf, newQuizId } from '../../../domain/quiz/workbook/quiz-lines';
import { sampleLines, writeQuiz, writeTemplate } from '../../../domain/quiz/workbook/workbook-template';
import { AppError } from '../../../errors';
import { beijingDay, beijingMoment, dayMs, momentAt } from '../../../kit/beijing';
import { isSamePerson } from '../../../kit/signed';
import { act, done, download, may, page, part, type Visit } from '../console';
import { cursor, id, maybe, reason, ticked, upload } from '../form';
import { badge, confirm, table, tiles } from '../parts';
import { tellBrought } from '../quiz/brought';
import {
  factsOf,
  hasBegun,
  headOf,
  prizeKinds,
  stateTones,
  tellWait,
  tellWay,
  whoDid,
} from '../quiz/quiz-page';
import { slowly } from '../slowly';

/* The list of quizzes, and one of them: what is to be done about it, and doing it. */

const one = z.object({ id });
const because = z.object({ id, reason });
const inList = 30;
const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const whenAfter = (text: string | undefined) => {
  const [, startsAt = '', at = ''] = /^(\d+)~(.+)$/.exec(text ?? '') ?? [];
  return startsAt === '' ? undefined : { startsAt: Number(startsAt), id: at };
};

const takenBy = ({ house }: Visit) => house.takenBy;

async function copied(visit: Visit, of?: string): Promise<Brought> {
  const { services, by, now } = visit;
  const { campaigns } = services;
  const day = beijingDay(now + dayMs);
  const fresh = await newQuizId(async (wanted) => (await campaigns.present(wanted)) !== undefined, day);
  const given = { ...services, takenBy: takenBy(visit), by, fresh: true };
  const brought = await (async () => {
    if (of === undefined) {
      const { lines, codes } = sampleLines(now);
      return bringQuizLines({ ...given, lines: { ...lines, quiz: { ...lines.quiz, id: fresh } }, codes });
    }
    const content = laidFlat(contentOf(await campaigns.row(of)));
    return bringQuizLines({
      ...given,
      lines: linesOf(copyOf(content, { id: fresh, startsAt: momentAt(`${day} 09:00`) })),
    });
  })();
  if (brought.kind === 'refused')
    throw new AppError('Invalid', 'quiz.copy', ['複製不了：', ...tellRefused(brought)].join('\n'));
  return brought;
}

function refusedFile(refused: Refused): AppError {
  const { total } = refused;
  const text = [`文件裡有 ${total} 處要改，什麼都沒有保存：`, ...tellRefused(refused)].join('\n');
  return new AppError('Invalid', 'quiz.file', text, {
    details: { fields: { file: `${total} 處要改，列在下面` } },
  });
}

/** Where on the page of the content it is written what a rule asks for. */
const writtenAt: Record<string, string> = {
  organiser: '#f-organiser',
  contact: '#f-contact',
  rules: '#f-rules',
  'personal-information': '#f-rules',
  forfeiture: '#f-forfeiture',
};
const findingRow = (
  { _id }: CampaignRow,
  found: { level: string; where: string; reason: string; rule: string },
) => {
  const at = `/quiz/${_id}`;
  const [, question] = /^題目 (\S+)$/.exec(found.where) ?? [];
  const href = question
    ? `${at}/questions?find=${encodeURIComponent(question)}`
    : found.where.startsWith('題目')
      ? `${at}/questions`
      : `${at}/edit${writtenAt[found.rule] ?? (/獎品|抽獎/.test(found.where) ? '#prizes' : '')}`;
  return [
    badge(found.level === 'refuse' ? '要改' : '請留意', found.level === 'refuse' ? 'red' : 'yellow'),
    { text: found.where, href },
    found.reason,
  ];
};

const told = (changes: Change[]) => changes.map(tellChange);

export default [
  page(
    '/quiz',
    may('quiz.see'),
    {
      title: '答題活動',
      menu: { group: 'campaigns', at: 10 },
      template: 'quiz-list',
      asks: z.object({ state: maybe(z.enum(Object.keys(stateNames) as [keyof typeof stateNames])), cursor }),
    },
    async ({ services, may: can }, asked) => {
      const found = await services.campaigns.page({
        kind: quizKind,
        state: asked.state,
        after: whenAfter(asked.cursor),
        most: inList + 1,
      });
      const shown = found.slice(0, inList);
      const last = found.length > inList ? shown.at(-1) : undefined;
      const sums = await Promise.all(
        shown.map(async ({ _id, state }) => (hasBegun(state) ? services.quizzes.live.sums(_id) : undefined)),
      );
      return {
        table: table({
          caption: '答題活動',
          path: '/quiz',
          asked,
          columns: [
            { label: '活動' },
            { label: '狀態' },
            { label: '開始' },
            { label: '結束' },
            { label: '玩家', number: true },
            { label: '答案', number: true },
          ],
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(stateNames).map(([value, label]) => ({ value, label })),
            },
          ],
          rows: shown.map(({ _id, title, state, startsAt, endsAt, proposal }, n) => [
            { text: title, href: `/quiz/${_id}`, own: true, note: _id },
            {
              ...(badge(stateNames[state], stateTones[state]) as object),
              text: stateNames[state],
              ...(proposal ? { note: '有修改等批准' } : {}),
            },
            beijingMoment(startsAt),
            beijingMoment(endsAt),
            sums[n] ? { text: sums[n].players, href: `/quiz/${_id}/players` } : '',
            sums[n] ? { text: sums[n].answers, href: `/quiz/${_id}/answers` } : '',
          ]),
          empty: {
            title: '還沒有答題活動',
            text: '從範例開始最快：先有一份寫好的，再改成自己的。',
            ...(can('quiz.edit') ? { href: '/quiz/new', label: '寫第一個' } : {}),
          },
          next: last && `${last.startsAt}~${last._id}`,
        }),
      };
    },
  ),
  part('/quiz/waiting', may('quiz.see'), { template: 'quiz-waits', asks: z.object({}) }, ({ services }) =>
    slowly(async () => {
      const open = (await services.campaigns.page({ kind: quizKind, most: 100 })).filter(
        ({ state, proposal }) =>
          proposal !== undefined || (isPublished(state) && state !== 'scheduled' && state !== 'settled'),
      );
      const waiting = await services.status.waiting(open.map(({ _id }) => _id));
      return {
        waits: waiting.flatMap(({ id: quiz, title, waits, proposedBy }) => [
          ...waits.map((wait) => ({ title, ...tellWait(quiz, wait) })),
          ...(proposedBy
            ? [
                {
                  title,
                  text: `${proposedBy} 提出的修改等另一位批准。`,
                  href: `/quiz/${quiz}#proposal`,
                  label: '去看',
                },
              ]
            : []),
        ]),
      };
    }),
  ),
  download(
    '/quiz/template.xlsx',
    may('quiz.edit'),
    { what: '下載答題工作簿模板', asks: z.object({}) },
    async ({ now }) => ({ name: '答題活動模板.xlsx', type: xlsx, body: await writeTemplate(now) }),
  ),
  act(
    '/quiz/upload',
    may('quiz.edit'),
    { what: '上傳答題工作簿', asks: z.object({ file: upload, dry: ticked }), most: 21 * 1024 * 1024 },
    async (visit, { file, dry }) => {
      const { services, by } = visit;
      if (dry) {
        const reading = await tryQuiz({ ...services, file });
        if (reading.kind === 'refused') throw refusedFile(reading);
        const { title, questions, prizes } = reading.content;
        return done(`讀得懂，沒有保存：「${title}」${questions.length} 題，${prizes.length} 種獎品。`);
      }
      const brought = await bringQuiz({ ...services, takenBy: takenBy(visit), by, file });
      if (brought.kind === 'refused') throw refusedFile(brought);
      return done(tellBrought(brought), {
        to: `/quiz/${brought.id}`,
        after: { id: brought.id, kind: brought.kind },
      });
    },
  ),
  act('/quiz/sample', may('quiz.edit'), { what: '由範例建答題活動', asks: z.object({}) }, async (visit) => {
    const { id: quiz } = await copied(visit);
    return done('建好一份寫滿範例的草稿，改成自己的就行。', {
      to: `/quiz/${quiz}/edit`,
      after: { id: quiz },
    });
  }),
  act(
    '/quiz/:id/copy',
    may('quiz.edit'),
    { what: '複製答題活動', asks: one },
    async (visit, { id: from }) => {
      const { id: quiz } = await copied(visit, from);
      return done('複製成新的草稿了，時間都改到明天起。', {
        to: `/quiz/${quiz}/edit`,
        after: { id: quiz, from },
      });
    },
  ),

  page(
    '/quiz/:id',
    may('quiz.see'),
    { title: '答題活動', template: 'quiz', asks: one },
    async (visit, asked) => {
      const { services, may: can } = visit;
      const row = await services.campaigns.row(asked.id);
      const { _id: quiz, state, author, check, proposal, version } = row;
      const at = `/quiz/${quiz}`;
      const content = laidFlat(campaignOf(row));
      const second = `要由「${author}」以外的人來做：寫的人不能一個人決定。`;
      const mine = isSamePerson(author, visit.by);
      return {
        title: row.title,
        asksAnother: mine && isPublished(state) && !isOver(state),
        mayAlone: can('quiz.approve') && !mine,
        quiz: headOf(row, 'overview'),
        begun: hasBegun(state),
        published: isPublished(state),
        over: isOver(state),
        author,
        version,
        checked: check ? `${beijingMoment(check.at)} ${whoDid(check.by)}` : '',
        passed: state === 'checked',
        draft: !isPublished(state),
        findings: table({
          caption: '檢查結果',
          columns: [{ label: '' }, { label: '哪裡' }, { label: '為什麼，怎麼改' }],
          rows: (check?.findings ?? []).map((found) => findingRow(row, found)),
          empty: {
            title: check ? '沒有要改的' : '還沒有檢查',
            text: check
              ? '可以排練，或直接開始。'
              : '寫好了就檢查，合不合規、庫存夠不夠、關鍵字有沒有被佔，一次說完。',
          },
        }),
        facts: factsOf(content),
        prizes: table({
          caption: '獎品',
          columns: [
            { label: '獎品' },
            { label: '怎麼得' },
            { label: '單價', number: true },
            { label: '數量', number: true },
          ],
          rows: content.prizes.map((prize) => [
            { text: prize.name, own: true, note: `${prize.id} · ${prizeKinds[prize.kind]}` },
            tellWay(prize),
            `¥${(prize.priceFen / 100).toFixed(prize.priceFen % 100 === 0 ? 0 : 2)}`,
            isPublished(state)
              ? { text: prize.quantity, href: `/winners?campaign=${quiz}&prize=${prize.id}` }
              : prize.quantity,
          ]),
          empty: { title: '沒有獎品', text: '沒有獎品也能玩；要有，在「內容」裡加。' },
        }),
        proposal: proposal
          ? {
              by: proposal.by,
              at: proposal.at,
              changes: told(proposal.changes),
              drop: confirm({
                id: 'drop',
                to: `${at}/drop`,
                label: '收回',
                title: '收回這些修改？',
                reason: '為什麼收回',
                text: '收回以後什麼都不變，可以再提。',
                submit: '收回',
              }),
              reject: confirm({
                id: 'reject',
                to: `${at}/reject`,
                label: '駁回',
                title: '駁回這些修改？',
                reason: '為什麼駁回',
                text: '駁回以後什麼都不變，提的人會在記錄裡看到原因。',
                submit: '駁回',
              }),
            }
          : '',
        start: confirm({
          id: 'start-ask',
          to: `${at}/start`,
          label: '開始',
          tone: 'primary',
          title: '公布這個活動？',
          submit: '公布',
          text: `公布以後粉絲就看得到，內容只能往對他們有利的方向改，要另一位批准。${beijingMoment(row.startsAt)} 自己開賽。`,
          fields: [{ name: 'now', label: '不等到時間，現在就開賽', kind: 'tick' }],
        }),
        begin: confirm({
          id: 'begin',
          to: `${at}/begin`,
          label: '立刻開賽',
          tone: 'primary',
          title: '不等到時間，現在就開賽？',
          submit: '開賽',
          text: second,
        }),
        pause: confirm({
          id: 'pause',
          to: `${at}/pause`,
          label: '暫停',
          title: '暫停這個活動？',
          reason: '為什麼暫停',
          submit: '暫停',
          text: '暫停時不出題、不收答案，開著的題不算、恢復後再問一次。結束時間不會因此延後。',
        }),
        end: confirm({
          id: 'end',
          to: `${at}/end`,
          label: '提前結束',
          title: '現在就結束？',
          reason: '為什麼提前結束',
          submit: '結束',
          text: `結束以後不能再開，原因會留在版本記錄裡。${second}`,
        }),
        withdraw: confirm({
          id: 'withdraw',
          to: `${at}/withdraw`,
          label: '撤回',
          title: '撤回，回到草稿？',
          reason: '為什麼撤回',
          submit: '撤回',
          text: `還沒有人玩過才撤得回。${second}`,
        }),
        mayAgree: can('quiz.approve'),
      };
    },
  ),
  part('/quiz/:id/waits', may('quiz.see'), { template: 'quiz-waits', asks: one }, ({ services }, asked) =>
    slowly(async () => ({
      waits: (await services.settlement.waits(asked.id)).map((wait) => ({
        title: '',
        ...tellWait(asked.id, wait),
      })),
    })),
  ),
  part('/quiz/:id/sums', may('quiz.see'), { template: 'quiz-sums', asks: one }, ({ services }, asked) =>
    slowly(async () => {
      await services.campaigns.row(asked.id);
      const { players, answers } = await services.quizzes.live.sums(asked.id);
      const winners = await services.prizes.awards.count({ campaign: asked.id });
      return {
        tiles: tiles([
          { label: '玩家', value: players, href: `/quiz/${asked.id}/players` },
          { label: '答案', value: answers, href: `/quiz/${asked.id}/answers` },
          { label: '得獎（份）', value: winners, href: `/winners?campaign=${asked.id}` },
        ]),
      };
    }),
  ),
  download(
    '/quiz/:id/workbook.xlsx',
    may('quiz.edit'),
    { what: '下載活動的工作簿', asks: z.object({ id, version: maybe(z.string().regex(/^\d{1,6}$/)) }) },
    async ({ services }, asked) => {
      const at = asked.version;
      const content =
        at === undefined
          ? campaignOf(await services.campaigns.row(asked.id))
          : (await services.campaigns.history(asked.id)).find(({ version }) => String(version) === at)
              ?.content;
      if (!content)
        throw new AppError('NotFound', 'campaign.version', `活動「${asked.id}」沒有第 ${at} 版。`);
      const name = at === undefined ? `${asked.id}.xlsx` : `${asked.id}-第${at}版.xlsx`;
      return { name, type: xlsx, body: await writeQuiz(laidFlat(content)) };
    },
  ),

  act('/quiz/:id/check', may('quiz.edit'), { what: '檢查答題活動', asks: one }, async (visit, asked) => {
    const { findings, passed } = await visit.services.campaigns.check({
      id: asked.id,
      by: visit.by,
      takenBy: takenBy(visit),
    });
    const wrong = findings.filter(({ level }) => level === 'refuse').length;
    return done(passed ? '檢查通過：可以排練，也可以開始。' : `還不能公布，有 ${wrong} 處要改。`, {
      after: { passed, wrong },
    });
  }),
  act(
    '/quiz/:id/start',
    may('quiz.run'),
    { what: '公布答題活動', asks: z.object({ id, now: ticked }) },
    async (visit, asked) => {
      const { campaigns } = visit.services;
      const { state } = await campaigns.row(asked.id);
      if (state === 'scheduled')
        throw new AppError('Conflict', 'campaign.state', '已經公布了；要提前開賽請按「立刻開賽」。');
      return started(visit, asked.id, asked.now);
    },
  ),
  act('/quiz/:id/begin', may('quiz.approve'), { what: '提前開賽', asks: one }, async (visit, asked) => {
    const { author, state } = await visit.services.campaigns.row(asked.id);
    if (state !== 'scheduled')
      throw new AppError('Conflict', 'campaign.state', `現在是「${stateNames[state]}」，不能提前開賽。`);
    await visit.asSecond([author]);
    return started(visit, asked.id, true);
  }),
  act('/quiz/:id/pause', may('quiz.run'), { what: '暫停答題活動', asks: because }, async (visit, asked) => {
    await visit.services.campaigns.pause({ ...asked, by: visit.by });
    return done('暫停了：不出題、不收答案，直到恢復。', moved('running', 'paused'));
  }),
  act('/quiz/:id/resume', may('quiz.run'), { what: '恢復答題活動', asks: one }, async (visit, asked) => {
    await visit.services.campaigns.resume({ id: asked.id, by: visit.by });
    return done('恢復了。', moved('paused', 'running'));
  }),
  act(
    '/quiz/:id/end',
    may('quiz.approve'),
    { what: '提前結束答題活動', asks: because },
    async (visit, asked) => {
      const { author, state } = await visit.services.campaigns.row(asked.id);
      await visit.asSecond([author]);
      await visit.services.campaigns.end({ ...asked, by: visit.by });
      return done('結束了，十分鐘後自己結算。', moved(state, 'ended'));
    },
  ),
  act(
    '/quiz/:id/withdraw',
    may('quiz.approve'),
    { what: '撤回答題活動', asks: because },
    async (visit, asked) => {
      const { author } = await visit.services.campaigns.row(asked.id);
      await visit.asSecond([author]);
      await visit.services.campaigns.withdraw({ ...asked, by: visit.by });
      return done('撤回了，現在是草稿。', moved('scheduled', 'draft'));
    },
  ),
  act(
    '/quiz/:id/approve',
    may('quiz.approve'),
    { what: '批准活動的修改', asks: one },
    async (visit, asked) => {
      const { campaigns } = visit.services;
      const { proposal, version } = await campaigns.row(asked.id);
      if (proposal) await visit.asSecond([proposal.by]);
      const changes = await campaigns.approve({ id: asked.id, by: visit.by, takenBy: takenBy(visit) });
      return done(`${changes.length} 處修改生效了。`, {
        before: { version },
        after: { version: version + 1, changes: changes.map(({ what }) => what) },
      });
    },
  ),
  act(
    '/quiz/:id/reject',
    may('quiz.approve'),
    { what: '駁回活動的修改', asks: because },
    async (visit, asked) => {
      await visit.services.campaigns.reject({ ...asked, by: visit.by });
      return done('駁回了，內容沒有變。');
    },
  ),
  act('/quiz/:id/drop', may('quiz.edit'), { what: '收回活動的修改', asks: because }, async (visit, asked) => {
    await visit.services.campaigns.reject({ ...asked, by: visit.by });
    return done('收回了，內容沒有變。');
  }),
];

const moved = (from: string, to: string) => ({ before: { state: from }, after: { state: to } });

async function started(visit: Visit, quiz: string, now: boolean) {
  const { campaigns } = visit.services;
  const before = await campaigns.row(quiz);
  const state = await campaigns.start({
    id: quiz,
    by: visit.by,
    takenBy: takenBy(visit),
    ...(now ? { now: true } : {}),
  });
  const said =
    state === 'running'
      ? `開賽了，到 ${beijingMoment(before.endsAt)} 結束。`
      : `公布了，${beijingMoment(before.startsAt)} 自己開賽。`;
  return done(said, { to: `/quiz/${quiz}`, ...moved(before.state, state) });
}
