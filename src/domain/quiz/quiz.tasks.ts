import { z } from 'zod';
import { AppError } from '../../errors';
import { defineTask } from '../../kit/define-task';
import type { Campaigns } from '../campaigns/campaigns';
import type { Draws } from '../draws/draws';
import type { Exports } from '../exports/exports';
import { laidFlat } from './definition';
import type { Proof } from './log/proof';
import type { QuizPlayed } from './played';
import type { Players } from './players';
import { mostPlayers, oddsOf } from './rehearse/odds';
import { tellOdds } from './rehearse/tell-odds';

type Needs = {
  campaigns: Pick<Campaigns, 'find'>;
  exports: Pick<Exports, 'points' | 'group'>;
  played: Pick<QuizPlayed, 'scores'>;
  players: Pick<Players, 'in'>;
  proof: Pick<Proof, 'replay' | 'audit'>;
  draws: Pick<Draws, 'of' | 'check'>;
};

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

async function quizOf({ campaigns }: Pick<Needs, 'campaigns'>, id: string) {
  const campaign = await campaigns.find(id);
  if (!campaign) throw new AppError('NotFound', 'campaign.unknown', `沒有編號是「${id}」的活動。`);
  return laidFlat(campaign);
}

/** As so many invented people would play it. */
export const oddsTask = defineTask({
  name: 'quiz-odds',
  input: z.object({ quiz: z.string(), players: z.number().int().min(1).max(mostPlayers) }),
  title: ({ quiz, players }) => `用 ${players} 個假想的人排練「${quiz}」`,
  async run({ campaigns }: Pick<Needs, 'campaigns'>, { quiz, players }) {
    const odds = await oddsOf(await quizOf({ campaigns }, quiz), players);
    return { text: tellOdds(odds), href: `/quiz/${quiz}/rehearse` };
  },
});

/** The points of everybody who took part, the best first. */
export const pointsTask = defineTask({
  name: 'quiz-points',
  input: z.object({ quiz: z.string(), full: z.boolean() }),
  title: ({ quiz }) => `導出「${quiz}」的積分`,
  async run({ exports, played }: Pick<Needs, 'exports' | 'played'>, { quiz, full }, { by, file }) {
    const out = file(`${quiz}-積分.xlsx`, xlsx);
    const { rows } = await exports.points(quiz, played.scores(quiz), { format: 'xlsx', out, by, full });
    return { text: `${rows} 人，${full ? '含完整個人資料，請妥善保管' : '個人資料已遮住'}。` };
  },
});

/** The people of one group of players. */
export const groupTask = defineTask({
  name: 'quiz-group',
  input: z.object({ quiz: z.string(), group: z.string(), full: z.boolean() }),
  title: ({ quiz, group }) => `導出「${quiz}」的分群 ${group}`,
  async run(services: Pick<Needs, 'campaigns' | 'exports' | 'players'>, { quiz, group, full }, { by, file }) {
    const rows = services.players.in(await quizOf(services, quiz), group);
    const out = file(`${quiz}-${group}.xlsx`, xlsx);
    const done = await services.exports.group(
      { campaign: quiz, group, rows },
      { format: 'xlsx', out, by, full },
    );
    return { text: `${done.rows} 人，沒有微信的編號（openid）${full ? '' : '，名字已遮住'}。` };
  },
});

const mostTold = 50;

/** Works everything out again from the answer log, and every draw from its proof. */
export const verifyTask = defineTask({
  name: 'quiz-verify',
  input: z.object({ quiz: z.string() }),
  title: ({ quiz }) => `核對「${quiz}」`,
  async run({ proof, draws }: Pick<Needs, 'proof' | 'draws'>, { quiz }, { progress }) {
    const { answers, wins, differences } = await proof.replay(quiz);
    await progress({ text: `${answers} 個答案重算過了，正在對帳` });
    const unequal = [...differences, ...(await proof.audit(quiz))];
    const told = [
      `${answers} 個答案重算，樓層與搶答 ${wins.length} 個獎；${unequal.length} 處不同。`,
      ...unequal
        .slice(0, mostTold)
        .map(
          ({ what, id, expected, found }) =>
            `${what} ${id}：應為 ${JSON.stringify(expected)}，實為 ${JSON.stringify(found)}`,
        ),
    ];
    for (const { _id, state } of await draws.of(quiz)) {
      if (state !== 'drawn') continue;
      const wrong = await draws.check(_id);
      told.push(`抽獎 ${_id}：${wrong.length === 0 ? '重算相同' : wrong.join('；')}`);
    }
    return { text: told.join('\n'), href: `/quiz/${quiz}/settle` };
  },
});

export const quizTasks = [oddsTask, pointsTask, groupTask, verifyTask];
