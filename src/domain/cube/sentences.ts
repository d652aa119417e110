import { dayNumber } from '../../kit/beijing';
import type { NamedStage } from './cube';
import { bands, type KnownCode, knownNames, monthsBefore } from './cube-day';
import type { CubeLine } from './lines';

const known: Partial<Record<KnownCode, string>> = {
  gender: '屬性「性別」已知',
  birthday: '屬性「生日」已知',
  phone: '綁定了手機',
};

/** Who is behind a line of the cube of today, as a rule; undefined where none says it. */
export function sentenceOfLine(
  line: CubeLine,
  today: string,
  stages: readonly NamedStage[],
): string | undefined {
  const { side, what } = line;
  if (side === '寬') {
    if (what === '關注') return '所有人';
    const code = (Object.keys(knownNames) as KnownCode[]).find((one) => knownNames[one] === what);
    return code && known[code];
  }
  if (side === '長') {
    const at = bands.findIndex(({ name }) => name === what);
    const [band, next] = [bands[at], bands[at + 1]];
    if (!band) return undefined;
    const longer = (months: number) => `關注超過 ${dayNumber(today) - monthsBefore(today, months)} 天`;
    const shorter = next && `都不（${longer(next.months)}）`;
    // Of whom it is not known when she followed is in no band: so it is asked for being known.
    const least = band.months === 0 ? '3650 天內關注' : longer(band.months);
    return shorter === undefined ? least : `同時（${least}；${shorter}）`;
  }
  if (side === '高') {
    if (what === '買過') return '買過至少 1 次';
    return what === '沒買過' ? '都不（買過至少 1 次）' : undefined;
  }
  return stages.some(({ name, isFed }) => name === what && isFed) ? `在階段${what}` : undefined;
}
