import { beijingDay } from '../../kit/beijing';
import { createCache } from '../../kit/cache';
import { fold } from '../../kit/text';
import type { Awards } from '../prizes/awards';
import type { Prize } from '../prizes/prize';
import type { Tickets } from '../prizes/tickets';
import type { Plays } from '../subscribers/talk';
import type { QuizCampaigns } from './campaigns';
import type { Quiz } from './definition';
import type { AnswerLog } from './log/answers';
import { givenOf } from './log/floors';
import { isFlashOpen, type Playing } from './play/play';
import { type Picked, readPick } from './play/questions';
import { type Play, whyClosed, whyLapsed } from './play/standing';
import type { Asked, Shown, Step } from './play/step';

/** What a message means to the quiz. */
export type Take =
  | { does: 'start' | 'flash' | 'skip'; quiz: Quiz }
  | { does: 'answer'; quiz: Quiz; picked: Picked };

/** What of hers a quiz can be played by. */
type Heard = { kind: 'text'; content: string } | { kind: 'click'; key: string };
/** Where she stands in campaigns of any kind, and which of them she plays. */
type Stands = { plays: Plays; playing: string | undefined };
/** The quiz she plays, or played last. */
type Hers = { quiz: Quiz; play: Play };
type Who = { pid: string; at: number; id: string };

/** So many are named under an answer; of the others she knows the title. */
const mostOthers = 5;

