import type { Inbox, InboxRow } from '../domain/inbox/inbox';
import type { Outbox } from '../domain/outbox/outbox';
import type { Timers } from '../domain/timers/timers';
import { crashPoint } from '../kit/crash-point';
import { createGate } from '../kit/gate';
import type { Log } from '../kit/log';

/** WeChat's own copies re-drive first; after this the sweeper does. */
const inboxAfterMs = 30_000;
const outboxAfterMs = 10_000;
const mostTries = 3;
/** Causes that a sweeper carries out side by side, as many as a worker takes hints. */
const causesAtOnce = 20;

/**
 * Finds what hints, queues and dead processes lost: undone callbacks of dead owners, overdue outbox rows, leases that
 * ran out, timers that are due. It relays by itself, so with Redis down everything still goes on, only slower.
 */
export function createSweeper(given: {
  inbox: Inbox;
  outbox: Outbox;
  timers: Timers;
  /** Answers a row that nobody answers any more. */
  resume: (row: InboxRow, owner: string) => Promise<void>;
  relay: (cause: string) => Promise<void>;
  hint: (cause: string) => void;
  /** Mends what killed processes left in the domains. */
  sweepDomains: () => Promise<void>;
  log: Log;
}) {
  const { inbox, outbox, timers, resume, relay, hint, sweepDomains, log } = given;
  let running = true;
  const loops: NodeJS.Timeout[] = [];
  const busy = new Set<Promise<void>>();
  const carrying = new Set<string>();
  const pass = createGate({ atOnce: causesAtOnce, maxWaiting: Infinity });

  async function sweepInbox(olderThanMs = inboxAfterMs): Promise<void> {
    // Side by side: one that hangs keeps nobody else waiting.
    await Promise.all((await inbox.abandoned(olderThanMs, 100)).map(takeUp));
  }

  async function takeUp(row: InboxRow): Promise<void> {
    if (row.tries > mostTries)
      return inbox.quarantine(row._id, row.failed ?? `not answered in ${row.tries} tries`);
    const owner = await inbox.takeOver(row);
    crashPoint('row-taken-over');
    if (!owner) return;
    await resume(row, owner).catch((err: unknown) =>
      log.warn({ err, inbox: row._id }, 'a callback failed again'),
    );
  }

  async function overdue(olderThanMs: number): Promise<string[]> {
    const { unknown, aside } = await outbox.expireLeases();
    if (unknown > 0) log.warn({ unknown }, 'customer messages ended unknown: their sender died');
    if (aside > 0)
      log.error({ aside }, 'jobs over which processes died were put aside; `npm run doctor` names them');
    return outbox.overdue(olderThanMs, 500);
  }

  /** One after the other, for whoever turns the clock. */
  async function sweepOutbox(olderThanMs = outboxAfterMs): Promise<void> {
    for (const cause of await overdue(olderThanMs)) await relay(cause);
  }

  /** Side by side, and not waited for: one that takes long, or hangs, keeps neither the others waiting nor the next look. */
  async function carryOutbox(): Promise<void> {
    for (const cause of await overdue(outboxAfterMs)) if (!carrying.has(cause)) track(carry(cause));
  }

  async function carry(cause: string): Promise<void> {
    carrying.add(cause);
    await pass(async () => {
      if (running) await relay(cause);
    })
      .catch((err: unknown) => log.warn({ err, cause }, 'an outbox row failed; it is tried again soon'))
      .finally(() => carrying.delete(cause));
  }

  async function fireTimers(): Promise<void> {
    for (const cause of await timers.fireDue()) hint(cause);
  }

  function every(ms: number, what: string, act: () => Promise<void>): void {
    let going = false;
    const look = () => {
      if (going || !running) return;
      going = true;
      const turn = act()
        .catch((err: unknown) => log.warn({ err }, `${what} failed; it runs again soon`))
        .finally(() => {
          going = false;
        });
      track(turn);
    };
    loops.push(setInterval(look, ms));
    look(); // at once: who starts may be the successor of one that died, and not live long
  }

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => busy.delete(tracked));
    busy.add(tracked);
  }

  return {
    sweepInbox,
    sweepOutbox,
    fireTimers,
    start(): void {
      every(1_000, 'firing timers', fireTimers);
      every(5_000, 'sweeping the outbox', carryOutbox);
      every(5_000, 'sweeping the inbox', sweepInbox);
      every(5_000, 'sweeping the domains', sweepDomains);
    },
    async close(): Promise<void> {
      running = false;
      for (const loop of loops) clearInterval(loop);
      await Promise.allSettled(busy);
    },
  };
}

export type Sweeper = ReturnType<typeof createSweeper>;
