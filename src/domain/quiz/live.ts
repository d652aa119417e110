import { createCache } from '../../kit/cache';
import type { Clock } from '../../kit/clock';
import { createGate } from '../../kit/gate';
import type { Campaign } from '../campaigns/campaign';
import type { Award } from '../prizes/award';
import type { Awards } from '../prizes/awards';
import type { Tickets } from '../prizes/tickets';
import type { Counts } from '../prizes/tickets/rows';
import type { Leaderboard } from './board/leaderboard';
import type { Pace } from './log/pace';
import type { Scores } from './log/scores';

/** How a quiz is being played, for the people who run it. */
export type Live = {
  answers: number;
  answersToday: number;
  /** The last whole minute and what has come since. */
  lastMinute: number;
  players: number;
  /** Undefined: the boards cannot be asked now. */
  playersToday: number | undefined;
  leaders: { rank: number; pid: string; points: number }[] | undefined;
  /** The newest prizes that were won. */
  won: Award[];
  firsts: { prize: string; name: string; question: string; at: number; winner: Award | undefined }[];
  /** Before its stock was made a prize has no counts. */
  stock: { prize: string; name: string; quantity: number; counts: Counts | undefined }[];
};

/** Everybody who watches a quiz sees what was asked once: its numbers are this old at most. */
const quickMs = 2_000;
/** What needs counting. */
const slowMs = 15_000;
const shownMinutes = 60;

export function createLive(given: {
  clock: Clock;
  pace: Pace;
  scores: Pick<Scores, 'count'>;
  leaderboard: Pick<Leaderboard, 'top' | 'size'>;
  awards: Pick<Awards, 'find' | 'read'>;
  tickets: Pick<Tickets, 'counts'>;
}) {
  const { clock, pace, scores, leaderboard, awards, tickets } = given;
  const quick = createCache<Live>({ max: 50, freshMs: quickMs, staleMs: quickMs });
  const minutes = createCache<number[]>({ max: 50, freshMs: quickMs, staleMs: quickMs });
  const players = createCache<number>({ max: 200, freshMs: slowMs, staleMs: 4 * slowMs });
  const stock = createCache<Map<string, Counts>>({ max: 50, freshMs: slowMs, staleMs: 4 * slowMs });
  const gate = createGate({ atOnce: 2, maxWaiting: 50 });

  /** On the board; where that cannot be asked, counted. */
  const playersOf = async (quiz: string): Promise<number> =>
    (await leaderboard.size(quiz, 'final')) ??
    (await players.get(quiz, () => gate(() => scores.count(quiz)))).value;

  const perMinute = async (quiz: string): Promise<number[]> =>
    (await minutes.get(quiz, () => pace.perMinute(quiz, { minutes: shownMinutes, now: Date.now() }))).value;

  async function look(campaign: Pick<Campaign, 'id' | 'prizes'>): Promise<Live> {
    const { id, prizes } = campaign;
    const today = clock.day();
    const [head, answersToday, rates, playing, playersToday, leaders, counts, won, firsts] =
      await Promise.all([
        pace.head(id),
        pace.since(id, today),
        perMinute(id),
        playersOf(id),
        leaderboard.size(id, today),
        leaderboard.top(id, 'final', 10),
        stock.get(id, () => gate(() => tickets.counts(id))),
        newest(id),
        Promise.all(
          prizes.flatMap(({ id: prize, name, way }) =>
            way.kind === 'first'
              ? [
                  awards
                    .read(`${id}/${prize}/${way.question}`)
                    .then((winner) => ({ prize, name, question: way.question, at: way.at, winner })),
                ]
              : [],
          ),
        ),
      ]);
    return {
      answers: head.answers,
      answersToday,
      lastMinute: rates.at(-1) ?? 0,
      players: playing,
      playersToday,
      leaders,
      won,
      firsts: firsts.toSorted((a, b) => a.at - b.at),
      stock: prizes.map(({ id: prize, name, quantity }) => ({
        prize,
        name,
        quantity,
        counts: counts.value.get(prize),
      })),
    };
  }

  async function newest(campaign: string): Promise<Award[]> {
    const found: Award[] = [];
    for await (const award of awards.find({ campaign }, { newest: true, limit: 12 })) found.push(award);
    return found;
  }

  return {
    of: async (campaign: Pick<Campaign, 'id' | 'prizes'>): Promise<Live> =>
      (await quick.get(campaign.id, () => look(campaign))).value,
    /** Answers in each of the last sixty minutes, the oldest first. */
    perMinute,
    /** What a list of quizzes shows. */
    async sums(quiz: string): Promise<{ players: number; answers: number }> {
      const [playing, { answers }] = await Promise.all([playersOf(quiz), pace.head(quiz)]);
      return { players: playing, answers };
    },
  };
}

export type LiveBoard = ReturnType<typeof createLive>;
