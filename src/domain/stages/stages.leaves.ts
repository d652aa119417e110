import { type Leaf, leaf, oneOf, whole } from '../leaf';
import { stageNames } from './stage-rules';

const valueParts = { r: '近度', f: '頻度', m: '額度', all: '總分' } as const;
type Part = keyof typeof valueParts;
export const valueNumber = (part: Part): string => `value_${part}`;

/** Scores of buyers are from purchases, those of others from what they asked, played and gathered: 3 parts of 1 to 5. */
export const stageLeaves: readonly Leaf[] = [
  leaf('stage', '在階段{stage}', { stage: oneOf(stageNames) }, ({ stage }) => ({ has: `stage:${stage}` })),
  leaf(
    'value',
    '價值分 {part} 至少 {score}',
    { part: oneOf(valueParts), score: whole(1, 15) },
    ({ part, score }) => ({ number: valueNumber(part), from: score }),
  ),
  leaf('churn', '流失風險至少 {score}', { score: whole(1, 100) }, ({ score }) => ({
    number: 'churn',
    from: score,
  })),
];
