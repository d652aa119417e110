import { AppError } from '../../errors';
import type { File } from '../../sheets/file';
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
  file: File;
}): Promise<void> {
  const { surveys, takenBy, file } = given;
  const [only, ...more] = await surveys.list();
  if (more.length > 0 || (only && (only.by !== sampleAuthor || only.state !== 'draft'))) return;
  const brought = await surveys.bring(file, sampleAuthor);
  if ('problems' in brought)
    throw new AppError(
      'Invalid',
      'survey.sample',
      brought.problems.map((one) => tellProblem(one, brought.unit)).join('; '),
    );
  await surveys.start(brought.row._id, takenBy);
}
