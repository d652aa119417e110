import { z } from 'zod';
import { defineJob } from '../../kit/define-job';

type Needs = {
  pushes: {
    begin(push: string, version: number): Promise<void>;
    sendTest(asked: { push: string; pid: string; id: string }): Promise<void>;
  };
};

/** Its time has come: the audience is frozen, and it runs. */
export const pushBegin = defineJob({
  name: 'push-begin',
  data: z.object({ push: z.string(), version: z.number() }),
  run: ({ pushes }: Needs, { push, version }) => pushes.begin(push, version),
});

/** Shows a push to one of ours. */
export const pushTest = defineJob({
  name: 'push-test',
  data: z.object({ push: z.string(), pid: z.string(), id: z.string() }),
  run: ({ pushes }: Needs, asked) => pushes.sendTest(asked),
});
