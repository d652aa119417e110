import { createSealed } from '../../kit/sealed';

/** Keeps the seed of a draw from everybody, us included who look into the database, until it is opened. */
export function createSeal(dataKey: string) {
  const { seal, unseal } = createSealed(dataKey, 'draw-seal');
  return { seal, unseal: (sealed: string, id: string): string => unseal(sealed, id).toString('hex') };
}
