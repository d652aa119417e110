import { beijingDay, dayMs } from '../../../kit/beijing';
import type { Prize } from '../../prizes/prize';
import type { QuizContent } from '../definition';
import { type Entry, isFloor, noFloors, winsOf } from '../log/floors';
import { newRound, newScore, type RoundRow, type ScoreRow } from '../log/scores';
import { meets, winners } from '../log/winners';
import { levelOf } from '../play/standing';

/** How invented players play: seven in ten come on a day, answer until their day is over, and know six of ten. */
export const habits = { comes: 0.7, knows: 0.6 };
/** Answers at which it is told how far the floors have come. */
export const milestones = [1_000, 10_000, 100_000] as const;
const mostAnswers = 1_000_000;
/** So many players are invented at most. */
export const mostPlayers = 10_000;

export type PrizeOdds = {
  prize: Prize;
  /** Lucky floors among the first 1,000, 10,000 and 100,000 answers, as far as the stock goes. */
  reached: number[];
  /** The floor that takes the last one; undefined: not within a million answers. */
  lastFloor: number | undefined;
  /** How many the invented players got. */
  given: number;
  /** Of a draw: how many of them take part in it. */
  entered: number | undefined;
};
/** `cut`: the million answers were over before the quiz was. */
export type Odds = {
  players: number;
  days: number;
  cut: boolean;
  answers: number;
  finished: number;
  prizes: PrizeOdds[];
};

/**
 * What each prize would give over so many invented players: floors by the same fold as in the chat, ranks and taking part
 * by the same rule as in the settlement. The same quiz and number give the same figures.
 */
export async function oddsOf(quiz: QuizContent, players: number): Promise<Odds> {
  const { scores, rounds, given, answers, days, cut } = await playAll(quiz, players);
  const standings = { ranking: () => scores, rounds: () => rounds };
  const decided = winners(quiz, standings, { excluded: new Set(), lastDay: beijingDay(quiz.endsAt) });
  for await (const { prize } of decided) given.set(prize, (given.get(prize) ?? 0) + 1);
  const prizes = quiz.prizes.map((prize): PrizeOdds => {
    const { id, way, quantity } = prize;
    const entered =
      way.kind === 'draw' ? scores.filter((score) => meets(way.condition, score)).length : undefined;
    const got = entered === undefined ? (given.get(id) ?? 0) : Math.min(entered, quantity);
    return { prize, ...floorsOf(prize), given: got, entered };
  });
  const finished = scores.filter(({ level }) => level > quiz.levels.length).length;
  return { players, days, cut, answers, finished, prizes };
}

function floorsOf(prize: Prize): Pick<PrizeOdds, 'reached' | 'lastFloor'> {
  const { way, quantity } = prize;
  const reached = milestones.map(() => 0);
  if (way.kind !== 'floor') return { reached, lastFloor: undefined };
  const highest = way.every || way.endings?.length ? mostAnswers : Math.max(0, ...(way.floors ?? []));
  for (let floor = 1, count = 0; floor <= highest; floor++) {
    if (!isFloor(prize, floor)) continue;
    count++;
    for (const [i, milestone] of milestones.entries()) if (floor <= milestone) reached[i] = count;
    if (count === quantity) return { reached, lastFloor: floor };
  }
  return { reached, lastFloor: undefined };
}

/** Somebody invented: her score, and how far she is in her level. */
type Player = { score: ScoreRow; asked: number; right: number };

/** Plays the whole quiz, or the days that hold its first million answers. */
async function playAll(quiz: QuizContent, count: number) {
  const chance = dice();
  const flashes = quiz.prizes.flatMap(({ way }) => (way.kind === 'first' ? [way] : []));
  const players = Array.from({ length: count }, (_, i) => newPlayer(quiz, `p${i + 1}`));
  const rounds: RoundRow[] = [];
  const state = noFloors();
  let waiting: Entry[] = [];
  let answers = 0;
  let days = 0;
  let cut = false;

  function judge(): void {
    const batch = { _id: '', quiz: quiz.id, seq: state.seq + 1, first: answers - waiting.length + 1, v: 1 };
    winsOf(state, { ...batch, at: new Date(0), a: waiting }, quiz);
    waiting = [];
  }

  /** True when she knew it. */
  function answer(player: Player, round: RoundRow, q: string, bonus: number, flash = false): boolean {
    const ok = chance() < habits.knows;
    const points = bonus + (ok ? quiz.pointsPerAnswer : 0);
    const { pid, on } = round;
    const said: Entry = { k: '', pid, on, q, choice: 0, ok, points, by: '', took: 0, level: 0 };
    waiting.push(flash ? { ...said, flash } : said);
    answers++;
    for (const row of [player.score, round]) {
      row.points += points;
      if (points > 0) row.reached = answers;
    }
    if (waiting.length === 500) judge();
    return ok;
  }

  for (const on of daysOf(quiz)) {
    cut = answers >= mostAnswers;
    if (cut) break;
    // A day takes a while: whoever else this process serves comes between.
    await new Promise((resolve) => setImmediate(resolve));
    days++;
    const here = players.filter(() => chance() < habits.comes);
    const today = here.map((player) => ({ player, round: roundOn(quiz.id, player, on, answers) }));
    let going = today;
    for (let n = 0; n < quiz.perDay && going.length > 0; n++)
      going = going.filter(({ player, round }) => {
        round.answered++;
        return mayGoOn(quiz, player, answer(player, round, String(n), n === 0 ? quiz.firstBonus : 0));
      });
    for (const { question, at } of flashes)
      if (beijingDay(at) === on)
        for (const { player, round } of today) answer(player, round, question, 0, true);
    rounds.push(...today.map(({ round }) => round).toSorted(byPoints));
  }
  judge();
  const scores = players.map(({ score }) => score).filter((score) => score.days > 0);
  return {
    scores: scores.toSorted(byPoints),
    rounds,
    given: new Map(Object.entries(state.given)),
    answers,
    days,
    cut,
  };
}

const asPlacing = (pid: string, on: string, floor: number) => ({
  entry: { k: '', pid, on, q: '', choice: 0, ok: true, points: 0, by: '', took: 0, level: 1 },
  floor,
  seq: 0,
  at: new Date(0),
});

const newPlayer = (quiz: QuizContent, pid: string): Player => ({
  score: newScore(quiz.id, asPlacing(pid, '', 0)),
  asked: 0,
  right: 0,
});

function roundOn(quiz: string, { score }: Player, on: string, answers: number): RoundRow {
  score.days++;
  return newRound(quiz, asPlacing(score.pid, on, answers + 1));
}

/** The level after one more of its questions; false: she failed it, and her day is over. */
function mayGoOn(quiz: QuizContent, player: Player, ok: boolean): boolean {
  const level = levelOf(quiz, player.score.level);
  player.asked++;
  if (ok) player.right++;
  if (player.asked < level.questions) return true;
  const passed = player.right >= level.pass;
  if (passed) player.score.level++;
  player.asked = 0;
  player.right = 0;
  return passed;
}

const byPoints = (a: { points: number; reached: number }, b: { points: number; reached: number }): number =>
  b.points - a.points || a.reached - b.reached;

function* daysOf({ startsAt, endsAt }: QuizContent): Generator<string> {
  const last = beijingDay(endsAt);
  for (let at = startsAt; beijingDay(at) <= last; at += dayMs) yield beijingDay(at);
}

/** Numbers between 0 and 1 that look thrown and are the same every time (mulberry32). */
function dice(): () => number {
  let seed = 20_261_122;
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), seed | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}
