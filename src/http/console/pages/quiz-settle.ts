import { z } from 'zod';
import { campaignOf } from '../../../domain/campaigns/campaign-row';
import { sponsorNamed } from '../../../domain/campaigns/named';
import { isOver } from '../../../domain/campaigns/states';
import type { Draw } from '../../../domain/draws/draw';
import { verifyTask } from '../../../domain/quiz/quiz.tasks';
import { settleTask, tellSettled } from '../../../domain/settlement/settlement.tasks';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, download, may, page, part, type Visit } from '../console';
import { cursor, id, line, maybe, moment, reason, ticked } from '../form';
import { badge, confirm, form, table, tiles } from '../parts';
import { drawAt, headOf, namesFor, whoDid } from '../quiz/quiz-page';
import { slowly } from '../slowly';

/* After the end: what is settled and what waits for whom, the draws and their proofs, what it brought a sponsor. */

const inList = 50;
const holdNames = { held: '等決定', released: '放行', rejected: '取消資格' } as const;
const holdTones = { held: 'yellow', released: 'green', rejected: 'red' } as const;
const drawStates = {
  committed: '等封存名單',
  frozen: '名單封存了，等公開數',
  valued: '公開數定了，等開獎',
  drawn: '開獎了',
} as const;
const drawTones = { committed: 'grey', frozen: 'yellow', valued: 'blue', drawn: 'green' } as const;

const ofDraw = z.object({ id, prize: id });
const idOf = ({ id: quiz, prize }: z.output<typeof ofDraw>) => `${quiz}/${prize}`;

async function mustHave({ services }: Visit, draw: string): Promise<Draw> {
  const found = await services.draws.read(draw);
  if (!found)
    throw new AppError('NotFound', 'draw.unknown', '這個抽獎還沒有：活動開賽時才定下種子、公布承諾。');
  return found;
}

