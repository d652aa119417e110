import type { Prize, Way } from '../prizes/prize';
import type { Level, Question, QuizContent } from '../quiz/definition';

/** One difference between two texts of a campaign. `against`: why it is to the players' cost; absent when it is not. */
export type Change = { what: string; against?: string };

type Found = { changes: Change[]; add(what: string, against?: string | false): void };

/**
 * What an amendment of a published campaign changes, and what of it is to the players' cost. This is the exact meaning of
 * "only in the players' favour"; docs/quiz.md §4 tells it to marketers. `begun`: it has been played already.
 */
export function compareQuiz(old: QuizContent, next: QuizContent, { begun }: { begun: boolean }): Change[] {
  const changes: Change[] = [];
  const found: Found = {
    changes,
    add: (what, against) => void changes.push({ what, ...(against ? { against } : {}) }),
  };
  compareTimes(old, next, { begun, found });
  compareRules(old, next, { begun, found });
  compareQuestions(old, next, found);
  comparePrizes(old, next, { begun, found });
  return changes;
}

function compareTimes(
  old: QuizContent,
  next: QuizContent,
  { begun, found }: { begun: boolean; found: Found },
): void {
  const { add } = found;
  if (next.startsAt !== old.startsAt) {
    add(
      '開始時間',
      begun ? '已經開賽，不能再改' : next.startsAt > old.startsAt && '公布後只能提前，不能延後',
    );
  }
  if (next.endsAt !== old.endsAt) add('結束時間', next.endsAt < old.endsAt && '公布後只能延後，不能提前');
  if (next.opensAt !== old.opensAt)
    add('每日開放時間', next.opensAt > old.opensAt && '公布後只能更早，不能更晚');
  if (next.closesAt !== old.closesAt)
    add('每日關閉時間', next.closesAt < old.closesAt && '公布後只能更晚，不能更早');
}

function compareRules(
  old: QuizContent,
  next: QuizContent,
  { begun, found }: { begun: boolean; found: Found },
): void {
  const { add } = found;
  // Free: they decide nothing.
  for (const [field, name] of [
    ['title', '標題'],
    ['intro', '介紹'],
    ['contact', '聯絡方式'],
  ] as const)
    if (next[field] !== old[field]) add(name);
  for (const [field, name] of [
    ['organiser', '主辦單位'],
    ['forfeiture', '逾期處理'],
    ['audience', '參加對象'],
  ] as const)
    if (next[field] !== old[field]) add(name, '公布後不能改');
  if (next.rules !== old.rules) add('規則', !next.rules.startsWith(old.rules) && '公布後只能在後面增補');
  const gone = old.keywords.filter((word) => !next.keywords.includes(word));
  if (gone.length > 0) add('關鍵字', `不能拿掉「${gone.join('」「')}」`);
  else if (next.keywords.length > old.keywords.length) add('關鍵字');
  if (next.menuKey !== old.menuKey)
    add('菜單鍵', old.menuKey !== undefined && '粉絲從這個按鈕進來，公布後不能改');
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
  compareLevels(old.levels, next.levels, { begun, found });
  if (next.timerSeconds !== old.timerSeconds) {
    const shorter =
      next.timerSeconds !== undefined &&
      (old.timerSeconds === undefined || next.timerSeconds < old.timerSeconds);
    add('每題限時', shorter && '公布後只能放寬或取消');
  }
  if (canonical(next.mix) !== canonical(old.mix)) add('出題比例', '公布後不能改');
  compareSponsors(old, next, found);
  const left = old.staff.filter((pid) => !next.staff.includes(pid));
  if (left.length > 0) add('工作人員', '公布後只能增加，不能拿掉');
  else if (next.staff.length > old.staff.length) add('工作人員');
}

function compareLevels(
  old: Level[],
  next: Level[],
  { begun, found: { add } }: { begun: boolean; found: Found },
): void {
  if (canonical(old) === canonical(next)) return;
  const same = old.every((level, i) => next[i]?.questions === level.questions);
  if (!same || (begun && next.length !== old.length))
    add('關卡', begun ? '開賽後不能增減關卡或改題數' : '公布後不能拿掉關卡或改題數');
  else add('關卡', old.some((level, i) => (next[i]?.pass ?? 0) > level.pass) && '過關題數只能降低');
}

function compareSponsors(old: QuizContent, next: QuizContent, { add }: Found): void {
  const gone = old.sponsors.filter(({ id }) => !next.sponsors.some((one) => one.id === id));
  for (const { name } of gone) add(`贊助商「${name}」`, '公布後不能拿掉');
  for (const sponsor of next.sponsors) {
    const before = old.sponsors.find(({ id }) => id === sponsor.id);
    if (canonical(before) !== canonical(sponsor)) add(`贊助商「${sponsor.name}」`);
  }
}

