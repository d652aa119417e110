import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { root } from '../../kit/root';
import type { FileResult, Importer } from './import';
import type { ImportKind } from './tables';
import { whenFree } from './turn';
import { clearSample } from './write-table';

/** Cities first: the others name them. `fact`: true of the world, so that every account may tell it. */
const files: { table: ImportKind; file: string; fact: boolean }[] = [
  { table: 'cities', file: 'src/facts/cities.csv', fact: true },
  { table: 'guides', file: 'src/facts/guides.json', fact: true },
  { table: 'sights', file: 'src/facts/sights.csv', fact: true },
  { table: 'hotels', file: 'src/simulator/sample/hotels.csv', fact: false },
  { table: 'trains', file: 'src/simulator/sample/trains.csv', fact: false },
  { table: 'channels', file: 'src/simulator/sample/channels.csv', fact: false },
];

/** `kept`: somebody imported their own table of this kind, which the sample never replaces. */
export type SampleResult = {
  table: ImportKind;
  file: string;
  result: FileResult | { kind: 'kept'; source: string };
};

type Given = { importer: Importer };

/**
 * Imports what comes with the program, so that a first start has something to show. Tables that came from anywhere else
 * stay as they are; running it again changes nothing. Stops at the first table that is refused.
 */
export async function importSample(
  given: Given & {
    /** Takes the place of tables that came from elsewhere too. */
    force?: boolean;
    /** Without what is invented. */
    factsOnly?: boolean;
  },
): Promise<SampleResult[]> {
  const results: SampleResult[] = [];
  for (const { table, file, fact } of files) {
    if (given.factsOnly && !fact) continue;
    const result = await bring({ ...given, table, file });
    results.push({ table, file, result });
    if (result.kind === 'refused') break;
  }
  return results;
}

async function bring({
  importer,
  table,
  file,
  force = false,
}: Given & { table: ImportKind; file: string; force?: boolean }): Promise<SampleResult['result']> {
  const bytes = await readFile(join(root, file));
  try {
    return await importer.importFile({ kind: table, name: basename(file), bytes, sample: true, force });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'import.own') throw error;
    return { kind: 'kept', source: (error.details as { source: string }).source };
  }
}

/**
 * The facts for an account of somebody's: tables that were never filled are. What is there stays as it is, whoever brought
 * it; what is invented and was left by the simulator goes. Any number of processes may do this at once, and be killed.
 */
export const bringFacts = ({ db, ...given }: Given & { db: Connection }): Promise<void> =>
  whenFree(async () => {
    const last = await given.importer.lastImports();
    for (const { table, file, fact } of files) {
      if (fact && !last[table]) await bring({ ...given, table, file });
      if (!fact && last[table]?.sample) await clearSample(db, table);
    }
  });
