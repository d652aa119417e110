import { z } from 'zod';
import { causeOf, knownOf, type Names, timelineOf } from '../../../domain/people/profile';
import { awardStateNames } from '../../../domain/prizes/award';
import { stageNames } from '../../../domain/stages/stage-rules';
import { eraseNow } from '../../../domain/subscribers/subscribers.jobs';
import type { SurveyAnswers } from '../../../domain/surveys/surveys';
import { AppError } from '../../../errors';
import { beijingDay, beijingMoment } from '../../../kit/beijing';
import { maskWords } from '../../../kit/mask';
import type { Services } from '../../../services';
import { act, done, download, may, page, part } from '../console';
import { id, line, lines, reason, ticked } from '../form';
import { badge, type Cell, confirm, form, table, tiles } from '../parts';
import { nameFor } from '../people';

const one = z.object({ id });
const few = 40;
const many = 400;

async function hers({ subscribers }: Pick<Services, 'subscribers'>, pid: string) {
  const [her] = await subscribers.known([pid]);
  if (!her)
    throw new AppError(
      'NotFound',
      'people.unknown',
      `沒有 pid 是「${pid.slice(0, 64)}」的用戶：她可能取消關注了，或資料已經刪除。`,
    );
  return her;
}

const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`;

export default [
  page(
    '/subscribers/:id',
    may('people.see'),
    {
      title: '用戶檔案',
      template: 'subscriber',
      sees: '看用戶檔案',
      asks: one.extend({ all: ticked }),
    },
    async (visit, asked) => {
      const { services } = visit;
      const her = await hers(services, asked.id);
      const { pid } = her;
      const [copy, ways, called, tags, surveys, campaigns, ledger, bought] = await Promise.all([
        services.upkeep.copy(her),
        services.pushes.waysTo(her),
        services.names.nameOf([pid]),
        services.tags.of(pid),
        services.surveys.list(),
        services.campaigns.list(),
        services.points.statement(pid, few),
        services.purchases.of(pid),
      ]);
      const names: Names = {
        city: (code) => services.cities.get(code)?.name,
        stage: (code) => stageNames[code as keyof typeof stageNames],
        survey: (code) => surveys.find(({ _id }) => _id === code)?.survey.title,
        campaign: (code) => campaigns.find(({ _id }) => _id === code)?.title,
      };
      const shown = (words: string): string => (visit.may('people.full') ? words : maskWords(words));
      const name = nameFor(visit, called.get(pid) ?? '');
      const happened = timelineOf(copy, names, asked.all ? many : few);
      const prizes = await services.prizes.awards.of(pid);
      const { standing } = await services.stages.of(pid);
      const customer = ways.find(({ route }) => route === 'customer');
      const answered = (copy['surveys'] ?? []) as SurveyAnswers[];
      return {
        title: `${name} · 用戶檔案`,
        pid,
        name,
        tiles: tiles([
          { label: '積分', value: await services.points.balance(pid), href: '#points' },
          {
            label: '階段',
            value: standing ? stageNames[standing.stage] : '還沒判定',
            ...(standing
              ? { href: `/subscribers?stage=${standing.stage}`, note: `${standing.since} 起` }
              : {}),
          },
          { label: '流失風險', value: standing?.churn.score ?? '—', ...(standing ? { href: '#churn' } : {}) },
          {
            label: '獎品',
            value: prizes.length,
            ...(prizes.length > 0 && visit.may('prizes.see') ? { href: `/winners?q=${pid}` } : {}),
          },
          { label: '購買', value: bought?.purchases.length ?? 0, href: '#purchases' },
          {
            label: '客服消息',
            value: customer?.why === undefined ? `還能發 ${customer?.left ?? 0} 條` : '現在不能發',
            href: '#ways',
          },
        ]),
        timeline: happened.map(({ at, what, own = '' }) => ({
          when: beijingMoment(at),
          what: own === '' ? what : what.slice(0, what.length - own.length),
          own: shown(own),
        })),
        more: !asked.all && happened.length === few ? `/subscribers/${pid}?all=1` : '',
        known: knownOf(copy, names).map(({ value, from, at, consent = '', own = false, ...rest }) => ({
          ...rest,
          value: value === undefined ? '' : own ? shown(value) : value,
          unknown: value === undefined,
          from: value === undefined ? '' : from,
          when: at === undefined ? '' : beijingDay(at),
          consent,
          own,
        })),
        reasons: standing?.churn.reasons ?? [],
        ways: ways.map(({ says, why = '', left, until }) => ({
          says,
          why,
          told:
            left === undefined
              ? '能發'
              : `還能發 ${left} 條${until === undefined ? '' : `，到 ${beijingMoment(until)}`}`,
        })),
        tags: tags.map((tag) => ({ name: tag, href: `/subscribers?tag=${encodeURIComponent(tag)}` })),
        ledger: table({
          caption: '積分明細',
          columns: [{ label: '時間' }, { label: '為什麼' }, { label: '積分', number: true }],
          rows: ledger.map(({ _id, at, delta, campaign }) => [
            beijingMoment(at.getTime()),
            {
              text: causeOf(_id),
              ...(campaign === undefined ? {} : { note: names.campaign?.(campaign) ?? campaign }),
            },
            delta > 0 ? `+${delta}` : `${delta}`,
          ]),
          empty: { title: '還沒有積分', text: '她答題、填問卷、得到積分獎品時才有。' },
        }),
        prizes: table({
          caption: '獎品',
          columns: [{ label: '獎品' }, { label: '活動' }, { label: '哪一天' }, { label: '狀態' }],
          rows: prizes.map(({ _id, what, campaign, on, state }): Cell[] => [
            visit.may('prizes.see')
              ? { text: what.name, href: `/winners/${encodeURIComponent(_id)}`, own: true }
              : { text: what.name, own: true },
            { text: names.campaign?.(campaign) ?? campaign, own: true },
            on,
            badge(awardStateNames[state], state === 'void' || state === 'expired' ? 'grey' : 'blue'),
          ]),
          empty: { title: '還沒有得過獎', text: '她在活動裡得獎，就列在這裡。' },
        }),
        bought: table({
          caption: '購買',
          columns: [{ label: '日期' }, { label: '訂單' }, { label: '品名' }, { label: '金額', number: true }],
          rows: (bought?.purchases ?? []).map(({ _id, on, what = '', fen }): Cell[] => [
            on,
            { text: _id, own: true },
            { text: what, own: true },
            yuan(fen),
          ]),
          empty: {
            title: bought ? '還沒有購買' : '還沒有綁定手機',
            text: bought
              ? '導入的文件裡沒有這個手機號的訂單。'
              : '導入的購買靠手機號對上；她在聊天裡說「綁定手機」就會對上，以前買的也算。',
          },
        }),
        forms: answered.map(({ survey, at, answers }) => {
          const asks = surveys.find(({ _id }) => _id === survey)?.survey;
          return {
            title: asks?.title ?? survey,
            when: beijingMoment(at.getTime()),
            answers: Object.entries(answers).map(([question, answer]) => ({
              question: asks?.questions.find((its) => its.id === question)?.text ?? question,
              answer: shown([answer].flat().map(String).join('、')),
            })),
          };
        }),
        notes: ((copy['notes'] ?? []) as { words: string; by: string; at: Date }[])
          .toSorted((a, b) => b.at.getTime() - a.at.getTime())
          .map(({ words, by, at }) => ({ words: shown(words), by, when: beijingMoment(at.getTime()) })),
        note: form({
          to: `/subscribers/${pid}/notes`,
          submit: '記下',
          draft: `note:${pid}`,
          fields: [
            {
              name: 'words',
              label: '寫一條備註',
              kind: 'lines',
              required: true,
              most: 500,
              help: '同事都看得到；她要自己的資料副本時，也讀得到。',
            },
          ],
        }),
        erase: confirm({
          id: 'erase',
          to: `/subscribers/${pid}/erase`,
          label: '刪除她的資料',
          title: '刪除她的一切？',
          text: '和她自己說「刪除我的資料」一樣：說過的話、告訴過我們的事、備註、手機和郵箱的綁定都刪掉，找不回來；積分和得獎的賬只留下不指向誰的編號。她若還關注著，下次說話就是新認識的人。',
          reason: '為什麼刪（她怎麼要求的）',
          submit: '刪除，找不回來',
          fields: [{ name: 'typed', label: `照著輸入她的 pid：${pid}`, kind: 'text', required: true }],
        }),
      };
    },
  ),
  part(
    '/subscribers/:id/segments',
    may('people.see'),
    { template: 'subscriber-segments', asks: one },
    async ({ services, may: mayShe }, asked) => {
      const { pid } = await hers(services, asked.id);
      const row = await services.people.read(pid);
      const held = row ? await services.segments.holding(row) : [];
      return {
        isNew: row === null,
        segments: held.map(({ _id, name }) => ({
          name,
          href: mayShe('segments.see') ? `/segments/${_id}` : `/subscribers?segment=${_id}`,
        })),
      };
    },
  ),
  act(
    '/subscribers/:id/notes',
    may('people.note'),
    { what: '給用戶寫備註', asks: one.extend({ words: lines(500) }) },
    async ({ services, by }, asked) => {
      const { pid } = await hers(services, asked.id);
      if (asked.words.trim() === '')
        throw new AppError('Invalid', 'note.words', '備註是空的。', {
          details: { fields: { words: '不能空著' } },
        });
      await services.notes.write({ pid, words: asked.words, by });
      return done('記下了。');
    },
  ),
  download(
    '/subscribers/:id/copy',
    may('people.export'),
    { what: '下載用戶的完整副本', asks: one },
    async ({ services, now }, asked) => {
      const her = await hers(services, asked.id);
      const copy = await services.upkeep.copy(her);
      return {
        name: `用戶 ${her.pid} ${beijingDay(now)}.json`,
        type: 'application/json',
        body: `${JSON.stringify(copy, null, 2)}\n`,
      };
    },
  ),
  act(
    '/subscribers/:id/erase',
    may('people.erase'),
    { what: '刪除用戶的資料', asks: one.extend({ typed: line(64), reason }) },
    async ({ services }, asked) => {
      const her = await hers(services, asked.id);
      if (asked.typed !== her.pid)
        throw new AppError('Invalid', 'people.typed', '輸入的 pid 和她的不一樣，沒有刪。', {
          details: { fields: { typed: '和她的 pid 不一樣' } },
        });
      await eraseNow(services, her);
      return done('刪除了。五分鐘後會再清一次那時正在寫的。', { to: '/subscribers' });
    },
  ),
];
