import type { Connection } from 'mongoose';
import { dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Log } from '../../kit/log';
import type { IndexSpec } from '../../store/indexes';
import type { Audience } from '../audience';
import type { Inbox } from '../inbox/inbox';
import type { Outbox } from '../outbox/outbox';
import type { Points } from '../points/points';
import type { Timers } from '../timers/timers';
import type { Upkeep } from '../upkeep';
import { askedStateNames, awardFilterOf } from './award-filter';
import { awardIndexes, createAwards } from './awards';
import { claimIndexes, createClaims } from './claims';
import { showRedeemCode } from './codes';
import { createCourier } from './courier';
import { createAwardEffects } from './effects';
import { awardExpire, awardPass, awardRemind, awardTell } from './prizes.jobs';
import { endsToken, prizeLeaves } from './prizes.leaves';
import { approveTask, trackingTask } from './prizes.tasks';
import { createRedeem, redeemIndexes } from './redeem';
import { createStock } from './stock';
import { createTelling } from './telling';
import type { Tickets } from './tickets';
import { createViews, type NamesOf } from './views';
import { createWinners } from './winners';

/** Without those of `tickets.ts`. */
export const prizeIndexes: IndexSpec[] = [...awardIndexes, ...claimIndexes, ...redeemIndexes];

const closedAfterMs = 30 * dayMs;

/** Stock, awards, claims and coupons, put together. */
export function createPrizes(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  tickets: Tickets;
  timers: Pick<Timers, 'arm'>;
  outbox: Pick<Outbox, 'add'>;
  points: Pick<Points, 'give' | 'reverse'>;
  inbox: Pick<Inbox, 'carried'>;
  render: Parameters<typeof createTelling>[0]['render'];
  fanByPid: Parameters<typeof createTelling>[0]['fanByPid'];
  titleOf: (campaign: string) => string | undefined;
  /** Names as boards show them. */
  namesOf: NamesOf;
}) {
  const { db, clock, log, tickets, timers, outbox, points, inbox, render, fanByPid, titleOf } = given;
  const effects = createAwardEffects({ clock, timers, outbox, points, inbox, fanByPid });
  const awards = createAwards({ db, clock, log, tickets, effects });
  const claims = createClaims({ db, clock, awards });
  const redeem = createRedeem({ db, clock, log, awards });
  const { tell } = createTelling({ clock, awards, outbox, render, fanByPid, titleOf });

  return {
    upkeep: {
      indexes: prizeIndexes,
      jobs: [awardTell, awardRemind, awardExpire, awardPass],
      tasks: [approveTask, trackingTask],
      /** What is on its way to her keeps its address until it has arrived. */
      erase: async ({ pid }) => void (pid && (await claims.erase(pid))),
      copy: async ({ pid }) => ({ prizes: await awards.of(pid), claims: await claims.of(pid) }),
      async forget() {
        await awards.close(clock.now() - closedAfterMs);
        await claims.forget();
        await redeem.forget();
      },
      /** What killed processes left. */
      sweep: awards.sweep,
    } satisfies Upkeep,
    audience: {
      from: { group: '活動裡的', how: '得獎的記錄' },
      leaves: prizeLeaves,
      async facts(people) {
        const found = new Map<string, { tokens: string[] }>();
        const filter = {
          pid: { $in: people.map(({ pid }) => pid) },
          state: { $nin: ['pending', 'void', 'expired'] },
        };
        for await (const { pid, campaign, prize, state, claimBy } of awards.find(filter)) {
          const { tokens } = found.get(pid) ?? { tokens: [] };
          tokens.push(`won:${campaign}`, `won:${campaign}/${prize}`);
          const isOpen = (state === 'won' || state === 'told') && claimBy !== undefined;
          if (isOpen && claimBy > clock.now()) tokens.push(endsToken(clock.day(claimBy)));
          found.set(pid, { tokens });
        }
        return found;
      },
    } satisfies Audience,
    tickets,
    awards,
    claims,
    ...createViews({ awards, namesOf: given.namesOf }),
    courier: createCourier({ awards, clock }),
    ...createWinners({ awards, claims, namesOf: given.namesOf }),
    stock: createStock({ awards, tickets }),
    /** For tables: a state and a code as people read them. */
    inWords: { states: askedStateNames, code: showRedeemCode },
    awardFilter: awardFilterOf,
    redeem: redeem.redeem,
    look: redeem.look,
    redeemedBy: redeem.usedBy,
    tell,
    /** What was decided while she was away: told when she is back. */
    async tellMissed(pid: string): Promise<void> {
      for (const { _id, state } of await awards.of(pid)) {
        if (state !== 'won') continue;
        // The reply that told her may be ahead of the projector, which marks her award as told.
        if ((await inbox.carried(undefined, _id)) === 'yes') await awards.told(_id);
        else await tell(_id, 'won');
      }
    },
    /**
     * Her deadline (`passed`) is past. What she wrote before it, and a kill did not let count, counts.
     * Our clock may be behind that of the process that fired the timer.
     */
    async expire(id: string, passed = 0): Promise<void> {
      if (await claims.read(id)) {
        const { kind } = await awards.move(id, 'claimed', { by: 'fan' });
        if (kind === 'moved' || kind === 'same') return;
      }
      const { kind } = await awards.expire(id, Math.max(clock.now(), passed));
      crashPoint('award-expired');
      if (kind === 'moved' || kind === 'same') await tell(id, 'expired');
    },
  };
}

export type Prizes = ReturnType<typeof createPrizes>;
