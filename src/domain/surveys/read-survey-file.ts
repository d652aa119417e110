import { type File, kindOf } from '../../sheets/file';
import { createProblems, type Problem, type Unit } from '../../sheets/problems';
import { parseJson } from '../../sheets/read-json';
import { type Claims, readSurvey } from './read-survey';
import type { Survey } from './survey';
import { readSurveyBook } from './survey-book';

/** All that is wrong with a file, and how its lines are counted. */
export type Faults = { problems: Problem[]; unit: Unit };

/**
 * A survey from a workbook (sheets 「問卷」 and 「題目」) or from JSON.
 *
 * @throws AppError Invalid when the file as a whole cannot be read
 */
export async function readSurveyFile(
  file: File,
  claims?: Claims,
): Promise<{ survey: Survey; remarks: Problem[] } | Faults> {
  if (kindOf(file, ['xlsx', 'json']) === 'json') {
    const read = readSurvey(parseJson(file.bytes), claims);
    return 'problems' in read ? { ...read, unit: '項' } : { ...read, remarks: [] };
  }
  const { json, problems, remarks, place } = await readSurveyBook(file);
  const read = readSurvey(json, claims);
  const all = createProblems(problems);
  if ('problems' in read) all.add(...read.problems.map(place));
  if ('problems' in read || problems.length > 0) return { problems: all.first(['問卷', '題目']), unit: '行' };
  return { survey: read.survey, remarks };
}
