import { canonical } from '../../kit/canonical';
import type { Change } from '../campaigns/kind';
import type { Prize } from '../prizes/prize';
import type { Level, Question, QuizContent } from './definition';

type Add = (what: string, against?: string | false) => void;

/** What an amendment of a published quiz changes in its game, and what of it is to the players' cost (docs/quiz.md §4). */
export function compareGames(old: QuizContent, next: QuizContent, { begun }: { begun: boolean }): Change[] {
  const changes: Change[] = [];
  const add: Add = (what, against) => void changes.push({ what, ...(against ? { against } : {}) });
  if (next.opensAt !== old.opensAt)
    add('每日開放時間', next.opensAt > old.opensAt && '公布後只能更早，不能更晚');
  if (next.closesAt !== old.closesAt)
    add('每日關閉時間', next.closesAt < old.closesAt && '公布後只能更晚，不能更早');
  if (next.perDay !== old.perDay) add('每日題數', next.perDay < old.perDay && '公布後只能增加');
  // More for an answer from now on moves those down who have already answered.
  const ranked = begun && old.prizes.some(dependsOnPoints);
  for (const [field, name] of [
    ['pointsPerAnswer', '每題分數'],
    ['firstBonus', '每日首答加分'],
  ] as const) {
    if (next[field] === old[field]) continue;
    const less = next[field] < old[field] && '公布後只能增加';
    add(name, less || (ranked && '已經開賽且有按積分排名或抽獎的獎品：現在加分，對先答的人不公平'));
  }
  compareLevels(old.levels, next.levels, { begun, add });
  if (next.timerSeconds !== old.timerSeconds) {
    const shorter =
      next.timerSeconds !== undefined &&
      (old.timerSeconds === undefined || next.timerSeconds < old.timerSeconds);
    add('每題限時', shorter && '公布後只能放寬或取消');
  }
  if (canonical(next.mix) !== canonical(old.mix)) add('出題比例', '公布後不能改');
  compareQuestions(old, next, add);
  return changes;
}

function compareLevels(old: Level[], next: Level[], { begun, add }: { begun: boolean; add: Add }): void {
  if (canonical(old) === canonical(next)) return;
  const same = old.every((level, i) => next[i]?.questions === level.questions);
  if (!same || (begun && next.length !== old.length))
    add('關卡', begun ? '開賽後不能增減關卡或改題數' : '公布後不能拿掉關卡或改題數');
  else add('關卡', old.some((level, i) => (next[i]?.pass ?? 0) > level.pass) && '過關題數只能降低');
}

function compareQuestions(old: QuizContent, next: QuizContent, add: Add): void {
  const known = new Map(next.questions.map((question) => [question.id, question]));
  const before = new Set(old.questions.map(({ id }) => id));
  for (const question of old.questions) {
    const now = known.get(question.id);
    if (!now) add(`題目 ${question.id}`, '公布後不能刪，請在「停用」欄寫「是」');
    else if (canonical(question) !== canonical(now))
      add(`題目 ${question.id}`, questionChange(question, now));
  }
  for (const { id } of next.questions) if (!before.has(id)) add(`新題目 ${id}`);
}

function questionChange(old: Question, next: Question): string | false {
  const asked = ({ kind, text, options, right, attribute }: Question) =>
    canonical({ kind, text, options, right, attribute });
  if (asked(old) !== asked(next)) return '公布後題目、選項與答案不能改：請停用它，另加一題新編號的';
  return Boolean(old.retired && !next.retired) && '停用的題目不能再用';
}

function dependsOnPoints({ way }: Prize): boolean {
  return way.kind === 'ranking' || (way.kind === 'draw' && way.condition.points !== undefined);
}
