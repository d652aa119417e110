import { type Leaf, leaf, whole } from '../leaf';

export const pointLeaves: readonly Leaf[] = [
  leaf('points', '積分餘額至少 {points}', { points: whole(1, 100_000_000) }, ({ points }) => ({
    number: 'points',
    from: points,
  })),
];
