import { canonical } from '../../kit/canonical';
import type { Prize, Way } from '../prizes/prize';
import type { Content } from './campaign';
import type { Change, Kind } from './kind';

export const tellChange = ({ what, against }: Change): string => (against ? `${what}：${against}` : what);

type Found = { changes: Change[]; add(what: string, against?: string | false): void };

/**
 * What an amendment of a published campaign changes, and what of it is to the players' cost. This is the exact meaning of
 * "only in the players' favour"; the page for marketers tells it, too. `begun`: it has been played already.
 */
export function compareContents(
  old: Content,
  next: Content,
  { begun, kind }: { begun: boolean; kind: Kind },
): Change[] {
  const changes: Change[] = [];
  const found: Found = {
    changes,
    add: (what, against) => void changes.push({ what, ...(against ? { against } : {}) }),
  };
  compareTimes(old, next, { begun, found });
  compareRules(old, next, found);
  changes.push(...kind.compare(old, next, { begun }));
  comparePrizes(old, next, { begun, kind, found });
  return changes;
}

function compareTimes(old: Content, next: Content, { begun, found }: { begun: boolean; found: Found }): void {
  const { add } = found;
  if (next.startsAt !== old.startsAt) {
    add(
      '開始時間',
      begun ? '已經開賽，不能再改' : next.startsAt > old.startsAt && '公布後只能提前，不能延後',
    );
  }
  if (next.endsAt !== old.endsAt) add('結束時間', next.endsAt < old.endsAt && '公布後只能延後，不能提前');
}

function compareRules(old: Content, next: Content, found: Found): void {
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
  compareSponsors(old, next, found);
  const left = old.staff.filter((pid) => !next.staff.includes(pid));
  if (left.length > 0) add('工作人員', '公布後只能增加，不能拿掉');
  else if (next.staff.length > old.staff.length) add('工作人員');
}

function compareSponsors(old: Content, next: Content, { add }: Found): void {
  const gone = old.sponsors.filter(({ id }) => !next.sponsors.some((one) => one.id === id));
  for (const { name } of gone) add(`贊助商「${name}」`, '公布後不能拿掉');
  for (const sponsor of next.sponsors) {
    const before = old.sponsors.find(({ id }) => id === sponsor.id);
    if (canonical(before) !== canonical(sponsor)) add(`贊助商「${sponsor.name}」`);
  }
}

function comparePrizes(
  old: Content,
  next: Content,
  { begun, kind, found: { add } }: { begun: boolean; kind: Kind; found: Found },
): void {
  const before = new Map(old.prizes.map((prize) => [prize.id, prize]));
  const longer = next.endsAt > old.endsAt;
  for (const prize of old.prizes)
    if (!next.prizes.some(({ id }) => id === prize.id)) add(`獎品「${prize.name}」`, '公布後不能拿掉');
  for (const prize of next.prizes) {
    const was = before.get(prize.id);
    if (!was) {
      add(`新獎品「${prize.name}」`, begun && kind.againstPrize(old, prize));
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
