import { spellings } from '../../kit/text';
import { type Leaf, leaf, quotedList, whole } from '../leaf';

/** What the brand's own systems told of her, by the phone she bound. */
export const purchaseLeaves: readonly Leaf[] = [
  leaf('bought', '買過至少 {times} 次', { times: whole(1, 1_000) }, ({ times }) => ({
    number: 'purchases',
    from: times,
  })),
  leaf('bought-within', '{days} 天內買過', { days: whole(1, 3_650) }, ({ days }, { day }) => ({
    number: 'boughtOn',
    from: day - days + 1,
  })),
  leaf('spent', '累計消費至少 {yuan} 元', { yuan: whole(1, 100_000_000) }, ({ yuan }) => ({
    number: 'spentFen',
    from: yuan * 100,
  })),
  leaf('phone', '綁定了手機', {}, () => ({ has: 'bound:phone' })),
  leaf('no-phone', '沒有綁定手機', {}, () => ({ lacks: ['bound:phone'] })),
  leaf('phone-area', '手機號是{areas}的', { areas: quotedList() }, ({ areas }) => ({
    hasOne: areas.flatMap(spellings).map((one) => `phone-area:${one}`),
  })),
  leaf('member', '是會員', {}, () => ({ has: 'member' })),
  leaf('member-level', '是會員等級{levels}', { levels: quotedList() }, ({ levels }) => ({
    hasOne: levels.map((one) => `member:${one}`),
  })),
];
