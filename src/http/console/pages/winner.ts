import { z } from 'zod';
import { moves, type Step } from '../../../domain/prizes/award';
import { type AskedState, askedStateNames } from '../../../domain/prizes/award-filter';
import type { Winner } from '../../../domain/prizes/winners';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page } from '../console';
import { id, line, reason } from '../form';
import { confirm, form } from '../parts';
import { listOf, stateCell, winnerPath } from '../winner-list';

const one = z.object({ id });
const ways: Record<Winner['award']['why'], string> = {
  floor: '幸運樓層',
  first: '搶答',
  ranking: '排行',
  participation: '參與',
  draw: '抽獎',
};
const actors: Record<string, string> = { system: '系統', fan: '本人' };

const missing = () =>
  new AppError('NotFound', 'winners.unknown', '沒有這份獎品。編號可能抄少了，請從名單點進來。');
const settled = (told: string) => new AppError('Conflict', 'winners.state', told);

const stepOf = ({ state, at, by, reason: why }: Step) => ({
  at,
  state: askedStateNames[state as AskedState],
  by: actors[by] ?? by,
  own: actors[by] === undefined,
  why: why ?? '',
});

/** What is known of it, one line each; what is not there is left out. */
function factsOf({ award, name, code }: Winner, { title, sponsor }: { title: string; sponsor: string }) {
  const { what, campaign, prize, claimBy, sent, used, floor } = award;
  const facts: { label: string; text: string; href?: string; own?: boolean }[] = [
    { label: '活動', text: title, href: listOf({ campaign }), own: true },
    { label: '獎品', text: what.name, href: listOf({ campaign, prize }), own: true },
    ...(what.sponsor
      ? [
          {
            label: '贊助商',
            text: sponsor,
            href: listOf({ campaign, sponsor: what.sponsor }),
            own: true,
          },
        ]
      : []),
    { label: '誰', text: name, own: true },
    { label: '怎麼得的', text: `${ways[award.why]}${floor === undefined ? '' : `，第 ${floor} 樓`}` },
    { label: '中獎日', text: award.on, href: listOf({ campaign, day: award.on }) },
    ...(code ? [{ label: '碼', text: code, own: true }] : []),
    ...(what.usedAt ? [{ label: '使用地點', text: what.usedAt, own: true }] : []),
    ...(claimBy === undefined ? [] : [{ label: '截止', text: beijingMoment(claimBy) }]),
    ...(sent ? [{ label: '快遞', text: `${sent.courier} ${sent.tracking}`, own: true }] : []),
    ...(used
      ? [{ label: '核銷', text: `${beijingMoment(used.at)} ${used.where}，${used.by}`, own: true }]
      : []),
    { label: '編號', text: award._id, own: true },
  ];
  return facts.map((fact) => ({ href: '', own: false, ...fact }));
}

/** What may be done with it now, for whoever may. */
function deedsOf({ award, claim }: Winner) {
  const { _id, state, waits, sent, what } = award;
  const to = winnerPath(_id);
  const from = (name: keyof typeof moves) => moves[name].from.includes(state);
  return {
    approve:
      from('approved') && waits === undefined
        ? form({ to: `${to}/approve`, fields: [], submit: '批准' })
        : '',
    void:
      !from('void') || (state === 'done' && what.kind !== 'code' && what.kind !== 'points')
        ? ''
        : confirm({
            id: 'void',
            to: `${to}/void`,
            label: state === 'claimed' ? '不批准（作廢）' : '作廢',
            title: '作廢這份獎品？',
            text: '庫存退回，按規則讓給下一位；看過的碼不再發。她在「獎品」裡看到「已作廢」，原因只有我們看得到。作廢了不能再恢復。',
            reason: '原因',
            submit: '作廢',
          }),
    unuse:
      state === 'used'
        ? confirm({
            id: 'unuse',
            to: `${to}/unuse`,
            label: '撤回核銷',
            title: '撤回這次核銷？',
            text: '掃錯了、客人其實沒有用上：撤回以後這張券可以再用，有效期不變。誰在哪裡核銷過、為什麼撤回，都留在經過裡。',
            reason: '原因',
            submit: '撤回核銷',
          })
        : '',
    address:
      state === 'claimed' && claim
        ? form({
            to: `${to}/address`,
            submit: '更正收件資料',
            fields: [
              { name: 'name', label: '收件人', kind: 'text', value: claim.name, required: true, most: 30 },
              { name: 'phone', label: '電話', kind: 'text', value: claim.phone, required: true, most: 20 },
              {
                name: 'address',
                label: '地址',
                kind: 'lines',
                value: claim.address,
                required: true,
                most: 120,
              },
              {
                name: 'reason',
                label: '為什麼改',
                kind: 'text',
                required: true,
                most: 200,
                help: '例如「本人來電」。批准以前都能改；她自己回覆「改地址」也行。',
              },
            ],
          })
        : '',
    tracking:
      what.kind === 'goods' && (state === 'approved' || state === 'sent')
        ? form({
            to: `${to}/tracking`,
            submit: sent ? '更正單號，再通知她' : '登記寄出，通知她',
            ...(sent ? { confirm: '她會再收到一次更正的單號。確定？' } : {}),
            fields: [
              {
                name: 'courier',
                label: '快遞公司',
                kind: 'text',
                value: sent?.courier,
                required: true,
                most: 40,
              },
              {
                name: 'tracking',
                label: '快遞單號',
                kind: 'text',
                value: sent?.tracking,
                required: true,
                most: 40,
              },
            ],
          })
        : '',
  };
}

