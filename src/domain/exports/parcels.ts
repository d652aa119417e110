import type { Column } from '../../sheets/sheet';
import type { Award } from '../prizes/award';
import type { Claim } from '../prizes/claims';

export type Parcel = { award: Award; claim: Claim; name: string };

/** What a courier's form may ask for. */
export const parcelFields = {
  order: ({ award }: Parcel) => award._id,
  name: ({ claim }: Parcel) => claim.name,
  phone: ({ claim }: Parcel) => claim.phone,
  address: ({ claim }: Parcel) => claim.address,
  goods: ({ award }: Parcel) => award.what.name,
  quantity: () => 1,
  value: ({ award }: Parcel) => award.what.priceFen / 100,
  remark: ({ award }: Parcel) => award.what.delivery ?? '',
  /** For the courier to fill in; the file then comes back as it is. */
  empty: () => '',
} as const;
export type ParcelField = keyof typeof parcelFields;

/** The columns that most couriers' bulk forms have; `[title, field]`. */
export const usualColumns: [string, ParcelField][] = [
  ['訂單號', 'order'],
  ['收件人', 'name'],
  ['收件人電話', 'phone'],
  ['收件地址', 'address'],
  ['物品名稱', 'goods'],
  ['數量', 'quantity'],
  ['備註', 'remark'],
  ['快遞公司', 'empty'],
  ['快遞單號', 'empty'],
];

export const courierColumns = (wanted: [string, ParcelField][] = usualColumns): Column<Parcel>[] =>
  wanted.map(([title, field]) => ({
    title,
    of: parcelFields[field],
    ...(field === 'address' ? { width: 40 } : {}),
  }));
