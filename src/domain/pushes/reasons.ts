/** Why somebody got nothing, by code, as it is shown to marketers. */
export const reasonNames = {
  left: '已取關，或刪除了資料',
  shut: '對方拒收，或已拉黑',
  quiet: '她說過不要推送',
  cap: '近幾天已收過夠多推送',
  window: '客服窗口沒開：她 48 小時內沒說過話',
  used: '客服消息條數用完（留了幾條給回覆）',
  month: '這個月的群發已滿',
  notice: '她沒有訂閱這個通知，或次數用完',
  sms: '她沒有同意收短信',
  mail: '她沒有同意收郵件',
  variable: '文案要的資料她沒有，也沒寫默認',
  two: '按名單群發至少要兩個人',
  cancelled: '推送取消了',
  hours: '這條路現在不是發送時段',
} as const;
export type Reason = keyof typeof reasonNames;

/** A reason of ours, or a refusal of WeChat's under its number. */
export const tellReason = (reason: string): string =>
  Object.hasOwn(reasonNames, reason) ? reasonNames[reason as Reason] : reason;
