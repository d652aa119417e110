import { z } from 'zod';
import { defineTask } from '../../kit/define-task';
import type { Settled } from './decisions';

type Settles = {
  settle(asked: { campaign: string; by: string; withHeld?: boolean }): Promise<Settled>;
};

/** A settlement of a hundred thousand prizes takes minutes. */
export const settleTask = defineTask({
  name: 'settle',
  // `href`: where she looks at it then.
  input: z.object({ campaign: z.string(), withHeld: z.boolean(), href: z.string() }),
  title: ({ campaign }) => `結算「${campaign}」`,
  async run(
    { settlement }: { settlement: Settles },
    { campaign, withHeld, href }: { campaign: string; withHeld: boolean; href: string },
    { by },
  ) {
    const done = await settlement.settle({ campaign, by, withHeld });
    return { text: tellSettled(done), href };
  },
});

export function tellSettled(done: Settled): string {
  switch (done.kind) {
    case 'settled':
      return '結案了：獎品都發了。';
    case 'review':
      return `${done.held} 人被留置，名單還沒有公布：看過再放行或取消資格，決定完會自己接著走。`;
    case 'draws':
      return `其他獎品都發了；等 ${done.waiting.length} 個抽獎的公開數。`;
  }
}
