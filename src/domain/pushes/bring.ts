import { AppError } from '../../errors';
import type { File } from '../../sheets/file';
import { tellProblem } from '../../sheets/problems';
import type { PushFiles } from './files';
import type { PushRow } from './push';
import type { Pushes } from './pushes';
import { readPushFile } from './read-push-file';

/**
 * A workbook or JSON becomes a draft, with the pictures that came with it. @returns it, and what its author should know
 * @throws AppError Invalid push.file with every bad cell in words; Conflict where it is no draft any more
 */
export async function bringPush(
  { pushes, pushFiles }: { pushes: Pick<Pushes, 'save'>; pushFiles: Pick<PushFiles, 'keep'> },
  { file, pictures, by }: { file: File; pictures: readonly File[]; by: string },
): Promise<{ row: PushRow; remarks: string[] }> {
  const read = await readPushFile(file, {
    beside: async (name) => pictures.find((one) => one.name === name)?.bytes,
    keep: pushFiles.keep,
  });
  if ('problems' in read)
    throw new AppError(
      'Invalid',
      'push.file',
      [
        `${file.name} 有 ${read.problems.length} 處要改，沒有導入：`,
        ...read.problems.map((one) => tellProblem(one, read.unit)),
      ].join('\n'),
    );
  return {
    row: await pushes.save(read.push, by),
    remarks: read.remarks.map((one) => tellProblem(one)),
  };
}
