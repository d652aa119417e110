import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { takeTurn as take } from '../../store/turn';

/**
 * One import at a time on a database (see `store/turn.ts`).
 * @throws AppError `Conflict` when another import is under way.
 */
export const takeTurn = (db: Connection) =>
  take(db, {
    name: 'import',
    code: 'import.busy',
    busy: '另一個導入正在進行，什麼都沒有寫入；請等它結束（若它中斷了，半分鐘）再試。',
    lost: '停頓太久，另一個導入已經開始；什麼都沒有寫入，請再試一次。',
  });

/** Another import takes at most so long to end, or to be given up when it was killed. */
const mostTries = 60;

/** Imports once nobody else does: a start waits where a person would be told to. */
export async function whenFree<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const isBusy =
        error instanceof AppError && ['import.busy', 'import.cities-changed'].includes(error.code);
      if (!isBusy || tries === mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
