import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors';
import { root } from '../../kit/root';
import type { File } from '../../sheets/file';
import { tellProblem } from '../../sheets/problems';
import { readSurveyFile } from './read-survey-file';
import { writeSurveyBook } from './survey-book';
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

/** The sample, to be changed into one's own. */
export async function surveyTemplate(kind: 'xlsx' | 'json'): Promise<Buffer> {
  const bytes = await readFile(join(root, 'src/simulator/sample/survey.json'));
  if (kind === 'json') return bytes;
  const read = await readSurveyFile({ name: 'survey.json', bytes });
  if ('problems' in read) throw new Error('The sample survey is broken.');
  return writeSurveyBook(read.survey);
}
