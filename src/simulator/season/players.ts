import { createAgenda } from './agenda';
import type { Chance } from './chance';
import type { Act, Town } from './town';

/** What somebody does next: after so many ms from now, and reads what comes of it. */
export type Step = { after: number } & Act;
/** One visit of a fan: she does something, reads, does the next. */
export type Visit = Generator<Step, void, string>;

/** So many letters may be on the way at once … */
const mostUnderWay = 64;
/** … and so far (business ms) the clock may run on while the oldest is: nobody's reading time is much longer than she meant. */
const lookaheadMs = 400;
/** Over more than this the clock is turned step by step, through what falls due on the way. */
const leapMs = 120_000;

/**
 * Lets visits happen side by side in business time. Between two letters the clock jumps to the next one, so minutes of
 * reading cost nothing; whatever reads the clock sees the times that people really took.
 */
export function createPlayers({ town, chance }: { town: Town; chance: Chance }) {
  const { clock } = town;
  type Due = () => Promise<void>;
  const agenda = createAgenda<Due>();
  const underWay = new Map<object, number>();

  function goOn(name: string, visit: Visit, read?: string): void {
    const { value: step, done } = read === undefined ? visit.next() : visit.next(read);
    if (done || !step) return;
    const { after, ...act } = step;
    // WeChat delivers one in thirty more than once.
    const storm = chance.is(1 / 30);
    agenda.add(clock.now() + after, async () => goOn(name, visit, await town.does(name, act, { storm })));
  }

  async function waitForOne(): Promise<void> {
    await new Promise<void>((resolve) => {
      freed = resolve;
    });
  }
  let freed = (): void => {};
  let failure: unknown;

  function start(due: Due): void {
    const ticket = {};
    underWay.set(ticket, clock.now());
    void due()
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => {
        underWay.delete(ticket);
        freed();
      });
  }

  return {
    /** Somebody's visit begins at a moment (business ms). */
    comes(at: number, name: string, visit: Visit): void {
      agenda.add(at, async () => goOn(name, visit));
    },
    /** Something else happens at a moment. */
    at: (at: number, what: Due): void => agenda.add(at, what),
    /** Until nobody has anything left to do. */
    async play(): Promise<void> {
      for (;;) {
        if (failure !== undefined) throw failure;
        const due = agenda.next();
        if (due === undefined && underWay.size === 0) return;
        const oldest = Math.min(...underWay.values());
        const mayRun = underWay.size < mostUnderWay && due !== undefined && due <= oldest + lookaheadMs;
        if (!mayRun) {
          await waitForOne();
          continue;
        }
        const wait = due - clock.now();
        if (wait > leapMs && underWay.size === 0) await town.turnTo(due);
        else if (wait > 0) clock.setOffset(clock.offset() + wait);
        start(agenda.take() as Due);
      }
    },
  };
}

export type Players = ReturnType<typeof createPlayers>;