export default [
  page(
    '/winners/:id',
    may('prizes.see'),
    { title: '一份獎品', template: 'winner', asks: one, sees: '看中獎者' },
    async ({ services, ...visit }, asked) => {
      const full = visit.may('people.full');
      const winner = await services.prizes.winner(asked.id, { full });
      if (!winner) throw missing();
      const { award, claim } = winner;
      const campaign = await services.campaigns.find(award.campaign);
      return {
        title: award.what.name,
        name: award.what.name,
        full,
        state: stateCell(winner),
        pid: award.pid,
        seesPeople: visit.may('people.see'),
        facts: factsOf(winner, {
          title: campaign?.title ?? award.campaign,
          sponsor:
            campaign?.sponsors.find((each) => each.id === award.what.sponsor)?.name ??
            award.what.sponsor ??
            '',
        }),
        claim: claim && { name: claim.name, phone: claim.phone, address: claim.address, at: claim.at },
        short: award.todo.includes('ticket'),
        steps: award.history.map(stepOf),
        ...deedsOf(winner),
      };
    },
  ),
  act(
    '/winners/:id/approve',
    may('prizes.approve'),
    { what: '批准獎品', asks: one },
    async ({ services, by }, asked) => {
      const moved = await services.prizes.awards.move(asked.id, 'approved', { by });
      if (moved.kind === 'unknown') throw missing();
      if (moved.kind === 'refused')
        throw settled(
          moved.why === 'waits'
            ? '這份獎品還在核對，決定了才能批准。'
            : `這份獎品現在是「${askedStateNames[moved.award.state as AskedState]}」，不能批准。`,
        );
      return done('批准了。', { after: { award: asked.id, state: 'approved' } });
    },
  ),
  act(
    '/winners/:id/void',
    may('prizes.approve'),
    { what: '作廢獎品', asks: z.object({ id, reason }) },
    async ({ services, by }, asked) => {
      const before = (await services.prizes.awards.read(asked.id))?.state;
      const moved = await services.prizes.awards.annul(asked.id, { by, reason: asked.reason });
      if (moved.kind === 'unknown') throw missing();
      if (moved.kind === 'refused')
        throw settled(`這份獎品現在是「${askedStateNames[moved.award.state as AskedState]}」，不能作廢。`);
      return done(`「${moved.award.what.name}」作廢了，按規則讓給下一位。`, { before, after: 'void' });
    },
  ),
  act(
    '/winners/:id/unuse',
    may('prizes.approve'),
    { what: '撤回核銷', asks: z.object({ id, reason }) },
    async ({ services, by }, asked) => {
      const before = (await services.prizes.awards.read(asked.id))?.used;
      const moved = await services.prizes.awards.takeBackUse(asked.id, { by, reason: asked.reason });
      if (moved.kind === 'unknown') throw missing();
      if (moved.kind === 'refused')
        throw settled(
          moved.award.state === 'done'
            ? '用過很久了，已經了結，不能再撤回。'
            : `這份獎品現在是「${askedStateNames[moved.award.state as AskedState]}」，沒有核銷可以撤回。`,
        );
      return done('核銷撤回了，這張券可以再用。', { before, after: moved.award.state });
    },
  ),
  act(
    '/winners/:id/address',
    may('people.full'),
    {
      what: '更正收件資料',
      asks: z.object({ id, name: line(30), phone: line(20), address: line(120, 6), reason }),
    },
    async ({ services, by }, { id: award, reason: why, ...filled }) => {
      const corrected = await services.prizes.claims.correct({ award, by, reason: why, form: filled });
      if (corrected.kind === 'invalid')
        throw new AppError('Invalid', 'winners.claim', '有地方要改。', {
          details: {
            fields: Object.fromEntries(corrected.problems.map(({ field, message }) => [field, message])),
          },
        });
      if (corrected.kind === 'refused') throw settled('已經批准了，或還沒有人登記：收件資料不能再改。');
      return done('收件資料改好了。');
    },
  ),
  act(
    '/winners/:id/tracking',
    may('prizes.ship'),
    { what: '登記快遞單號', asks: z.object({ id, courier: line(40), tracking: line(40) }) },
    async ({ services, by }, asked) => {
      const before = (await services.prizes.awards.read(asked.id))?.sent;
      const outcome = await services.prizes.courier.registerOne(asked, { by, correct: true });
      if (outcome.kind === 'refused')
        throw new AppError('Invalid', 'winners.tracking', outcome.why, {
          details: { fields: { tracking: outcome.why } },
        });
      const { courier, tracking } = asked;
      const told = {
        sent: '登記好了，她會收到單號。',
        corrected: '更正好了，她會再收到一次。',
        same: '單號沒有變。',
      };
      return done(told[outcome.kind], { before, after: { courier, tracking } });
    },
  ),
];
