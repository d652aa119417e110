import { type Leaf, leaf } from '../leaf';

export const phoneLeaves: readonly Leaf[] = [leaf('sms', '訂閱了短信', {}, () => ({ has: 'sms:yes' }))];
