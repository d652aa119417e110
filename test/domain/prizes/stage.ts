import type { Connection } from 'mongoose';
import { createExports, exportIndexes } from '../../../src/domain/exports/exports';
import { createOutbox } from '../../../src/domain/outbox/outbox';
import { createPoints } from '../../../src/domain/points/points';
import type { Award, Decision } from '../../../src/domain/prizes/award';
import type { Awards } from '../../../src/domain/prizes/awards';
import type { Prize } from '../../../src/domain/prizes/prize';
import { createPrizes, prizeIndexes } from '../../../src/domain/prizes/prizes';
import { createTickets, ticketIndexes } from '../../../src/domain/prizes/tickets';
import { createPlayed } from '../../../src/domain/quiz/played';
import { createReports } from '../../../src/domain/reports/reports';
import { createTimers } from '../../../src/domain/timers/timers';
import { createClock } from '../../../src/kit/clock';
import { createLog } from '../../../src/kit/log';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';

/** A database with prizes in it, as several processes would see it, and a clock to turn. */
export function prizeStage() {
  const database = testDatabase();
  const clock = createClock();
  const noon = (day: string) => Date.parse(`${day}T12:00:00+08:00`);
  const names = new Map<string, string>();
  const carried = new Map<string, 'yes' | 'open'>();
  const fans = new Map<string, { fan: string; script?: 'hans' | 'hant' }>();

  return {
    database,
    clock,
    fans,
    names,
    /** What the inbox says of the replies that told her of an award. */
    carried,
    turnTo: (day: string) => clock.setOffset(noon(day) - Date.now()),
    async open(): Promise<Connection> {
      const db = await database.connect();
      await createIndexes(db, [...ticketIndexes, ...prizeIndexes, ...exportIndexes]);
      return db;
    },
    /** One process's view. */
    on(db: Connection) {
      const log = createLog({ level: 'silent', name: 'prizes' });
      const outbox = createOutbox({ db, clock });
      const timers = createTimers({ db, outbox, clock });
      const points = createPoints({ db, clock });
      const namesOf = async (_campaign: string, pids: string[]) =>
        new Map(pids.map((pid) => [pid, names.get(pid) ?? `旅友${pid}`]));
      const prizes = createPrizes({
        db,
        clock,
        log,
        tickets: createTickets({ db }),
        timers,
        outbox,
        points,
        inbox: { carried: async (_fan, award) => carried.get(award) ?? 'no' },
        render: (template, data) => ({ kind: 'text', text: `${template} ${JSON.stringify(data)}` }),
        fanByPid: async (pid) => fans.get(pid),
        titleOf: () => '與小藝一戰到底',
        namesOf,
      });
      return {
        ...prizes,
        exports: createExports({ db, clock, namesOf, ...prizes }),
        reports: createReports({
          ...prizes,
          clock,
          kinds: { quiz: createPlayed({ db }) },
          followed: async () => 7,
        }),
        outbox,
        timers,
        points,
        /** As import and approval leave it: the codes behind those of before, and the stock made. */
        async imports(one: Prize, codes: string[]): Promise<Prize> {
          const item = { campaign: 'quiz', prize: one.id };
          const { codes: list } = await prizes.tickets.addCodes(item, codes, one.codes);
          await prizes.tickets.stock('quiz', { ...one, codes: list });
          return { ...one, codes: list };
        },
      };
    },
  };
}

export const prize = (more: Partial<Prize> = {}): Prize => ({
  id: 'cup',
  name: '保溫杯',
  kind: 'goods',
  priceFen: 9_900,
  quantity: 100,
  way: { kind: 'floor', every: 10 },
  claimDays: 7,
  ...more,
});

export const quizWith = (...prizes: Prize[]) => ({ id: 'quiz', prizes });

export const won = (unit: string, more: Partial<Decision> = {}): Decision => ({
  prize: 'cup',
  pid: `p${unit}`,
  on: '2026-11-22',
  why: 'floor',
  unit,
  ...more,
});

export const statesOf = (award: Pick<Award, 'history'>) => award.history.map(({ state }) => state);

/** She won it and knows: as after a reply that was said. */
export async function awardTold(
  awards: Pick<Awards, 'award' | 'told'>,
  ...[campaign, won]: Parameters<Awards['award']>
): Promise<Award> {
  const moved = await awards.told((await awards.award(campaign, won))._id);
  if (moved.kind === 'unknown') throw new Error('The award is gone.');
  return moved.award;
}
