import type { Count } from '../../domain/segments/segments';

/** 「12,345」, or 「約 12,300 ±610」 where it was estimated. */
export const tellSize = ({ people, exact, error }: Pick<Count, 'people' | 'exact' | 'error'>): string =>
  exact ? people.toLocaleString('en') : `約 ${people.toLocaleString('en')} ±${error.toLocaleString('en')}`;
