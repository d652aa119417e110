import type { Connection } from 'mongoose';
import type { Cities } from '../domain/cities/cities';
import { createImporter } from '../domain/import/import';
import { importSample } from '../domain/import/sample';
import { whenFree } from '../domain/import/turn';
import { AppError } from '../errors';
import type { Clock } from '../kit/clock';
import { tellProblem } from '../sheets/problems';
import type { Versions } from '../store/versions';

/**
 * Brings all tables that come with the program, facts and inventions; what an operator imported stays.
 *
 * @throws AppError when one of them is refused
 */
export async function importSamples(given: {
  db: Connection;
  clock: Clock;
  services: { cities: Cities; versions: Versions };
}): Promise<void> {
  const { db, clock, services } = given;
  const importer = createImporter({ db, clock, cities: services.cities });
  for (const { file, result } of await whenFree(() => importSample({ importer })))
    if (result.kind === 'refused')
      throw new AppError(
        'Invalid',
        'simulator.sample',
        `${file} is refused: ${result.problems.map((one) => tellProblem(one)).join('; ')}`,
      );
  await services.versions.check();
}
