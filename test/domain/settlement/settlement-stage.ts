import { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { CampaignRow, CampaignVersion } from '../../../src/domain/campaigns/campaign-row';
import { createCampaigns } from '../../../src/domain/campaigns/campaigns';
import { createDraws, drawIndexes } from '../../../src/domain/draws/draws';
import { createExports } from '../../../src/domain/exports/exports';
import { createOutbox } from '../../../src/domain/outbox/outbox';
import { createPoints, pointsIndexes } from '../../../src/domain/points/points';
import { createPrizes, prizeIndexes } from '../../../src/domain/prizes/prizes';
import { createTickets, ticketIndexes } from '../../../src/domain/prizes/tickets';
import type { Quiz } from '../../../src/domain/quiz/definition';
import { asContent } from '../../../src/domain/quiz/definition';
import { createQuizKind } from '../../../src/domain/quiz/kind';
import { answerIndexes } from '../../../src/domain/quiz/log/answers';
import type { Entry } from '../../../src/domain/quiz/log/floors';
import { scoreIndexes } from '../../../src/domain/quiz/log/scores';
import { createQuizzes } from '../../../src/domain/quiz/quizzes';
import { createReports } from '../../../src/domain/reports/reports';
import { createStatus } from '../../../src/domain/reports/status';
import { holdIndexes } from '../../../src/domain/settlement/holds';
import { passingIndexes } from '../../../src/domain/settlement/passing';
import { createSettlement } from '../../../src/domain/settlement/settlement';
import { createTimers, timerIndexes } from '../../../src/domain/timers/timers';
import { createClock } from '../../../src/kit/clock';
import { createLog } from '../../../src/kit/log';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';
import { awardTold } from '../prizes/stage';
import { beijing } from '../quiz/a-quiz';

/** Everything from the answer log to the awards, as the processes have it, on a real database. */
export function settlementStage() {
  const database = testDatabase();
  const clock = createClock();
  const log = createLog({ level: 'silent', name: 'settlement' });
  const redis = new Redis(database.redisUrl);
  let db: Connection;
  let unanswered = 0;

  function build() {
    const outbox = createOutbox({ db, clock });
    const timers = createTimers({ db, outbox, clock });
    const tickets = createTickets({ db });
    const points = createPoints({ db, clock });
    const campaigns = createCampaigns({
      db,
      clock,
      timers,
      tickets,
      strangers: async () => [],
      kinds: { quiz: createQuizKind({ render: (template) => ({ kind: 'text', text: template }) }) },
    });
    const namesOf = async (_campaign: string, pids: string[]) => new Map(pids.map((pid) => [pid, pid]));
    const prizes = createPrizes({
      db,
      clock,
      log,
      tickets,
      timers,
      outbox,
      points,
      inbox: { carried: async () => 'no' },
      render: (template) => ({ kind: 'text', text: template }),
      fanByPid: async () => undefined,
      titleOf: () => '一戰到底',
      namesOf,
    });
    const quizzes = createQuizzes({
      db,
      redis,
      clock,
      log,
      key: 'k',
      publicUrl: 'https://wx.example.com',
      campaigns,
      points,
      awards: { ...prizes.awards, award: async (giver, won) => awardTold(prizes.awards, giver, won) },
      tickets,
    });
    const { answerLog, projector, leaderboard, proof } = quizzes;
    const draws = createDraws({ db, clock, dataKey: 'k' });
    const kinds = { quiz: quizzes.settling };
    const settlement = createSettlement({
      db,
      clock,
      campaigns,
      kinds,
      points,
      awards: prizes.awards,
      draws,
      unanswered: async () => unanswered,
    });
    const exports = createExports({ db, clock, namesOf, ...prizes });
    return {
      campaigns,
      answerLog,
      prizes,
      exports,
      status: createStatus({ campaigns, tickets, settlement, exports }),
      reports: createReports({
        ...prizes,
        clock,
        kinds,
        followed: async () => 0,
      }),
      awards: prizes.awards,
      points,
      projector,
      draws,
      settlement,
      proof,
      leaderboard,
    };
  }

  return {
    database,
    clock,
    build,
    db: () => db,
    async open(): Promise<void> {
      db = await database.connect();
      await createIndexes(db, [
        ...answerIndexes,
        ...scoreIndexes,
        ...pointsIndexes,
        ...ticketIndexes,
        ...prizeIndexes,
        ...drawIndexes,
        ...holdIndexes,
        ...passingIndexes,
        ...timerIndexes,
      ]);
    },
    async close(): Promise<void> {
      redis.disconnect();
      await database.drop();
    },
    turnTo: (when: string) => clock.setOffset(beijing(when) - Date.now()),
    leaveUnanswered: (n: number) => {
      unanswered = n;
    },
    /** As `campaigns.start` leaves it, without the gate. */
    async publish(quiz: Quiz): Promise<void> {
      const { state, version, pauses, ...written } = quiz;
      const content = asContent(written);
      const { id, ...rest } = content;
      await db
        .collection<CampaignRow>('campaigns')
        .insertOne({ _id: id, ...rest, state, version, pauses, rev: 1, author: 'ann', log: [] });
      await db.collection<CampaignVersion>('campaignVersions').insertOne({
        _id: `${id}/1`,
        campaign: id,
        version: 1,
        at: 0,
        by: 'ann',
        changes: [],
        findings: [],
        content,
      });
      const tickets = createTickets({ db });
      for (const prize of quiz.prizes) await tickets.stock(id, prize);
      await createDraws({ db, clock, dataKey: 'k' }).commit(quiz);
    },
    /** The jobs of prizes that are free again, as the worker carries them out. */
    async passOn(): Promise<void> {
      const { settlement } = build();
      for (const { effect } of await db.collection('outbox').find({ 'effect.job': 'award-pass' }).toArray())
        await settlement.passOn((effect as { data: { award: string } }).data.award);
    },
    /** Answers in this order, in a few batches. */
    async answers(entries: Entry[]): Promise<void> {
      const { answerLog } = build();
      for (let i = 0; i < entries.length; i += 50)
        await Promise.all(entries.slice(i, i + 50).map((entry) => answerLog.append('q', entry)));
    },
  };
}

export type SettlementStage = ReturnType<typeof settlementStage>;
