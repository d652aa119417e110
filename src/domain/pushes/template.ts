import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../kit/root';
import type { Definition, PushRow } from './push';
import { writePushBook } from './push-book';
import { readPush } from './read-push';

/** The sample under an id of its own, to be changed into one's own push. */
export async function pushTemplate(kind: 'xlsx' | 'json'): Promise<string | Buffer> {
  const json = readFileSync(join(root, 'src/simulator/sample/push.json'), 'utf8').replace(
    /"id": "[^"]*"/,
    '"id": "my-push"',
  );
  const read = readPush(JSON.parse(json));
  if ('faults' in read) throw new Error('The sample push is broken.');
  return kind === 'json' ? json : writePushBook(read.push);
}

/** A push as it was written. */
export const definitionOf = (row: PushRow): Definition => ({
  id: row._id,
  name: row.name,
  class: row.class,
  audience: { to: row.audience.to, except: row.audience.except },
  routes: row.routes,
  content: row.content,
  at: row.at,
  quiet: row.quiet,
  cap: row.cap,
  late: row.late,
  variants: row.variants,
});
