import { createHash, createHmac } from 'node:crypto';

/**
 * Everything that anybody needs to work a draw out again, with nothing of ours (`scripts/verify-draw.js` does, and a page
 * of any language can). No person is named: entries are numbers that were made for this draw alone, and each fan knows hers.
 */
export type DrawProof = {
  format: 'xiaoyi-draw/1';
  /** `<campaign>/<prize>`. */
  draw: string;
  prize: string;
  winners: number;
  reserves: number;
  /** The value that was named beforehand, in words. */
  named: string;
  /** SHA-256 of the seed, hex: published before the first answer. */
  commitment: string;
  committedAt: string;
  /** All entries, ascending. */
  entries: string[];
  /** SHA-256 of the list (`listText`), hex: published before the value was known. */
  listHash: string;
  frozenAt: string;
  /** The value that then became known. */
  value: string;
  valuedAt: string;
  /** 32 bytes, hex. */
  seed: string;
  drawnAt: string;
  won: string[];
  reserve: string[];
};

export type DrawTerms = Pick<DrawProof, 'draw' | 'winners' | 'reserves' | 'named'>;

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

export const commitmentOf = (seed: string): string => sha256(Buffer.from(seed, 'hex'));

/** What is hashed: the terms and all entries, a line each. Whoever knows the hash knows that none of it was changed. */
export const listText = (terms: DrawTerms, entries: string[]): string =>
  ['xiaoyi-draw/1', terms.draw, terms.winners, terms.reserves, terms.named, ...entries].join('\n');

export const listHashOf = (terms: DrawTerms, entries: string[]): string => sha256(listText(terms, entries));

/** key = HMAC-SHA256(seed, listHash ‖ value). */
const keyOf = ({ seed, listHash, value }: Pick<DrawProof, 'seed' | 'listHash' | 'value'>): Buffer =>
  createHmac('sha256', Buffer.from(seed, 'hex')).update(Buffer.from(listHash, 'hex')).update(value).digest();

/**
 * All entries by HMAC-SHA256(key, entry), smallest first: the first win, the next are reserves. No modulo and no index, so
 * there is no remainder that would favour anybody.
 */
export function rank(entries: string[], given: Pick<DrawProof, 'seed' | 'listHash' | 'value'>): string[] {
  const key = keyOf(given);
  return entries
    .map((entry) => ({ entry, place: createHmac('sha256', key).update(entry).digest('hex') }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ entry }) => entry);
}

/** Works a draw out again. Empty: everything fits; else what does not, in words. */
export function verify(proof: DrawProof): string[] {
  const wrong: string[] = [];
  const { entries, winners, reserves } = proof;
  const ascending = entries.every((entry, i) => i === 0 || (entries[i - 1] as string) < entry);
  if (proof.format !== 'xiaoyi-draw/1') wrong.push('unknown format');
  if (commitmentOf(proof.seed) !== proof.commitment)
    wrong.push('the seed is not the one that was committed to');
  if (!ascending) wrong.push('the entries are not ascending, each once');
  if (listHashOf(proof, entries) !== proof.listHash) wrong.push('the list is not the one that was frozen');
  const ranked = rank(entries, proof);
  if (ranked.slice(0, winners).join() !== proof.won.join()) wrong.push('other entries win');
  if (ranked.slice(winners, winners + reserves).join() !== proof.reserve.join())
    wrong.push('other entries are reserves');
  const [committed, frozen, valued] = [proof.committedAt, proof.frozenAt, proof.valuedAt].map(Date.parse);
  if (!((committed as number) <= (frozen as number) && (frozen as number) < (valued as number)))
    wrong.push('the value was entered before the list was frozen');
  return wrong;
}
