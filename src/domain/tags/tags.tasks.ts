import { z } from 'zod';
import { AppError } from '../../errors';
import { defineTask } from '../../kit/define-task';
import { type TagReport, tellTags } from './report';
import type { TagStep } from './sharing';

type Needs = {
  tags: { sync(asked: { onStep: (step: TagStep) => void | Promise<void> }): Promise<TagReport> };
};

/** Brings the tags at WeChat to what marked segments are. Only what differs is sent; cut off, the next one goes on. */
export const syncTags = defineTask({
  name: 'tags-sync',
  input: z.object({}),
  title: () => '把標籤同步到微信',
  async run({ tags }: Needs, _, { progress }) {
    const report = await tags.sync({
      onStep: ({ name, done, of }) => progress({ done, total: of, text: `「${name}」` }),
    });
    const told = tellTags(report);
    if (report.stopped)
      throw new AppError(
        'Conflict',
        'tag.stopped',
        [
          `停在半路：${report.stopped.details.reason}。做到的都記下了；排除之後再同步一次，就從這裡接著做。`,
          ...told,
        ].join('\n'),
      );
    return { text: told.join('\n') || '沒有分群標了標籤，沒有要做的。', href: '/tags' };
  },
});
