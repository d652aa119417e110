import { AsyncLocalStorage } from 'node:async_hooks';
import { createGate } from '../../kit/gate';

const through = new AsyncLocalStorage<true>();
const gate = createGate({ atOnce: 2, maxWaiting: 600 });

/**
 * What looks at thousands of rows: two at once in this process, whatever page asks and however often; the others wait in line (K18, A9).
 * Inside such work another is part of it.
 */
export const slowly = <T>(work: () => Promise<T>): Promise<T> =>
  through.getStore() ? work() : gate(() => through.run(true, work));
