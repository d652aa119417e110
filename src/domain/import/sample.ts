import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileResult, Importer } from './import';
import type { ImportKind } from './tables';

/** Cities first: the others name them. */
const files: [ImportKind, string][] = [
  ['cities', 'cities.csv'],
  ['guides', 'guides.json'],
  ['sights', 'sights.csv'],
  ['hotels', 'hotels.csv'],
  ['trains', 'trains.csv'],
  ['channels', 'channels.csv'],
];

/** `kept`: somebody imported their own table of this kind, which the sample never replaces. */
export type SampleResult = {
  table: ImportKind;
  file: string;
  result: FileResult | { kind: 'kept'; source: string };
};

/**
 * Imports the invented data of `folder`, so that a first start has something to show. Tables that came from anywhere else stay as they are; running
 * it again changes nothing. Stops at the first table that is refused.
 */
export async function importSample(given: {
  importer: Importer;
  folder: string;
  /** Takes the place of tables that came from elsewhere too. */
  force?: boolean;
}): Promise<SampleResult[]> {
  const last = await given.importer.lastImports();
  const results: SampleResult[] = [];
  for (const [table, file] of files) {
    const before = last[table];
    if (before && !before.sample && !given.force) {
      results.push({ table, file, result: { kind: 'kept', source: before.source } });
      continue;
    }
    const bytes = await readFile(join(given.folder, file));
    const result = await given.importer.importFile({
      kind: table,
      name: file,
      bytes,
      sample: true,
      force: true,
    });
    results.push({ table, file, result });
    if (result.kind === 'refused') break;
  }
  return results;
}
