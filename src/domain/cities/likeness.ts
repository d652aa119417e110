import { looseSound, syllablesOf } from '../../kit/sounds';

/**
 * How alike a mistyped name and a name are, 0 to 1; from 0.5 on it is worth asking 「是不是想說…」.
 * One holding the other counts most, then few slips of the finger (Latin), then characters that are the same or sound so (Chinese).
 */
export function likeness(typed: string, name: string): number {
  if (typed === name) return 1;
  if (typed.length < 2 || name.length < 2) return 0;
  if (typed.startsWith(name) || (typed.includes(name) && name.length * 2 > typed.length)) return 0.9;
  if (name.includes(typed)) return typed.length >= 3 || name.length <= 4 ? 0.8 : 0;
  if (Math.abs(typed.length - name.length) > 2) return 0;
  return /^[a-z]+$/.test(name) ? latinLikeness(typed, name) : hanLikeness(typed, name);
}

function latinLikeness(typed: string, name: string): number {
  const slips = editDistance(typed, name);
  const allowed = name.length >= 7 ? 2 : 1;
  return slips <= allowed && name.length >= 4 ? 1 - slips / name.length : 0;
}

/** Nor what is said with or without breath: b and p, n and l. */
const breathless: Record<string, string> = { p: 'b', t: 'd', k: 'g', n: 'l', f: 'h' };
const roughSound = (syllable: string): string =>
  looseSound(syllable).replace(/^[ptknf]/, (initial) => breathless[initial] ?? initial);

/** Character by character: the same, or sounding the same; of three and more one may be another. */
function hanLikeness(typed: string, name: string): number {
  if (typed.length !== name.length) return 0;
  const [a, b] = [syllablesOf(typed), syllablesOf(name)].map((all) => all.map(roughSound));
  const alike = [...typed].filter((char, i) => char === name.charAt(i) || a?.[i] === b?.[i]).length;
  return alike >= Math.max(2, typed.length - 1) ? alike / typed.length - 0.05 : 0;
}

/** Levenshtein, with the swap of two neighbours as one slip. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row[j] = cost;
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
