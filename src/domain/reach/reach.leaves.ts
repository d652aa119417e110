import { type Leaf, leaf } from '../leaf';

/** What may still be sent to her. */
export const reachLeaves: readonly Leaf[] = [
  leaf('window', '現在可以發客服消息', {}, (_, { at }) => ({ number: 'windowUntil', from: at })),
  leaf('quiet', '不要推送', {}, () => ({ has: 'quiet' })),
];
