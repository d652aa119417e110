import { z } from 'zod';
import type { Award } from '../../../domain/prizes/award';
import { isElsewhere, type Looked, tellRedeemed } from '../../../domain/prizes/redeem';
import { AppError } from '../../../errors';
import { beijingDay, beijingMoment, startOfBeijingDay } from '../../../kit/beijing';
import { maskBoardName } from '../../../kit/mask';
import type { Services } from '../../../services';
import { act, done, may, page, shownOnce } from '../console';
import { line, maybe, ticked } from '../form';
import { form, type Tone, table } from '../parts';
import { winnerPath } from '../winner-list';

const code = line(100);
const place = line(40);

const tones: Record<Looked['kind'], Tone> = {
  valid: 'green',
  already: 'red',
  expired: 'red',
  void: 'red',
  waits: 'yellow',
  unknown: 'red',
  tooMany: 'yellow',
};
const heads: Record<Looked['kind'], string> = {
  valid: '可以用',
  already: '已經用過',
  expired: '過期了',
  void: '作廢了',
  waits: '正在核對',
  unknown: '沒有這個碼',
  tooMany: '等一分鐘',
};

/** Whose it is, as far as a counter needs it. */
async function portraitOf({ names, scores }: Services, { pid, campaign, at }: Award) {
  const [called, played] = await Promise.all([names.nameOf([pid]), scores.ofPeople([pid])]);
  const level = played.find(({ quiz }) => quiz === campaign)?.level;
  return {
    name: maskBoardName(called.get(pid) ?? ''),
    level: level ?? 0,
    wonAt: beijingMoment(at),
  };
}

export default [
  page(
    '/redeem',
    may('prizes.redeem'),
    {
      title: '核銷',
      menu: { group: 'campaigns', at: 40 },
      template: 'redeem',
      asks: z.object({ at: maybe(place) }),
    },
    async ({ services, by, now, ...visit }, asked) => {
      const mine = await services.prizes.redeemedBy(by, { since: startOfBeijingDay(beijingDay(now)) });
      const sees = visit.may('prizes.see');
      return {
        at: asked.at ?? '',
        mine: table({
          caption: '我今天核銷的',
          columns: [{ label: '獎品' }, { label: '時間' }, { label: '地點' }],
          rows: mine.map(({ _id, what, used }) => [
            { text: what.name, own: true, ...(sees ? { href: winnerPath(_id) } : {}) },
            used ? beijingMoment(used.at) : '',
            { text: used?.where ?? '', own: true },
          ]),
          empty: { title: '今天還沒有', text: '客人出示券碼時，掃一下或輸入，看過再核銷。' },
        }),
      };
    },
  ),
  act(
    '/redeem/look',
    may('prizes.redeem'),
    { what: '查券碼', asks: z.object({ code, at: place }) },
    async ({ services, by }, { code: typed, at }) => {
      const found = await services.prizes.look(typed, { by });
      const award = 'award' in found ? found.award : undefined;
      const elsewhere = found.kind === 'valid' && isElsewhere(found.award, at);
      return shownOnce('redeem-found', {
        head: heads[found.kind],
        tone: tones[found.kind],
        told: tellRedeemed(found),
        valid: found.kind === 'valid',
        elsewhere,
        at,
        what: award && {
          name: award.what.name,
          usedAt: award.what.usedAt ?? '',
          conditions: award.what.conditions ?? '',
          until: award.claimBy === undefined ? '' : beijingMoment(award.claimBy),
        },
        her: award && (await portraitOf(services, award)),
        use: form({
          to: '/redeem/use',
          submit: '核銷',
          fields: [
            { name: 'code', label: '', kind: 'hidden', value: typed },
            { name: 'at', label: '', kind: 'hidden', value: at },
            ...(elsewhere ? [{ name: 'sure', label: `確定在「${at}」也能用`, kind: 'tick' as const }] : []),
          ],
        }),
      });
    },
  ),
  act(
    '/redeem/use',
    may('prizes.redeem'),
    { what: '核銷', asks: z.object({ code, at: place, sure: ticked }) },
    async ({ services, by }, { code: typed, at, sure }) => {
      const answer = await services.prizes.redeem(typed, { by, at, onlyThere: !sure });
      const told = tellRedeemed(answer);
      if (answer.kind === 'elsewhere')
        throw new AppError('Conflict', 'redeem.elsewhere', told, {
          details: { fields: { sure: '請先確認地點' } },
        });
      if (answer.kind !== 'used') throw new AppError('Conflict', 'redeem.refused', told);
      return done(told, {
        to: `/redeem?${new URLSearchParams({ at }).toString()}`,
        after: { award: answer.award._id, at },
      });
    },
  ),
];