/** The quiz as the chat sees it. */
export function createQuiz(given: {
  campaigns: QuizCampaigns;
  playing: Playing;
  answerLog: AnswerLog;
  awards: Pick<Awards, 'announce'>;
  tickets: Pick<Tickets, 'counts'>;
}) {
  const { campaigns, playing, answerLog, awards, tickets } = given;
  /** However many ask, the stock of a quiz is counted once in five seconds. */
  const stock = createCache<Awaited<ReturnType<Tickets['counts']>>>({
    max: 20,
    freshMs: 5_000,
    staleMs: 60_000,
  });
  const current = (at: number): Quiz | undefined => campaigns.running(at)[0];
  const isOver = (quiz: Quiz, at: number): boolean => whyClosed(quiz, at)?.why === 'ended';

  function hers({ plays, playing: id = '' }: Stands): Hers | undefined {
    const [quiz, play] = [campaigns.get(id), standing(plays, { id })];
    return quiz && play && { quiz, play };
  }

  /** The quiz she plays as long as it goes on, else the one that runs now, else the one she played. */
  function hersOrCurrent(quiz: Quiz | undefined, at: number): Quiz | undefined {
    return quiz && !isOver(quiz, at) ? quiz : (current(at) ?? quiz);
  }

  /**
   * What she won and was not told yet goes into the reply, a code at once. Written before it is told; the projector would
   * write the same.
   */
  async function giveAwards(quiz: Quiz, step: Step): Promise<void> {
    const news: Shown[] = [];
    for (const shown of winsIn(step)) {
      const award = await awards.announce(quiz, shown.win);
      if (award) news.push({ ...shown, award: award._id, code: award.code ?? '' });
    }
    if (step.kind === 'answered') step.result.wins = news;
    if (step.kind === 'flashAnswered') step.wins = news;
  }

  /** What of a prize can still be won by answering. Of those that go by rank or by lot all is left until the end. */
  async function leftIn(quiz: Quiz): Promise<(prize: Prize) => number> {
    const { value: counts } = await stock.get(quiz.id, () => tickets.counts(quiz.id));
    const state = answerLog.state(quiz.id);
    return ({ id, quantity, way }) => {
      if (way.kind === 'ranking' || way.kind === 'draw') return quantity;
      const { held = 0, given: hers = 0, back = 0 } = counts.get(id) ?? {};
      // What came back is not for the next floor: judging by the log counts what was won.
      return Math.max(0, quantity - Math.max(held + hers + back, givenOf(state, id)));
    };
  }

  return {
    /** Hers while it goes on, else the one that runs now, else the last she played, else the next, else the last. */
    theOne: (her: Stands, at: number): Quiz | undefined =>
      hersOrCurrent(hers(her)?.quiz, at) ?? campaigns.latest(at),

    hers,

    /** The quiz of a title or keyword, as she says it: 「秋日一戰」. */
    named: (said: string, at: number): Quiz | undefined => campaigns.named(said, at),

    /** What the other quizzes that she has played are called by: the last of those that are still known. */
    others: ({ plays }: Stands, { id }: Pick<Quiz, 'id'>, at: number): string[] =>
      Object.keys(plays)
        .flatMap((one) => (one === id ? [] : (campaigns.get(one) ?? [])))
        .toSorted((a, b) => b.endsAt - a.endsAt)
        .slice(0, mostOthers)
        .map((one) => campaigns.calledBy(one, at)),

    /** It runs or is announced: a keyword of it may be suggested. */
    goesOn({ id }: Pick<Quiz, 'id'>, at: number): boolean {
      const quiz = campaigns.get(id);
      return quiz !== undefined && !isOver(quiz, at);
    },

    standing,

    /** An answer to her open question, a campaign's keyword or menu key, or 「繼續」; undefined for everything else. */
    take(said: Heard, her: Stands, at: number): Take | undefined {
      if (said.kind === 'click') {
        const quiz = campaigns.byMenuKey(said.key, at);
        return quiz && { does: 'start', quiz };
      }
      const known = hers(her);
      const playing = known && !known.play.left ? known : undefined;
      const folded = fold(said.content);
      const picked = playing && readPick(said.content);
      if (picked && isAsked(playing.play)) return { does: 'answer', quiz: playing.quiz, picked };
      // A letter in a pause, or when today's are done: she is told how it stands.
      if (picked && /[a-f]/.test(folded)) return { does: 'start', quiz: playing.quiz };
      if (folded === '继续' && known) return { does: 'start', quiz: known.quiz };
      if (folded === '跳过' && playing && asksAboutHer(playing)) return { does: 'skip', quiz: playing.quiz };
      if (folded === '抢答') {
        const quiz = hersOrCurrent(playing?.quiz, at);
        return quiz && { does: 'flash', quiz };
      }
      const quiz = campaigns.byKeyword(folded, at);
      return quiz && { does: 'start', quiz };
    },

    /** A question is before her: 「1」 answers it. */
    takesDigits(her: Stands): boolean {
      const play = hers(her)?.play;
      return play !== undefined && !play.left && isAsked(play);
    },

    /** Carries out what she takes. Who has not played yet, or came back, is recalled from the answer log. */
    async play(take: Take, plays: Plays, who: Who): Promise<Step> {
      const { quiz } = take;
      answerLog.useVersion(quiz.id, quiz.version);
      const play = standing(plays, quiz) ?? (await playing.recall(quiz, who.pid, who.at));
      if (take.does === 'answer') {
        const step = await playing.answer(quiz, play, take.picked, who);
        await giveAwards(quiz, step);
        return step;
      }
      if (take.does === 'skip') return playing.skip(quiz, play, who);
      return take.does === 'flash' ? playing.startFlash(quiz, play, who) : playing.start(quiz, play, who);
    },

    /** What she won, and this turn is the first to tell her of. */
    winsIn,

    /** The question that this turn asks her, if it does. */
    asked(step: Step): Asked | undefined {
      if ('question' in step) return step.question;
      return 'next' in step && typeof step.next === 'object' && step.next?.kind === 'question'
        ? step.next.question
        : undefined;
    },

    /** The one line under other replies: how to go on, or once a day that a quiz runs. */
    remark(her: Stands, at: number, firstToday: () => boolean): string | undefined {
      const mine = hers(her);
      if (mine && !mine.play.left && isFlashOpen(mine.quiz, mine.play, at))
        return '（回覆「搶答」回到搶答題）';
      const open = mine && !mine.play.left && !whyLapsed(mine.quiz, mine.play, at) && mine.play.open;
      if (open) return `（回覆「繼續」回到第 ${open.n} 題）`;
      const quiz = current(at);
      if (!quiz || whyClosed(quiz, at)) return undefined;
      const played = standing(her.plays, quiz);
      const knowsIt = played && (played.left || (played.on === beijingDay(at) && played.today.length > 0));
      if (knowsIt || !firstToday()) return undefined;
      return `「${quiz.title}」進行中，回覆「${quiz.keywords[0]}」答題贏獎品`;
    },

    /** The quiz that runs now, as it is shown to somebody who does not know it: with its three best prizes. */
    onShow(
      at: number,
    ): { quiz: Quiz; prizes: { name: string; quantity: number; sponsor: string }[] } | undefined {
      const quiz = current(at);
      if (!quiz) return undefined;
      const sponsors = new Map(quiz.sponsors.map(({ id, name }) => [id, name]));
      const prizes = quiz.prizes
        .toSorted((a, b) => b.priceFen - a.priceFen)
        .slice(0, 3)
        .map(({ name, quantity, sponsor = '' }) => ({
          name,
          quantity,
          sponsor: sponsors.get(sponsor) ?? '',
        }));
      return { quiz, prizes };
    },

    /** What the account owes everybody who plays: each prize with its number, what is left, worth, way and time to claim it. */
    async prizeTable(quiz: Quiz) {
      const { title, startsAt, endsAt, forfeiture, prizes } = quiz;
      const left = await leftIn(quiz);
      const shown = prizes.map((prize) => ({
        name: prize.name,
        quantity: prize.quantity,
        left: left(prize),
        priceFen: prize.priceFen,
        claimDays: prize.claimDays,
        way: prize.way.kind,
        at: 'at' in prize.way ? prize.way.at : 0,
        conditions: prize.conditions ?? '',
      }));
      return { title, startsAt, endsAt, forfeiture, prizes: shown };
    },
  };
}

/** Where she stands in a quiz, if she has played it. */
function standing(plays: Plays, { id }: Pick<Quiz, 'id'>): Play | undefined {
  const found = plays[id];
  return found?.kind === 'quiz' ? (found as Play) : undefined;
}

function winsIn(step: Step): Shown[] {
  if (step.kind === 'answered') return step.result.wins;
  return step.kind === 'flashAnswered' ? step.wins : [];
}

/** A question is before her, of her own or of 搶答. */
const isAsked = ({ open, flash }: Play): boolean => (open ?? flash) !== undefined;

const asksAboutHer = ({ quiz, play }: Hers): boolean =>
  quiz.questions.find((question) => question.id === play.open?.q)?.kind === 'profile';

export type QuizService = ReturnType<typeof createQuiz>;
