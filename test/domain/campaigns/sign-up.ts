import type { Connection } from 'mongoose';
import type { Content } from '../../../src/domain/campaigns/campaign';
import type { Kind, Played } from '../../../src/domain/campaigns/kind';
import type { Prize } from '../../../src/domain/prizes/prize';

/*
 * A kind of campaign that is no quiz, as small as one can be: people sign up; each gets the prize for taking part while it
 * lasts, and all are in the draw.
 */

type SignUp = { campaign: string; pid: string; n: number; on: string };
/** Its own part of a campaign. */
type Game = { question: string };

export const signUpKind: Kind = {
  reserved: ['報名'],
  compare(old, next) {
    const [before, after] = [old.game as Game, next.game as Game];
    return before.question === after.question ? [] : [{ what: '報名問題', against: '公布後不能改' }];
  },
  againstPrize: () => undefined,
  texts: ({ game }) => [{ where: '報名問題', text: (game as Game).question, kind: 'marketing' }],
  facts: {},
  findings: ({ game }) =>
    (game as Game).question === ''
      ? [{ level: 'refuse', rule: 'question', where: '報名問題', reason: '空著' }]
      : [],
};

export function createSignUps({ db }: { db: Connection }) {
  const rows = db.collection<SignUp>('signUps');
  const closed = db.collection<{ _id: string }>('signUpsClosed');
  const all = (campaign: string) => rows.find({ campaign }, { sort: { n: 1 } }).toArray();
  const played: Played = {
    close: async (id) => void (await closed.updateOne({ _id: id }, { $set: {} }, { upsert: true })),
    count: async () => {},
    suspects: async () => new Map(),
    async *winners({ id, prizes, staff }, { excluded }) {
      const people = (await all(id)).filter(({ pid }) => !excluded.has(pid) && !staff.includes(pid));
      for (const { id: prize, way, quantity } of prizes)
        if (way.kind === 'participation')
          for (const { pid, on, n } of people.slice(0, quantity))
            yield { prize, pid, on, floor: n, why: 'participation', unit: pid };
    },
    async *entrants({ id }) {
      for (const { pid } of await all(id)) yield pid;
    },
    async *heirs() {},
    earned: async () => [],
    hide: async () => {},
    unhide: async () => {},
    on: async (id, on) => {
      const players = (await all(id)).filter((one) => one.on === on).length;
      return { players, answers: 0 };
    },
    ofSponsor: async () => ({ questions: 0, answers: 0, right: 0, players: 0 }),
  };
  return {
    played,
    /** False: too late. */
    async signUp(campaign: string, pid: string, on: string): Promise<boolean> {
      if (await closed.findOne({ _id: campaign })) return false;
      await rows.insertOne({ campaign, pid, on, n: (await all(campaign)).length + 1 });
      return true;
    },
  };
}

const beijing = (moment: string): number => Date.parse(`${moment.replace(' ', 'T')}:00+08:00`);

const prize = (id: string, more: Pick<Prize, 'way' | 'quantity'>): Prize => ({
  id,
  name: `西湖船票 ${id}`,
  kind: 'goods',
  priceFen: 5_000,
  claimDays: 15,
  conditions: '無',
  delivery: '包郵寄到中國內地',
  ...more,
});

/** As a marketer would write it: from 1 to 7 December 2026. */
export const signUpContent = (more: Partial<Content> = {}): Content => ({
  id: 'lake',
  kind: 'sign-up',
  title: '西湖遊船報名',
  intro: '報名就有船票。',
  keywords: ['西湖遊船'],
  startsAt: beijing('2026-12-01 09:00'),
  endsAt: beijing('2026-12-07 21:00'),
  rules:
    '一、報名一次就有一張船票，送完為止。二、中獎後十五天內領取，地址只用於寄送，未滿十四歲由監護人代領。',
  organiser: '某某旅行社有限公司',
  contact: '400-000-0000',
  forfeiture: '十五天內沒有領取視為放棄，獎品退回庫存。',
  sponsors: [],
  audience: 'all',
  staff: [],
  prizes: [
    prize('all', { way: { kind: 'participation', rounds: 1 }, quantity: 3 }),
    prize('one', {
      way: {
        kind: 'draw',
        reserves: 1,
        condition: {},
        publicValue: '上證指數收盤',
        at: beijing('2026-12-08 15:00'),
      },
      quantity: 1,
    }),
  ],
  game: { question: '想哪一天來？' } satisfies Game,
  ...more,
});
