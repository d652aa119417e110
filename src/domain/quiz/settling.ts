import type { Campaign } from '../campaigns/campaign';
import type { Heir, Played } from '../campaigns/kind';
import type { Leaderboard } from './board/leaderboard';
import { laidFlat } from './definition';
import type { AnswerLog } from './log/answers';
import { suspicions } from './log/patterns';
import type { Projector } from './log/projector';
import type { Scores } from './log/scores';
import { meets, winners } from './log/winners';
import type { QuizPlayed } from './played';

/** What a quiz says of how it was played: for settlement and reports. */
export function createSettling(given: {
  answerLog: Pick<AnswerLog, 'seal' | 'read' | 'of'>;
  projector: Pick<Projector, 'catchUp'>;
  scores: Pick<Scores, 'ranking' | 'rounds'>;
  leaderboard: Pick<Leaderboard, 'hide' | 'unhide'>;
  played: QuizPlayed;
}): Played {
  const { answerLog, projector, scores, leaderboard, played } = given;

  /** Every answer, in the order of the log, with its floor. */
  async function* answers(quiz: string) {
    for (let seq = 0, more = true; more; ) {
      more = false;
      for await (const batch of answerLog.read(quiz, seq)) {
        more = true;
        seq = batch.seq;
        for (const [i, entry] of batch.a.entries()) yield { entry, floor: batch.first + i };
      }
    }
  }

  async function* traces(quiz: string) {
    for await (const { entry } of answers(quiz)) yield entry;
  }

  return {
    close: answerLog.seal,
    count: projector.catchUp,
    async suspects(campaign: Campaign) {
      const { questions } = laidFlat(campaign);
      const unscored = questions.filter(({ right }) => right === undefined).map(({ id }) => id);
      return suspicions(traces(campaign.id), { unscored });
    },
    winners: (campaign, how) => winners(campaign, scores, how),
    async *entrants({ id }, condition) {
      for await (const score of scores.ranking(id)) if (meets(condition, score)) yield score.pid;
    },
    async *heirs(id): AsyncGenerator<Heir> {
      for await (const { entry, floor } of answers(id)) {
        const { pid, on, q, ok, flash } = entry;
        yield { pid, on, floor, ...(flash && ok ? { first: q } : {}) };
      }
    },
    earned: async (id, pid) =>
      (await answerLog.of(id, pid)).flatMap(({ entry }) => (entry.points === 0 ? [] : [`answer/${entry.k}`])),
    hide: leaderboard.hide,
    unhide: leaderboard.unhide,
    on: played.on,
    ofSponsor: played.ofSponsor,
  };
}
