import type { Visit } from './console';
import type { Cell } from './parts';

/** The list of the people of a rule; '' for who may not see it. */
export const peopleOf = (visit: Pick<Visit, 'may'>, sentence: string): string =>
  visit.may('people.see') ? `/subscribers?sentence=${encodeURIComponent(sentence)}` : '';
/** The rule as a segment to be kept; '' for who may not see one. */
export const segmentOf = (visit: Pick<Visit, 'may'>, sentence: string): string =>
  visit.may('segments.see') ? `/segments/new?sentence=${encodeURIComponent(sentence)}` : '';

export const linked = (text: string | number, href: string, note = ''): Cell => ({
  text,
  ...(href === '' ? {} : { href }),
  ...(note === '' ? {} : { note }),
});

export const count = (n: number): string => n.toLocaleString('en');
/** 0.1234 → 12.3%. */
export const percent = (share: number | undefined): string =>
  share === undefined || Number.isNaN(share) ? '—' : `${Math.round(share * 1_000) / 10}%`;
/** 「+3（+12%）」 against what was. */
export function change(now: number | undefined, before: number | undefined): string {
  if (now === undefined || before === undefined) return '—';
  const by = now - before;
  const sign = by > 0 ? '+' : by < 0 ? '−' : '';
  const share = before > 0 && by !== 0 ? `（${sign}${Math.round((Math.abs(by) / before) * 100)}%）` : '';
  return by === 0 ? '一樣' : `${sign}${count(Math.abs(by))}${share}`;
}
/** 90_000 → 1 分鐘. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} 秒`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} 分鐘`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} 小時` : `${Math.round(seconds / 86_400)} 天`;
}

const processNames: Record<string, string> = {
  web: '收消息',
  worker: '做工作',
  console: '控制台',
  simulator: '模擬器',
};
export const processName = (role: string): string => processNames[role] ?? '命令行';
