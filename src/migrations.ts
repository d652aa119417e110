import { indexes } from './services';
import { createIndexes } from './store/indexes';
import type { Migration } from './store/migrations';

/** Add at the end, never change one that has run anywhere. An index on a big collection belongs to `npm run migrate`. */
export const migrations: Migration[] = [
  { n: 1, name: 'the first indexes', run: (db) => createIndexes(db, indexes) },
  { n: 2, name: 'the indexes of quizzes and prizes', run: (db) => createIndexes(db, indexes) },
  { n: 3, name: 'the indexes of draws and settlement', run: (db) => createIndexes(db, indexes) },
];
