import { tellProblem } from '../../../sheets/problems';
import type { Campaigns } from '../../campaigns/campaigns';
import type { TakenBy } from '../../campaigns/gate/findings';
import type { Tickets } from '../../prizes/tickets';
import { bringQuiz } from './bring';

/** Who wrote the sample quiz. */
export const sampleAuthor = 'sample';

/**
 * Publishes the sample quiz, so that a first start has something to play. Only where there is no other quiz; interrupted,
 * the next start goes on where it stopped. Returns what is wrong with it, if anything.
 */
export async function startSampleQuiz(given: {
  campaigns: Campaigns;
  tickets: Pick<Tickets, 'addCodes' | 'codes'>;
  takenBy: TakenBy;
  file: { name: string; bytes: Buffer };
}): Promise<{ kind: 'kept' | 'started' } | { kind: 'refused'; problems: string[] }> {
  const { campaigns, tickets, takenBy, file } = given;
  const present = await campaigns.list();
  const [only] = present;
  if (only && (present.length > 1 || (await campaigns.row(only._id)).author !== sampleAuthor))
    return { kind: 'kept' };
  if (only && only.state !== 'draft' && only.state !== 'checked') return { kind: 'kept' };

  const brought = await bringQuiz({ campaigns, tickets, takenBy, by: sampleAuthor, file });
  if (brought.kind === 'refused')
    return { kind: 'refused', problems: brought.problems.map((problem) => tellProblem(problem)) };
  const { id } = brought;
  const { findings, passed } = await campaigns.check({ id, by: sampleAuthor, takenBy });
  if (!passed)
    return { kind: 'refused', problems: findings.map(({ where, reason }) => `${where}：${reason}`) };
  await campaigns.start({ id, by: sampleAuthor, takenBy });
  return { kind: 'started' };
}
