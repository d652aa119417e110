import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { Log } from '../../kit/log';
import type { CampaignState } from '../campaigns/campaign';
import type { Campaigns } from '../campaigns/campaigns';
import type { Points } from '../points/points';
import type { Awards } from '../prizes/awards';
import type { Upkeep } from '../upkeep';
import { createLeaderboard } from './board/leaderboard';
import { createQuizCampaigns } from './campaigns';
import { createLive } from './live';
import { answerIndexes, createAnswerLog } from './log/answers';
import { createPace } from './log/pace';
import { createProjector } from './log/projector';
import { createProof } from './log/proof';
import { createScores, scoreIndexes } from './log/scores';
import { createJoining } from './play/joining';
import { createPlaying } from './play/play';
import { createQuestionPages } from './play/question-page';
import { createPlayed } from './played';
import { createQuiz } from './quiz';
import { quizTasks } from './quiz.tasks';
import { createSettling } from './settling';

/** The answer log of a quiz in one of these states may still get answers, or is not settled yet. */
const mayGrow: CampaignState[] = ['running', 'paused', 'ended', 'settling'];

/** Everything a quiz is beside a campaign: its log and what is worked out from it, playing, boards, proof. */
export function createQuizzes(given: {
  db: Connection;
  redis: Redis;
  clock: Clock;
  log: Log;
  /** Signs links to questions. */
  key: string;
  /** `https://account.example.com`, without a path. */
  publicUrl: string;
  campaigns: Campaigns;
  points: Points;
  awards: Pick<Awards, 'award' | 'announce' | 'take' | 'find' | 'read'>;
  tickets: Parameters<typeof createQuiz>[0]['tickets'];
}) {
  const { db, redis, clock, log, key, publicUrl, points, awards, tickets } = given;
  const { rulesAt, awarded } = given.campaigns;
  const campaigns = createQuizCampaigns(given.campaigns);
  const answerLog = createAnswerLog({ db, rulesAt });
  const scores = createScores({ db });
  const leaderboard = createLeaderboard({ redis, prefix: `xiaoyi-${db.name}`, db });
  const published = async (id: string) => {
    const quiz = campaigns.get(id) ?? (await campaigns.find(id));
    if (!quiz) throw new Error(`The quiz ${id} is gone, but its log says that prizes were won.`);
    return quiz;
  };
  const projector = createProjector({
    db,
    answerLog,
    points,
    rulesAt,
    quizzes: () => campaigns.all().flatMap(({ id, state }) => (mayGrow.includes(state) ? [id] : [])),
    leaderboard,
    award: async ({ quiz, win }) => awards.award(await published(quiz), win),
    join: createJoining({ awards, quizOf: published }).give,
    log,
  });

  const played = createPlayed({ db });
  const pace = createPace({ db });

  return {
    upkeep: {
      indexes: [...answerIndexes, ...scoreIndexes],
      tasks: quizTasks,
      /** Else the first answer waited until the log is folded, and all that come behind it. */
      async warm() {
        for (const { id } of campaigns.running(clock.now())) await answerLog.catchUp(id);
      },
      copy: async ({ pid }) => ({
        quizzes: await scores.ofPeople([pid]),
        rounds: await db.collection('rounds').find({ pid }).toArray(),
      }),
      work: projector,
      gauges: [
        {
          name: 'projector_lag_answers',
          help: 'Answers in the answer log that are not in the ledger yet',
          read: async () => (await projector.lag()).answers,
        },
      ],
    } satisfies Upkeep,
    answerLog,
    /** How many levels a quiz has. */
    levelsOf: (id: string): number | undefined => campaigns.get(id)?.levels.length,
    perDayOf: (id: string): number | undefined => campaigns.get(id)?.perDay,
    played,
    pace,
    live: createLive({ clock, pace, scores, leaderboard, awards, tickets }),
    settling: createSettling({ answerLog, projector, scores, leaderboard, played }),
    scores,
    leaderboard,
    projector,
    proof: createProof({ db, answerLog, rulesAt, projector, points, awarded }),
    questionPages: createQuestionPages({ campaigns, publicUrl, key }),
    quiz: createQuiz({
      campaigns,
      playing: createPlaying({ answerLog, now: clock.now }),
      answerLog,
      awards,
      tickets,
    }),
  };
}
