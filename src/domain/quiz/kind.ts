import { beijingDays } from '../../kit/beijing';
import { maxTextBytes } from '../../wechat/protocol/reply';
import type { Content } from '../campaigns/campaign';
import type { Finding, Kind } from '../campaigns/kind';
import { compareGames } from './amendments';
import { laidFlat, type QuizContent } from './definition';
import { isOpenAt } from './play/standing';
import { type Render, tooLong } from './rehearse/walk';
import { lostByShuffling } from './shuffled';

/** What a quiz says of its text: for campaigns. */
export const createQuizKind = ({ render }: { render: Render }): Kind => ({
  reserved: [
    ...'排行|我的積分|獎品|規則|中獎名單|退出|繼續|改名|開賽提醒我|搶答|領獎'.split('|'),
    ...'ABCDEF123456'.split(''),
    ...'對|錯|取消'.split('|'),
  ],
  compare: (old, next, how) => compareGames(laidFlat(old), laidFlat(next), how),
  againstPrize(old, { way }) {
    const known = way.kind === 'first' && laidFlat(old).questions.some(({ id }) => id === way.question);
    return known ? '已經開賽，有人答過這一題；搶答請另加一題新的' : undefined;
  },
  texts: (content) =>
    laidFlat(content).questions.map(({ id, text, options, explanation = '' }) => ({
      where: `題目 ${id}`,
      text: [text, ...options, explanation].join('\n'),
      kind: 'question',
    })),
  facts: {
    'first-time': (content) => outOfHours(laidFlat(content)),
    bank: (content) => smallBank(laidFlat(content)),
  },
  findings(content: Content): Finding[] {
    const quiz = laidFlat(content);
    const long = tooLong(quiz, render).map(({ where, bytes }) => ({
      rule: 'reply-length',
      where,
      reason: `最長的一則回覆有 ${bytes} 位元組，平台一則最多 ${maxTextBytes}；請縮短`,
    }));
    const shuffled = lostByShuffling(quiz).map((found) => ({ rule: 'options-shuffled', ...found }));
    return [...long, ...shuffled].map((found) => ({ level: 'refuse', ...found }));
  },
});

const outOfHours = (quiz: QuizContent) =>
  quiz.prizes
    .filter(
      ({ way }) =>
        way.kind === 'first' && (way.at < quiz.startsAt || way.at >= quiz.endsAt || !isOpenAt(quiz, way.at)),
    )
    .map(({ name, id }) => ({
      where: `獎品「${name || id}」`,
      more: '搶答時間不在活動期間，或不在每日開放時間',
    }));

function smallBank({ questions, prizes, perDay, startsAt, endsAt }: QuizContent) {
  const flash = new Set(prizes.flatMap(({ way }) => (way.kind === 'first' ? [way.question] : [])));
  const bank = questions.filter(({ id, retired }) => !retired && !flash.has(id)).length;
  const days = beijingDays(startsAt, endsAt);
  const most = perDay * days;
  return bank >= most ? [] : [{ where: '題目', more: `有 ${bank} 題，一個人 ${days} 天最多答 ${most} 題` }];
}
