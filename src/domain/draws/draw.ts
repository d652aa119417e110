import { AppError } from '../../errors';
import type { Prize } from '../prizes/prize';

/**
 * `draws{_id: '<campaign>/<prize>'}`. The states can only follow each other: committed (before the first answer) → frozen (the
 * list is known, the value not yet) → valued (two people entered the same value) → drawn.
 */
export type Draw = {
  _id: string;
  campaign: string;
  prize: string;
  state: 'committed' | 'frozen' | 'valued' | 'drawn';
  /** SHA-256 of the seed, hex: published at the start. */
  commitment: string;
  committedAt: number;
  /** The seed, encrypted until the draw. */
  sealed: string;
  /** What was named beforehand, and when it will be known (business ms). */
  named: string;
  valueAt: number;
  /** The value was put off, by two people: what was named before. */
  putOff: { named: string; valueAt: number; by: string; approvedBy: string; at: number; reason: string }[];
  /** Said by one person; a second must say the same. */
  pending?: Pending;
  frozen?: { at: number; hash: string; entries: number; attempt: string; winners: number; reserves: number };
  value?: { text: string; at: number; by: string; approvedBy: string };
  drawn?: { at: number; seed: string; won: string[]; reserve: string[] };
};
export type Pending =
  | { what: 'value'; by: string; at: number; text: string }
  | { what: 'putOff'; by: string; at: number; named: string; valueAt: number; reason: string };

/** One entry: the number she is told, and whose it is. Belongs to the draw only if its attempt was the one that froze it. */
export type EntryRow = { draw: string; attempt: string; entry: string; pid: string };

export type DrawPrize = Prize & { way: Extract<Prize['way'], { kind: 'draw' }> };
export const isDraw = (prize: Prize): prize is DrawPrize => prize.way.kind === 'draw';
export const drawId = (campaign: string, prize: string): string => `${campaign}/${prize}`;

export const changed = (id: string) =>
  new AppError('Conflict', 'draw.changed', `「${id}」剛剛被別人動過，什麼都沒有寫入；請看過再做一次。`);
