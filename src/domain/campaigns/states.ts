import type { CampaignState } from './campaign';

/** What somebody, or the clock, does to a whole campaign. */
export type Deed =
  | 'save'
  | 'check'
  | 'schedule'
  | 'begin'
  | 'withdraw'
  | 'propose'
  | 'approve'
  | 'pause'
  | 'resume'
  | 'end'
  | 'settle'
  | 'close';

const over: CampaignState[] = ['ended', 'settling', 'settled'];
/** Nobody plays it any more: of its content only the codes may still change. */
export const isOver = (state: CampaignState): boolean => over.includes(state);

/**
 * The table of what may happen when; everything else is refused. the page for marketers prints it.
 * `schedule` publishes: from then on the content changes only by `propose` and `approve`.
 */
export const table: Record<Deed, { from: CampaignState[]; name: string }> = {
  save: { from: ['draft', 'checked'], name: '整份重新導入' },
  check: { from: ['draft', 'checked'], name: '檢查' },
  schedule: { from: ['checked'], name: '公布' },
  begin: { from: ['checked', 'scheduled'], name: '開賽' },
  withdraw: { from: ['scheduled'], name: '撤回' },
  propose: { from: ['scheduled', 'running', 'paused', ...over], name: '提出修改' },
  approve: { from: ['scheduled', 'running', 'paused', ...over], name: '批准修改' },
  pause: { from: ['running'], name: '暫停' },
  resume: { from: ['paused'], name: '恢復' },
  end: { from: ['running', 'paused'], name: '結束' },
  settle: { from: ['ended'], name: '結算' },
  close: { from: ['settling'], name: '結案' },
};

export const stateNames: Record<CampaignState, string> = {
  draft: '草稿',
  checked: '已檢查',
  scheduled: '已公布',
  running: '進行中',
  paused: '暫停',
  ended: '已結束',
  settling: '結算中',
  settled: '已結案',
};

/** Fans know of it: its content is a promise. */
export const isPublished = (state: CampaignState): boolean => state !== 'draft' && state !== 'checked';
