import { AppError } from '../../errors';
import { createGate } from '../../kit/gate';

/** Counts over people are dear: two at once in this process, whoever asks (K18). */
const gate = createGate({ atOnce: 2, maxWaiting: 20 });

/** What a part is filled with; what stands against it is told in its place, as nobody would see a page of error there. */
export async function counted<Shown extends object>(
  work: () => Promise<Shown>,
): Promise<(Shown & { refused: '' }) | { refused: string }> {
  try {
    return { ...(await gate(work)), refused: '' };
  } catch (error) {
    if (!(error instanceof AppError) || !error.expose) throw error;
    return { refused: error.message };
  }
}
