import type { Flat } from '../leaf';

/** From nobody to who brings others; in the order in which they are climbed. */
export const stageNames = {
  none: '無關係',
  found: '發現',
  aware: '認知',
  considering: '考慮',
  choosing: '選擇',
  bought: '購買',
  satisfied: '滿意',
  loyal: '忠誠',
  advocate: '擁護',
} as const;
export type StageCode = keyof typeof stageNames;
export const stageCodes = Object.keys(stageNames) as StageCode[];

/** What can be seen in a flat person. `starts`: any token or number of such a name. Days count from today back. */
export type Sign =
  | { token: string }
  | { starts: string }
  | { number: string; least: number }
  | { number: string; within: number };

export type StageRule = {
  stage: StageCode;
  /** One of them is enough. None: nothing that is kept can tell it. */
  signs: readonly Sign[];
  /** What feeds it; where nothing does, what would. For people. */
  fedBy: string;
};

/** Who meets several is in the last of them. */
export const stageRules: readonly StageRule[] = [
  { stage: 'none', signs: [], fedBy: '還沒有關注，或已經離開' },
  {
    stage: 'found',
    signs: [{ number: 'followedOn', least: 0 }, { starts: 'channel:' }],
    fedBy: '關注或掃碼',
  },
  {
    stage: 'aware',
    signs: [{ starts: 'asked_' }, { starts: 'played:' }, { starts: 'known:' }],
    fedBy: '30 天內問過什麼，玩過活動，或告訴過我們自己的事',
  },
  {
    stage: 'considering',
    signs: [
      { number: 'asked_hotels_2', within: 30 },
      { number: 'asked_trains_2', within: 30 },
      { number: 'asked_tickets_2', within: 30 },
    ],
    fedBy: '30 天內問過酒店、列車或門票至少 2 次',
  },
  {
    stage: 'choosing',
    signs: [],
    fedBy: '點了訂房連結的人；現在的連結只計次數，不知道是誰點的',
  },
  { stage: 'bought', signs: [{ token: 'buyer' }], fedBy: '導入的購買，由綁定的手機號對上' },
  { stage: 'satisfied', signs: [], fedBy: '滿意度問卷的高分；現在還沒有這份問卷' },
  {
    stage: 'loyal',
    signs: [{ number: 'purchases', least: 2 }],
    fedBy: '導入的購買至少 2 次',
  },
  { stage: 'advocate', signs: [], fedBy: '帶來的朋友；現在還沒有邀請這回事' },
];

/** Nothing that is kept can put anybody there. The bottom needs no source. */
export const hasNoSource = ({ stage, signs }: StageRule): boolean => stage !== 'none' && signs.length === 0;

/** The highest stage that a person is seen in. `day`: days since 1970. */
export function stageOf(flat: Flat, day: number): StageCode {
  const found = stageRules.findLast(({ signs }) => signs.some((sign) => holds(sign, flat, day)));
  return found?.stage ?? 'none';
}

function holds(sign: Sign, { t, n }: Flat, day: number): boolean {
  if ('token' in sign) return t.includes(sign.token);
  if ('starts' in sign) return [...t, ...Object.keys(n)].some((one) => one.startsWith(sign.starts));
  const value = n[sign.number];
  if (value === undefined) return false;
  return 'least' in sign ? value >= sign.least : value > day - sign.within;
}
