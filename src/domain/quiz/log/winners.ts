import type { Decision } from '../../prizes/award';
import type { DrawCondition, Prize, Way } from '../../prizes/prize';
import type { Quiz } from '../definition';
import { hasJoined } from '../play/joining';
import type { RoundRow, ScoreRow } from './scores';

type Of<Kind extends Way['kind']> = Prize & { way: Extract<Way, { kind: Kind }> };
const prizesOf = <Kind extends Way['kind']>(quiz: Pick<Quiz, 'prizes'>, kind: Kind): Of<Kind>[] =>
  quiz.prizes.filter((prize): prize is Of<Kind> => prize.way.kind === kind);

/** Reads of the projections, in the order of the ranking: more points, then the lower floor. */
export type Standings = {
  ranking: (quiz: string) => AsyncIterable<ScoreRow> | Iterable<ScoreRow>;
  /** Day by day. */
  rounds: (quiz: string) => AsyncIterable<RoundRow> | Iterable<RoundRow>;
};

/**
 * Who wins the prizes that are decided after the end: rankings and participation. The same standings and the same `excluded`
 * give the same winners. Without those who are excluded everybody below moves up; ranks are not shared.
 */
export async function* winners(
  quiz: Pick<Quiz, 'id' | 'prizes' | 'staff'>,
  standings: Standings,
  { excluded, lastDay }: { excluded: ReadonlySet<string>; lastDay: string },
): AsyncGenerator<Decision> {
  const out = new Set([...excluded, ...quiz.staff]);
  const final = prizesOf(quiz, 'ranking').filter(({ way }) => way.board === 'final');
  if (final.length > 0) {
    const places = placesOf(final, 'final');
    for await (const { pid, points, reached } of standings.ranking(quiz.id)) {
      if (out.has(pid) || points <= 0) continue;
      yield* places.next({ pid, on: lastDay, floor: reached });
      if (places.over()) break;
    }
  }
  const daily = prizesOf(quiz, 'ranking').filter(({ way }) => way.board === 'daily');
  const joining = prizesOf(quiz, 'participation');
  if (daily.length + joining.length === 0) return;
  const places = placesOf(daily, 'daily');
  const part = takingPart(joining);
  for await (const round of standings.rounds(quiz.id)) {
    if (out.has(round.pid)) continue;
    if (round.points > 0) yield* places.next({ pid: round.pid, on: round.on, floor: round.reached });
    if (round.answered > 0) part.played(round);
  }
  yield* part.winners();
}

type Placed = { pid: string; on: string; floor: number };

/** Hands places out in the order people come. Who is over her limit leaves the place to the next. */
function placesOf(prizes: Of<'ranking'>[], board: 'daily' | 'final') {
  const states = prizes.map((prize) => ({
    prize,
    place: 0,
    on: '',
    given: 0,
    times: new Map<string, number>(),
  }));

  function* next({ pid, on, floor }: Placed): Generator<Decision> {
    for (const state of states) {
      const { prize, times } = state;
      if (state.on !== on) Object.assign(state, { on, place: 0 });
      const before = times.get(pid) ?? 0;
      if (prize.perPerson !== undefined && before >= prize.perPerson) continue;
      const place = ++state.place;
      if (place < prize.way.from || place > prize.way.to || state.given >= prize.quantity) continue;
      times.set(pid, before + 1);
      state.given++;
      const unit = `rank-${place}-${board === 'final' ? 'final' : on}`;
      yield { prize: prize.id, pid, on, floor, why: 'ranking', unit };
    }
  }

  return {
    next,
    /** Nobody below can win any more. */
    over: (): boolean => states.every(({ prize, place }) => place >= prize.way.to),
  };
}

/** Who met a participation prize: the sooner by the order of answers, the sooner a prize. */
function takingPart(prizes: Of<'participation'>[]) {
  const days = new Map<string, string[]>();
  const reached = prizes.map(() => new Map<string, Placed>());
  return {
    /** Rounds of one person come in the order of their days. A row of days stays won when she misses one later. */
    played({ pid, on, firstFloor }: Pick<RoundRow, 'pid' | 'on' | 'firstFloor'>): void {
      const played = [...(days.get(pid) ?? []), on];
      days.set(pid, played);
      prizes.forEach(({ way }, i) => {
        if (!reached[i]?.has(pid) && hasJoined(way, played))
          reached[i]?.set(pid, { pid, on, floor: firstFloor });
      });
    },
    *winners(): Generator<Decision> {
      for (const [i, prize] of prizes.entries())
        for (const one of [...(reached[i]?.values() ?? [])]
          .toSorted((a, b) => a.floor - b.floor)
          .slice(0, prize.quantity))
          yield { prize: prize.id, ...one, why: 'participation', unit: one.pid };
    },
  };
}

/** Who takes part in a draw. */
export function meets(
  condition: DrawCondition,
  { days, points, level }: Pick<ScoreRow, 'days' | 'points' | 'level'>,
): boolean {
  const wanted = Math.max(condition.rounds ?? 0, condition.days ?? 0, 1);
  // `level` is the one she is on; those below it she passed.
  return days >= wanted && points >= (condition.points ?? 0) && level > (condition.level ?? 0);
}
