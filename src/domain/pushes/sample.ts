import { AppError } from '../../errors';
import type { File } from '../../sheets/file';
import { tellProblem } from '../../sheets/problems';
import type { PushFiles } from './files';
import type { Pushes } from './pushes';
import { readPushFile } from './read-push-file';

/** A draft to try everything with, where there is none of its name. @throws AppError Invalid with what is wrong with it */
export async function bringSamplePush(
  { pushes, pushFiles }: { pushes: Pick<Pushes, 'list' | 'save'>; pushFiles: Pick<PushFiles, 'keep'> },
  file: File,
): Promise<void> {
  const read = await readPushFile(file, { beside: async () => undefined, keep: pushFiles.keep });
  if ('problems' in read)
    throw new AppError(
      'Invalid',
      'push.sample',
      read.problems.map((one) => tellProblem(one, read.unit)).join('; '),
    );
  const there = await pushes.list();
  if (!there.some(({ _id }) => _id === read.push.id)) await pushes.save(read.push, '示例');
}
