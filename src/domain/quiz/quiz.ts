import { fold } from '../../kit/text';
import type { Campaigns } from './campaigns';
import type { Quiz } from './definition';
import { type Picked, readPick } from './questions';
import type { Orders } from './orders';
import { type Play, type Playing, type Turn, whyClosed } from './play';

/** What a text means to the quiz. */
export type QuizClaim =
  | { does: 'start' | 'flash' | 'skip'; quiz: Quiz }
  | { does: 'answer'; quiz: Quiz; picked: Picked };

type Who = { pid: string; at: number; id: string };

/** The day her name in a quiz is forgotten after she left: when the last claim is over. */
const claimsOpenMs = 90 * 86_400_000;

/** The quiz as the chat sees it. */
export function createQuiz({
  campaigns,
  playing,
  orders,
}: {
  campaigns: Campaigns;
  playing: Playing;
  orders: Orders;
}) {
  const current = (at: number): Quiz | undefined => campaigns.running(at)[0];

  return {
    /** Hers if she is in one, else the one that runs now, else the next. */
    theOne: (play: Play | undefined, at: number): Quiz | undefined =>
      (play && campaigns.get(play.quiz)) ?? current(at) ?? campaigns.upcoming(at)[0],

    /** An answer to her open question, a campaign's keyword, or 「繼續」; undefined for everything else. */
    claim(text: string, play: Play | undefined, at: number): QuizClaim | undefined {
      const hers = play && !play.left ? campaigns.get(play.quiz) : undefined;
      if (hers && (play?.open || play?.flash)) {
        const picked = readPick(text);
        if (picked) return { does: 'answer', quiz: hers, picked };
      }
      const folded = fold(text);
      if (folded === '继续' && hers) return { does: 'start', quiz: hers };
      if (folded === '跳过' && hers && asksAboutHer(hers, play)) return { does: 'skip', quiz: hers };
      if (folded === '抢答') {
        const quiz = hers ?? current(at);
        return quiz && { does: 'flash', quiz };
      }
      const quiz = campaigns.byKeyword(folded, at);
      return quiz && { does: 'start', quiz };
    },

    /** Carries out a claim. Who has not played yet, or came back, is recalled from the order log. */
    async play(claim: QuizClaim, before: Play | undefined, who: Who): Promise<Turn> {
      const { quiz } = claim;
      orders.useVersion(quiz.id, quiz.version);
      const play = before?.quiz === quiz.id ? before : await playing.recall(quiz, who.pid, who.at);
      if (claim.does === 'answer') return playing.answer(quiz, play, claim.picked, who);
      if (claim.does === 'skip') return playing.skip(quiz, play, who);
      return claim.does === 'flash' ? playing.startFlash(quiz, play, who) : playing.start(quiz, play, who);
    },

    /** The one line under other replies: how to go on, or once a day that a quiz runs. */
    remark(play: Play | undefined, at: number, firstToday: () => boolean): string | undefined {
      if (play?.open && !play.left) return `（回覆「繼續」回到第 ${play.open.n} 題）`;
      const quiz = current(at);
      if (!quiz || play?.left || (play && play.today.length > 0) || whyClosed(quiz, at) || !firstToday())
        return undefined;
      return `「${quiz.title}」進行中，回覆「${quiz.keywords[0]}」答題贏獎品`;
    },

    /** Until when her name in a quiz is kept after she left (business ms). */
    nameKeptUntil(play: Play | undefined): number | undefined {
      const quiz = play && campaigns.get(play.quiz);
      return quiz && quiz.endsAt + claimsOpenMs;
    },
  };
}

const asksAboutHer = (quiz: Quiz, play: Play | undefined): boolean =>
  quiz.questions.find((question) => question.id === play?.open?.q)?.kind === 'profile';

export type QuizService = ReturnType<typeof createQuiz>;
