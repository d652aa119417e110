import type { Connection } from 'mongoose';
import type { Campaign } from '../campaigns/campaign';
import type { Hold } from '../settlement/holds';
import type { QuizGame } from './definition';
import type { ScoreRow } from './log/scores';

type PlayedScore = Pick<ScoreRow, 'pid' | 'points' | 'right' | 'answered' | 'days' | 'level'>;

/** How much was played, read from the projections and the answer log: for reports. */
export function createPlayed({ db }: { db: Connection }) {
  return {
    /** Players and answers of one Beijing day (搶答 included). */
    async on(quiz: string, day: string): Promise<{ players: number; answers: number }> {
      const [found] = await db
        .collection('rounds')
        .aggregate<{ players: number; answers: number }>([
          { $match: { quiz, on: day } },
          {
            $group: {
              _id: null,
              players: { $sum: 1 },
              answers: { $sum: { $add: ['$answered', { $ifNull: ['$flash', 0] }] } },
            },
          },
        ])
        .toArray();
      return { players: found?.players ?? 0, answers: found?.answers ?? 0 };
    },

    /** Who took part and was not disqualified, the best first. */
    async *scores(quiz: string): AsyncGenerator<PlayedScore> {
      const out = new Set(
        await db.collection<Hold>('holds').distinct('pid', { campaign: quiz, state: 'rejected' }),
      );
      const all = db.collection<PlayedScore & { quiz: string; reached: number }>('scores').find(
        { quiz },
        {
          sort: { points: -1, reached: 1 },
          projection: { _id: 0, pid: 1, points: 1, right: 1, answered: 1, days: 1, level: 1 },
          batchSize: 500,
        },
      );
      for await (const score of all) if (!out.has(score.pid)) yield score;
    },

    /** How a sponsor's questions were answered, and by how many people. Reads the whole log: not for a reply. */
    async ofSponsor(
      { id: quiz, game }: Pick<Campaign, 'id' | 'game'>,
      sponsor: string,
    ): Promise<{ questions: number; answers: number; right: number; players: number }> {
      const { questions } = game as QuizGame;
      const ids = questions.flatMap((one) => (one.sponsor === sponsor ? [one.id] : []));
      if (ids.length === 0) return { questions: 0, answers: 0, right: 0, players: 0 };
      const [found] = await db
        .collection('answers')
        .aggregate<{ answers: number; right: number; players: number }>(
          [
            { $match: { _id: { $gt: `${quiz}/`, $lt: `${quiz}/~` } } },
            { $unwind: '$a' },
            { $match: { 'a.q': { $in: ids } } },
            {
              $group: {
                _id: '$a.pid',
                answers: { $sum: 1 },
                right: { $sum: { $cond: ['$a.ok', 1, 0] } },
              },
            },
            {
              $group: {
                _id: null,
                players: { $sum: 1 },
                answers: { $sum: '$answers' },
                right: { $sum: '$right' },
              },
            },
          ],
          { allowDiskUse: true },
        )
        .toArray();
      return { questions: ids.length, ...(found ?? { answers: 0, right: 0, players: 0 }) };
    },
  };
}

export type QuizPlayed = ReturnType<typeof createPlayed>;
