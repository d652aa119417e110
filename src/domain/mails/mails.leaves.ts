import { type Leaf, leaf } from '../leaf';

export const mailLeaves: readonly Leaf[] = [
  leaf('mail', '綁定了信箱', {}, () => ({ has: 'mail' })),
  leaf('mail-push', '訂閱了郵件', {}, () => ({ has: 'mail:yes' })),
];