export default [
  page(
    '/quiz/:id/settle',
    may('quiz.see'),
    {
      title: '結算',
      template: 'quiz-settle',
      asks: z.object({ id, state: maybe(z.enum(['held', 'released', 'rejected'])), cursor }),
    },
    async (visit, asked) => {
      const { services, may: can } = visit;
      const quiz = asked.id;
      const row = await services.campaigns.row(quiz);
      const [held, draws] = await Promise.all([
        services.settlement.heldPage({
          campaign: quiz,
          state: asked.state,
          after: asked.cursor,
          most: inList + 1,
        }),
        services.draws.of(quiz),
      ]);
      const shown = held.slice(0, inList);
      const name = await namesFor(
        visit,
        shown.map(({ pid }) => pid),
      );
      const names = new Map(row.prizes.map((prize) => [prize.id, prize.name]));
      return {
        title: row.title,
        quiz: headOf(row, 'settle'),
        over: isOver(row.state),
        settled: row.state === 'settled',
        mustWait: !can('quiz.run') && isOver(row.state) && row.state !== 'settled',
        maySettle: can('quiz.run') && isOver(row.state) && row.state !== 'settled',
        settle: form({
          to: `/quiz/${quiz}/settle`,
          submit: row.state === 'ended' ? '現在就結算' : '接著結算',
          fields: [{ name: 'withHeld', label: '不等被留置的人，先發別人的（她們的位次留著）', kind: 'tick' }],
        }),
        held: table({
          caption: '被留置的人',
          path: `/quiz/${quiz}/settle`,
          asked: { state: asked.state, cursor: asked.cursor },
          columns: [
            { label: '誰' },
            { label: '狀態' },
            { label: '看到什麼' },
            { label: '誰留置的' },
            { label: '怎麼決定的' },
          ],
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(holdNames).map(([value, label]) => ({ value, label })),
            },
          ],
          rows: shown.map(({ pid, state, reasons, by, decided }) => [
            { text: name(pid), href: `/quiz/${quiz}/players/${pid}`, own: true },
            badge(holdNames[state], holdTones[state]),
            reasons.map(({ seen }) => seen).join('；'),
            whoDid(by),
            decided ? `${decided.by}：${decided.reason}` : '',
          ]),
          empty: {
            title: '沒有人被留置',
            text: '看起來像程序或一人多號的，結算時會列在這裡等人決定；也可以在玩家的頁面手動留置。',
            href: `/quiz/${quiz}/players`,
            label: '看玩家',
          },
          next: held.length > inList ? shown.at(-1)?.pid : undefined,
        }),
        draws: table({
          caption: '抽獎',
          columns: [
            { label: '獎品' },
            { label: '狀態' },
            { label: '公開數' },
            { label: '公布時間' },
            { label: '號碼', number: true },
          ],
          rows: draws.map(({ _id, prize, state, named, valueAt, frozen }) => [
            { text: names.get(prize) ?? prize, href: drawAt(_id), own: true },
            badge(drawStates[state], drawTones[state]),
            named,
            beijingMoment(valueAt),
            frozen?.entries ?? '',
          ]),
          empty: { title: '沒有抽獎', text: '' },
        }),
        sponsors: row.sponsors.map((sponsor) => ({
          href: `/quiz/${quiz}/sponsors/${sponsor.id}`,
          name: sponsor.name,
        })),
      };
    },
  ),
  act(
    '/quiz/:id/settle',
    may('quiz.run'),
    { what: '結算活動', asks: z.object({ id, withHeld: ticked }) },
    async (visit, { id: campaign, withHeld }) => {
      const { state } = await visit.services.campaigns.row(campaign);
      if (!isOver(state)) throw new AppError('Conflict', 'campaign.state', '活動還沒有結束，不能結算。');
      return done('開始結算。', {
        to: await visit.start(settleTask, { campaign, withHeld, href: `/quiz/${campaign}/settle` }),
      });
    },
  ),
  act(
    '/quiz/:id/verify',
    may('quiz.see'),
    { what: '核對活動', asks: z.object({ id }) },
    async (visit, { id: quiz }) => {
      await visit.services.campaigns.row(quiz);
      return done('開始核對。', { to: await visit.start(verifyTask, { quiz }) });
    },
  ),

  page(
    '/quiz/:id/draws/:prize',
    may('quiz.see'),
    { title: '抽獎', template: 'quiz-draw', asks: ofDraw },
    async (visit, asked) => {
      const { services, may: can, now } = visit;
      const row = await services.campaigns.row(asked.id);
      const draw = await mustHave(visit, idOf(asked));
      const { pending, state, value, frozen, drawn } = draw;
      const outcome = await services.draws.outcome(draw._id);
      const name = await namesFor(visit, [...(outcome?.won ?? []), ...(outcome?.reserve ?? [])]);
      const at = `/quiz/${asked.id}/draws/${asked.prize}`;
      // Two people each on her own: whoever runs quizzes, and whoever agrees.
      const end = can('quiz.run') ? '' : '-second';
      const mayEnter = can('quiz.run') || can('quiz.approve');
      return {
        title: row.title,
        quiz: headOf(row, 'settle'),
        name: row.prizes.find((prize) => prize.id === asked.prize)?.name ?? asked.prize,
        state: drawStates[state],
        tone: drawTones[state],
        facts: [
          { name: '承諾（種子的 SHA-256）', text: draw.commitment },
          { name: '承諾公布於', text: beijingMoment(draw.committedAt) },
          { name: '公開數', text: `${draw.named}，${beijingMoment(draw.valueAt)} 公布` },
          ...(frozen
            ? [
                {
                  name: '名單',
                  text: `${frozen.entries} 個號碼，抽 ${frozen.winners} 名，候補 ${frozen.reserves} 名`,
                },
                { name: '名單的 SHA-256', text: `${frozen.hash}（${beijingMoment(frozen.at)} 封存）` },
              ]
            : []),
          ...(value
            ? [{ name: '公開數的值', text: `${value.text}（${value.by}、${value.approvedBy} 輸入）` }]
            : []),
        ],
        putOff: draw.putOff.map(
          ({ named, by, approvedBy, reason: why }) => `原來是「${named}」，${by}、${approvedBy} 換的：${why}`,
        ),
        pending: pending ? `${pending.by} 已經輸入，等另一位自己也輸入一次。` : '',
        early: state === 'frozen' && now < draw.valueAt,
        enter:
          mayEnter && state === 'frozen' && now >= draw.valueAt
            ? form({
                to: `${at}/value${end}`,
                submit: '輸入',
                fields: [
                  {
                    name: 'value',
                    label: `「${draw.named}」的值`,
                    kind: 'text',
                    required: true,
                    help: '自己看原始公告輸入，不要抄另一位的：兩位相同才開獎，開了接著發獎。',
                  },
                ],
              })
            : '',
        later:
          mayEnter && state === 'committed'
            ? confirm({
                id: 'put-off',
                to: `${at}/put-off${end}`,
                label: '換一個公開數',
                title: '換一個以後才公布的公開數？',
                reason: '為什麼換',
                submit: '換',
                text: '原來的公開數出不來，或名單封存前就能知道時才換。要兩位輸入相同的，記錄會公開。',
                fields: [
                  { name: 'named', label: '公開數', kind: 'text', required: true },
                  { name: 'valueAt', label: '什麼時候公布', kind: 'moment', required: true },
                ],
              })
            : '',
        drawn: drawn ? beijingMoment(drawn.at) : '',
        winners: table({
          caption: '開獎結果',
          columns: [{ label: '' }, { label: '號碼' }, { label: '誰' }],
          rows: drawn
            ? [
                ...drawn.won.map((entry, n) => [
                  badge('中獎', 'green'),
                  entry,
                  personOf(asked.id, outcome?.won[n], name),
                ]),
                ...drawn.reserve.map((entry, n) => [
                  badge(`候補 ${n + 1}`, 'grey'),
                  entry,
                  personOf(asked.id, outcome?.reserve[n], name),
                ]),
              ]
            : [],
          empty: { title: '還沒有開獎', text: '名單封存、兩位輸入相同的公開數以後自己開獎。' },
        }),
      };
    },
  ),
  download(
    '/quiz/:id/draws/:prize/proof.json',
    may('quiz.see'),
    { what: '下載抽獎證明', asks: ofDraw },
    async ({ services }, asked) => ({
      name: `${asked.id}-${asked.prize}-證明.json`,
      type: 'application/json',
      body: `${JSON.stringify(await services.draws.proof(idOf(asked)), null, 1)}\n`,
    }),
  ),
  ...(['quiz.run', 'quiz.approve'] as const).flatMap((right) => {
    const end = right === 'quiz.run' ? '' : '-second';
    return [
      act(
        `/quiz/:id/draws/:prize/value${end}`,
        may(right),
        { what: '輸入抽獎的公開數', asks: ofDraw.extend({ value: line(200) }) },
        async (visit, { value, ...asked }) => {
          const draw = idOf(asked);
          await asSecondOf(visit, draw);
          const entered = await visit.services.settlement.enterValue({ draw, value, by: visit.by });
          if (entered.kind === 'waits') return done('記下了。請另一位核對原始公告後，自己也輸入一次。');
          return done(
            `兩位輸入相同，開獎了：中獎號碼 ${entered.won.join('、')}。${tellSettled(entered.settled)}`,
            {
              after: { draw, won: entered.won, reserve: entered.reserve },
            },
          );
        },
      ),
      act(
        `/quiz/:id/draws/:prize/put-off${end}`,
        may(right),
        { what: '換抽獎的公開數', asks: ofDraw.extend({ named: line(100), valueAt: moment, reason }) },
        async (visit, { named, valueAt, reason: why, ...asked }) => {
          const draw = idOf(asked);
          const before = await mustHave(visit, draw);
          await asSecondOf(visit, draw);
          const how = await visit.services.draws.putOff({
            id: draw,
            named,
            valueAt,
            reason: why,
            by: visit.by,
          });
          return done(
            how === 'waits'
              ? '記下了。請另一位也輸入一次，相同才換。'
              : `改用「${named}」，${beijingMoment(valueAt)} 公布。`,
            { before: { named: before.named, valueAt: before.valueAt }, after: { named, valueAt, how } },
          );
        },
      ),
    ];
  }),

  page(
    '/quiz/:id/sponsors/:sponsor',
    may('quiz.see'),
    { title: '贊助商報告', template: 'quiz-sponsor', asks: z.object({ id, sponsor: id }) },
    async ({ services }, asked) => {
      const row = await services.campaigns.row(asked.id);
      const sponsor = sponsorNamed(row, asked.sponsor);
      return {
        title: sponsor.name,
        quiz: headOf(row, 'settle'),
        sponsor: { id: sponsor.id, name: sponsor.name },
      };
    },
  ),
  part(
    '/quiz/:id/sponsors/:sponsor/report',
    may('quiz.see'),
    { template: 'quiz-sponsor-report', asks: z.object({ id, sponsor: id }) },
    ({ services }, asked) =>
      slowly(async () => {
        const campaign = campaignOf(await services.campaigns.row(asked.id));
        const report = await services.reports.sponsor(campaign, sponsorNamed(campaign, asked.sponsor).id);
        const rate = report.answers === 0 ? '—' : `${Math.round((report.right / report.answers) * 100)}%`;
        const of = (prize: string, state = '') =>
          `/winners?campaign=${asked.id}&prize=${prize}${state === '' ? '' : `&state=${state}`}`;
        return {
          tiles: tiles([
            { label: '題目', value: report.questions },
            { label: '答過的人', value: report.players },
            { label: '答案', value: report.answers },
            { label: '答對', value: rate },
          ]),
          table: table({
            caption: '獎品',
            columns: [
              '獎品',
              '承諾',
              '發出',
              '待領',
              '待寄',
              '已寄',
              '已用',
              '過期',
              '作廢',
              '剩',
              '價值（元）',
            ].map((label, n) => ({ label, number: n > 0 })),
            rows: report.prizes.map((one) => [
              { text: one.name, href: of(one.prize), own: true },
              one.promised,
              { text: one.given, href: of(one.prize) },
              one.open,
              one.toSend,
              { text: one.sent, href: of(one.prize, 'sent') },
              { text: one.used, href: of(one.prize, 'used') },
              { text: one.expired, href: of(one.prize, 'expired') },
              { text: one.void, href: of(one.prize, 'void') },
              one.left,
              one.valueFen / 100,
            ]),
            empty: { title: '沒有它的獎品', text: '' },
          }),
        };
      }),
  ),
];

const personOf = (quiz: string, pid: string | undefined, name: (pid: string) => string) =>
  pid === undefined ? '' : { text: name(pid), href: `/quiz/${quiz}/players/${pid}`, own: true };

/** Whoever said it first may not be at this very browser. */
async function asSecondOf(visit: Visit, draw: string): Promise<void> {
  const { pending } = await mustHave(visit, draw);
  if (pending && pending.by !== visit.by) await visit.asSecond([pending.by]);
}
