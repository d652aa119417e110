/** The middle of several, and how far apart they are. */
export type Figure = { median: number; min: number; max: number };

export function figure(values: number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] as number;
  const middle =
    sorted.length % 2 === 1
      ? at(0.5)
      : ((sorted[sorted.length / 2 - 1] as number) + (sorted[sorted.length / 2] as number)) / 2;
  return { median: middle, min: at(0), max: at(1) };
}

/** Of sorted values. */
export const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Compared round by round, so that what slows the machine for a while slows both. */
export const ratio = (values: number[], to: number[]): Figure =>
  figure(values.map((value, i) => value / (to[i] as number)));

/** `123 (101–150)`. */
export function shown({ median, min, max }: Figure, digits = 0): string {
  const [a, b, c] = [median, min, max].map((value) => value.toFixed(digits));
  return `${a} (${b}–${c})`;
}

/** Columns under each other; the first to the left, the others to the right. */
export function tabled(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('   '),
    )
    .join('\n');
}