function compareQuestions(old: QuizContent, next: QuizContent, { add }: Found): void {
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

function questionChange(old: Question, next: Question): string | undefined {
  const asked = ({ kind, text, options, right, attribute }: Question) =>
    canonical({ kind, text, options, right, attribute });
  if (asked(old) !== asked(next)) return '公布後題目、選項與答案不能改：請停用它，另加一題新編號的';
  if (old.retired && !next.retired) return '停用的題目不能再用';
  return undefined;
}

function comparePrizes(
  old: QuizContent,
  next: QuizContent,
  { begun, found: { add } }: { begun: boolean; found: Found },
): void {
  const before = new Map(old.prizes.map((prize) => [prize.id, prize]));
  const longer = next.endsAt > old.endsAt;
  for (const prize of old.prizes)
    if (!next.prizes.some(({ id }) => id === prize.id)) add(`獎品「${prize.name}」`, '公布後不能拿掉');
  for (const prize of next.prizes) {
    const was = before.get(prize.id);
    if (!was) {
      const { way } = prize;
      const known = begun && way.kind === 'first' && old.questions.some(({ id }) => id === way.question);
      add(`新獎品「${prize.name}」`, known && '已經開賽，有人答過這一題；搶答請另加一題新的');
      continue;
    }
    const [had, have] = [was.codes, prize.codes];
    if (canonical(had) !== canonical(have))
      add(
        `獎品「${was.name}」的兌換碼由 ${had?.count ?? 0} 個改為 ${have?.count ?? 0} 個`,
        have === undefined && '不能整份拿掉；寫錯的用 codes take-out 取出',
      );
    if (canonical({ ...was, codes: 0 }) !== canonical({ ...prize, codes: 0 })) {
      const name = `獎品「${was.name}」`;
      const reasons = [...prizeCosts(was, prize), ...wayCosts(was, prize, { longer })];
      if (reasons.length === 0) add(name);
      for (const reason of reasons) add(name, reason);
    }
  }
}

function prizeCosts(old: Prize, next: Prize): string[] {
  const costs: string[] = [];
  const fixed = (name: string, field: keyof Prize) => {
    if (canonical(old[field]) !== canonical(next[field])) costs.push(`${name}公布後不能改`);
  };
  const grows = (name: string, field: 'priceFen' | 'quantity' | 'claimDays' | 'points') => {
    if ((next[field] ?? 0) < (old[field] ?? 0)) costs.push(`${name}只能增加`);
  };
  const extends_ = (name: string, field: 'usedAt' | 'delivery') => {
    if (!(next[field] ?? '').startsWith(old[field] ?? '')) costs.push(`${name}只能在後面增補`);
  };
  fixed('名稱', 'name');
  fixed('類別', 'kind');
  fixed('贊助商', 'sponsor');
  fixed('每人每日上限', 'perDay');
  fixed('每人上限', 'perPerson');
  if (next.conditions !== undefined) fixed('領取條件', 'conditions');
  grows('價值', 'priceFen');
  grows('數量', 'quantity');
  grows('領取天數', 'claimDays');
  grows('點數', 'points');
  extends_('使用地點', 'usedAt');
  extends_('發放方式', 'delivery');
  if (next.validUntil !== undefined && (old.validUntil === undefined || next.validUntil < old.validUntil))
    costs.push('有效期只能延長');
  return costs;
}

/** The way a prize is won. Wider is allowed where it takes nothing from those for whom it is won already. */
function wayCosts(was: Prize, prize: Prize, { longer }: { longer: boolean }): string[] {
  const [old, next]: [Way, Way] = [was.way, prize.way];
  if (canonical(old) === canonical(next)) return [];
  if (old.kind === 'floor' && next.kind === 'floor') {
    const floors = old.floors ?? [];
    const more = (next.floors ?? []).filter((floor) => !floors.includes(floor)).length;
    if (floors.some((floor) => !next.floors?.includes(floor))) return ['樓層不能拿掉'];
    if (old.every !== next.every || canonical(old.endings) !== canonical(next.endings))
      return ['「每隔幾樓」與「樓層尾數」公布後不能改'];
    return prize.quantity - was.quantity < more ? [`多了 ${more} 個樓層，數量至少也要多 ${more} 個`] : [];
  }
  if (old.kind === 'ranking' && next.kind === 'ranking') {
    if (old.board !== next.board) return ['日榜與總榜不能互換'];
    return next.from > old.from || next.to < old.to ? ['名次範圍只能放寬'] : [];
  }
  if (old.kind === 'participation' && next.kind === 'participation') {
    const harder = (a: number | undefined, b: number | undefined) => b !== undefined && b > (a ?? 0);
    return harder(old.rounds, next.rounds) || harder(old.daysInRow, next.daysInRow)
      ? ['參與條件只能放寬']
      : [];
  }
  if (old.kind === 'draw' && next.kind === 'draw') {
    if (canonical(old.condition) !== canonical(next.condition))
      return ['抽獎資格公布後不能改：放寬會攤薄已有資格者的機會'];
    if (next.reserves < old.reserves) return ['候補名額只能增加'];
    const moved = old.at !== next.at || old.publicValue !== next.publicValue;
    if (moved && !(longer && next.at > old.at)) return ['開獎時間與公開數只有在活動延長時才能一起後移'];
    return [];
  }
  return ['獲獎方式公布後不能改'];
}

function dependsOnPoints({ way }: Prize): boolean {
  return way.kind === 'ranking' || (way.kind === 'draw' && way.condition.points !== undefined);
}

/** Equal for equal content, whatever the order of its keys; undefined fields are as good as absent. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  );
}
