import { beijingMoment } from '../../kit/beijing';
import { maskBoardName, maskCode } from '../../kit/mask';
import type { Column } from '../../sheets/sheet';
import type { Award } from '../prizes/award';
import type { AskedState } from '../prizes/award-filter';
import type { Claim } from '../prizes/claims';
import type { PrizeKind } from '../prizes/prize';

export type Line = { award: Award; claim: Claim | undefined; name: string };
export type PointsRow = {
  pid: string;
  points: number;
  right: number;
  answered: number;
  days: number;
  level: number;
};
export type NamedRow = PointsRow & { rank: number; name: string };
/** A state of an award and a code, as people read them. */
export type InWords = { states: Record<AskedState, string>; code: (code: string) => string };

const kindNames: Record<PrizeKind, string> = {
  goods: '實物',
  code: '兌換碼',
  coupon: '優惠券',
  points: '積分',
  money: '現金',
};

const whyNames: Record<Award['why'], string> = {
  floor: '幸運樓層',
  first: '搶答',
  ranking: '排行',
  participation: '參與',
  draw: '抽獎',
};

export function winnerColumns(full: boolean, { states, code: shown }: InWords): Column<Line>[] {
  const secret = (code: string) => (full ? code : maskCode(code));
  return [
    { title: '編號', of: ({ award }) => award._id, width: 28 },
    { title: '活動', of: ({ award }) => award.campaign },
    { title: '獎品', of: ({ award }) => award.what.name, width: 24 },
    { title: '贊助商', of: ({ award }) => award.what.sponsor },
    { title: '類型', of: ({ award }) => kindNames[award.what.kind] },
    { title: '單價（元）', of: ({ award }) => award.what.priceFen / 100 },
    { title: '方式', of: ({ award }) => whyNames[award.why] },
    { title: '中獎號', of: ({ award }) => award.floor },
    { title: '中獎日', of: ({ award }) => award.on },
    { title: '狀態', of: ({ award }) => states[award.state as AskedState] },
    { title: '名字', of: ({ name }) => (full ? name : maskBoardName(name)) },
    ...(full ? [{ title: '玩家', of: ({ award }: Line) => award.pid }] : []),
    {
      title: '碼',
      of: ({ award: { code, redeem } }) => secret(code ?? (redeem ? shown(redeem) : '')),
    },
    { title: '截止', of: ({ award }) => award.claimBy && beijingMoment(award.claimBy), width: 18 },
    { title: '收件人', of: ({ claim }) => claim?.name },
    { title: '電話', of: ({ claim }) => claim?.phone },
    { title: '地址', of: ({ claim }) => claim?.address, width: 40 },
    { title: '快遞', of: ({ award }) => award.sent?.courier },
    { title: '單號', of: ({ award }) => award.sent?.tracking, width: 20 },
    { title: '使用時間', of: ({ award }) => award.used && beijingMoment(award.used.at), width: 18 },
    { title: '使用地點', of: ({ award }) => award.used?.where },
    { title: '核銷人', of: ({ award }) => award.used?.by },
    { title: '待核原因', of: ({ award }) => award.waits },
    { title: '最後原因', of: ({ award }) => award.history.at(-1)?.reason },
    { title: '最後更新', of: ({ award }) => beijingMoment(award.history.at(-1)?.at ?? award.at), width: 18 },
  ];
}

export const pointColumns = ({ full, pid }: { full: boolean; pid: boolean }): Column<NamedRow>[] => [
  { title: '名字', of: ({ name }) => (full ? name : maskBoardName(name)) },
  ...(pid ? [{ title: '玩家', of: (row: PointsRow) => row.pid }] : []),
  { title: '積分', of: ({ points }) => points },
  { title: '答對', of: ({ right }) => right },
  { title: '答題', of: ({ answered }) => answered },
  { title: '天數', of: ({ days }) => days },
  { title: '關卡', of: ({ level }) => level },
];
