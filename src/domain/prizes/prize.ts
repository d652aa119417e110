/** How a prize is won. */
export type Way =
  | { kind: 'floor'; floors?: number[]; every?: number; endings?: string[] }
  | { kind: 'first'; question: string; at: number /* business ms */ }
  | { kind: 'ranking'; board: 'daily' | 'final'; from: number; to: number }
  | { kind: 'participation'; rounds?: number; daysInRow?: number }
  | { kind: 'draw'; reserves: number; condition: DrawCondition; publicValue: string; at: number };

export type DrawCondition = { rounds?: number; days?: number; points?: number; level?: number };

/** The codes that were imported for a prize: which list (its name is made from what is in it) and how long it is. */
export type CodeList = { list: string; count: number };

export type PrizeKind = 'goods' | 'code' | 'coupon' | 'points' | 'money';

export type Prize = {
  /** Within its campaign. */
  id: string;
  name: string;
  sponsor?: string;
  kind: PrizeKind;
  /** Value of one, integer fen. */
  priceFen: number;
  quantity: number;
  codes?: CodeList;
  way: Way;
  /** `points`: how many. */
  points?: number;
  /** `coupon`: where and until when it may be used. */
  usedAt?: string;
  validUntil?: number;
  /** Days she has to claim it. */
  claimDays: number;
  conditions?: string;
  delivery?: string;
  /** At most per person. */
  perDay?: number;
  perPerson?: number;
};

/** A campaign, as far as its prizes know it. */
export type Giver = { id: string; prizes: Prize[] };
