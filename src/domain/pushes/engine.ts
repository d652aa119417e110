import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../errors';
import { type Clock, monotonicMs } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { createPacer } from '../../kit/pacer';
import { createRecent } from '../../kit/recent';
import { isWechatError } from '../../wechat/api/errors';
import { sendChunk } from './chunk';
import type { Taken } from './deliveries';
import { createSlots, type Gate, isQuiet } from './gate';
import { createMeter, type Meter } from './meter';
import type { PushRow } from './push';
import { type Sending } from './sending';

/** Pieces that one worker has open: the second begins while the last of the first are still on their way. */
const lanes = 2;
const lookEveryMs = 400;
const idleMs = 500;
/** After WeChat said that it is out of order, or a quota is gone, one message tries so often. */
export const probeMs = 30_000;

/**
 * Sends what is running: takes pieces of frozen audiences by lease and sends them with so many calls in flight, evenly paced. All it
 * knows lies in MongoDB, so any number of workers do this side by side, and one that is killed costs half a minute.
 */
export function createEngine(
  given: Omit<Sending, 'gate' | 'slots' | 'pacer' | 'holds' | 'ahead' | 'meterOf'> & {
    clock: Clock;
    log: Log;
    /** Running pushes, and cancelled ones of which something is left, longest first. */
    active: () => Promise<PushRow[]>;
    /** Takes the one probe of a braked push. */
    takeProbe: (push: string) => Promise<boolean>;
    inFlight: number;
    perSecond: number;
  },
) {
  const { deliveries, clock, log, active, takeProbe, inFlight, perSecond } = given;
  const owner = randomId();
  const slots = createSlots(inFlight);
  const pacer = createPacer({ perSecond });
  const ahead = Math.min(200, perSecond);
  const meters = createRecent<Meter>(200);
  const known = new Map<string, PushRow>();
  const stopping = new Set<string>();
  const open = new Map<string, number>();
  let running = false;
  let lookedAt = -Infinity;
  let looking: Promise<void> | undefined;
  let loops: Promise<void>[] = [];
  let stop = new AbortController();

  function meterOf(push: string): Meter {
    const meter = meters.get(push) ?? createMeter((why) => stopped(push, why));
    meters.set(push, meter);
    return meter;
  }

  /** Nothing more of it goes out from here, however long the database takes to write that it is paused. */
  async function stopped(push: string, why: string): Promise<void> {
    stopping.add(push);
    try {
      await given.trip(push, why);
      await looking; // it may have begun before
      lookedAt = -Infinity;
      await look();
    } finally {
      stopping.delete(push);
    }
  }

  /** Reads which pushes run, at most a few times a second, whoever asks. */
  async function look(): Promise<void> {
    if (monotonicMs() - lookedAt < lookEveryMs) return;
    looking ??= active()
      .then((all) => {
        known.clear();
        for (const one of all) known.set(one._id, one);
        lookedAt = monotonicMs();
      })
      .finally(() => {
        looking = undefined;
      });
    await looking;
  }

  function gateOf(push: PushRow | undefined): Gate {
    if (!running || !push || push.state !== 'running' || stopping.has(push._id)) return 'stop';
    if (isQuiet(push, clock.now())) return 'wait';
    if (push.brake) return push.brake.until.getTime() > Date.now() ? 'wait' : 'probe';
    return 'go';
  }

  async function gate(id: string): Promise<Gate> {
    // What it last knew for sure is no older than two seconds: cancel stops within that.
    await look();
    return gateOf(known.get(id));
  }

  /** One piece of one push. False: there is nothing to do. */
  async function round(): Promise<boolean> {
    await look();
    const all = [...known.values()].toSorted((a, b) => (open.get(a._id) ?? 0) - (open.get(b._id) ?? 0));
    for (const push of all) {
      if (!push.frozen) continue;
      const may = push.state === 'cancelled' ? 'go' : gateOf(push);
      if (may === 'wait' || may === 'stop') continue;
      if (may === 'probe' && !(await takeProbe(push._id))) continue;
      const askedAt = monotonicMs();
      const chunk = await deliveries.take({ _id: push._id, run: push.frozen.run }, owner);
      if (!chunk) continue;
      crashPoint('push-chunk-taken');
      open.set(push._id, (open.get(push._id) ?? 0) + 1);
      try {
        await worked(chunk, push, { probe: may === 'probe', askedAt });
      } finally {
        open.set(push._id, (open.get(push._id) ?? 1) - 1);
      }
      return true;
    }
    return false;
  }

  async function worked(
    chunk: Taken,
    push: PushRow,
    { probe, askedAt }: { probe: boolean; askedAt: number },
  ): Promise<void> {
    const lease = keepLease(chunk, askedAt);
    let restMs = 0;
    try {
      restMs = await sendChunk(
        { ...given, gate, slots, pacer, holds: lease.holds, ahead, meterOf },
        { chunk, push, probe },
      );
    } catch (error) {
      restMs = 5_000;
      log[isWechatError(error) ? 'warn' : 'error'](
        { err: error, push: push._id, chunk: chunk.n },
        'a piece of a push failed; it is taken up again',
      );
    } finally {
      lease.end();
      await deliveries.release(chunk, restMs).catch(() => {});
    }
  }

  /** Renews the lease. Who slept longer than it lasts holds nothing, whatever it believes. */
  function keepLease(chunk: Taken, askedAt: number) {
    let heldAt = askedAt;
    let lost = false;
    const timer = setInterval(() => {
      const asked = monotonicMs();
      deliveries.keep(chunk).then(
        (kept) => {
          if (kept) heldAt = asked;
          else lost = true;
        },
        () => {},
      );
    }, 5_000);
    return { holds: () => !lost && monotonicMs() - heldAt < 20_000, end: () => clearInterval(timer) };
  }

  async function loop(): Promise<void> {
    for (;;) {
      if (!running) return;
      const did = await round().catch((err: unknown) => {
        log.warn({ err: messageOf(err) }, 'pushes could not be looked at; again soon');
        return false;
      });
      if (!did) await wait(idleMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  return {
    start(): void {
      if (running) return;
      running = true;
      stop = new AbortController();
      loops = Array.from({ length: lanes }, loop);
    },
    /** What is in flight ends; pieces are given back with the rest of them. */
    async close(): Promise<void> {
      running = false;
      stop.abort();
      await Promise.all(loops);
    },
    /** Until nothing more may go out at this business time: helps with it, and waits for what others have. For turned clocks. */
    async settled(): Promise<void> {
      const before = running;
      running = true;
      try {
        for (let tries = 0; tries < 2_400; tries++) {
          lookedAt = -Infinity;
          if (await round()) continue;
          const goes = [...known.values()].filter(
            (push) => push.state === 'cancelled' || gateOf(push) === 'go',
          );
          if (!(await deliveries.isBusy(goes))) return;
          await wait(25);
        }
      } finally {
        running = before;
      }
    },
  };
}

export type Engine = ReturnType<typeof createEngine>;
