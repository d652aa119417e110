import { AppError } from '../../errors';
import { tellProblem } from '../../sheets/problems';
import type { Surveys, TakenBy } from './surveys';

/** Who wrote the sample survey; a real account asks nobody what stands in it. */
const sampleAuthor = 'sample';

/**
 * Starts the sample survey, so that a first start has something to answer. Only where there is no other.
 *
 * @throws AppError Invalid with what is wrong with it
 */
export async function startSampleSurvey(given: {
  surveys: Pick<Surveys, 'list' | 'bring' | 'start'>;
  takenBy: TakenBy;
  bytes: Buffer;
}): Promise<void> {
  const { surveys, takenBy, bytes } = given;
  const [only, ...more] = await surveys.list();
  if (more.length > 0 || (only && (only.by !== sampleAuthor || only.state !== 'draft'))) return;
  const brought = await surveys.bring(bytes, sampleAuthor);
  if ('problems' in brought)
    throw new AppError(
      'Invalid',
      'survey.sample',
      brought.problems.map((one) => tellProblem(one, '項')).join('; '),
    );
  await surveys.start(brought.row._id, takenBy);
}
