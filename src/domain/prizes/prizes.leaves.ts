import { type Leaf, leaf, quoted } from '../leaf';

export const prizeLeaves: readonly Leaf[] = [
  leaf('won', '在活動{campaign}得過獎', { campaign: quoted() }, ({ campaign }) => ({
    has: `won:${campaign}`,
  })),
  leaf(
    'won-prize',
    '在活動{campaign}得到獎品{prize}',
    { campaign: quoted(), prize: quoted() },
    ({ campaign, prize }) => ({
      has: `won:${campaign}/${prize}`,
    }),
  ),
];
