import type { Column } from '../../sheets/sheet';
import type { Compared, NamedStage } from './cube';
import { bands, type CubeDay, fifthNames, knownCodes, knownNames } from './cube-day';

/** One line of the cube as a table. `of`: how many people a share is taken of; `amount` is in `unit`. */
export type CubeLine = {
  side: '寬' | '長' | '高' | '階段';
  what: string;
  people?: number;
  of?: number;
  amount?: number;
  unit?: '元' | '分' | '月' | '次';
  remark?: string;
};

export const notJudged = '還沒有判斷過，每天 04:00 判一次';

/** Everything that the picture shows, and what it leaves out. */
export function linesOf(day: CubeDay, stages: readonly NamedStage[]): CubeLine[] {
  const { people, known, length, bought, engaged, points } = day;
  const isJudged = Object.values(day.stages).some((n) => n > 0);
  return [
    { side: '寬', what: '關注', people },
    ...knownCodes.map(
      (code): CubeLine => ({ side: '寬', what: knownNames[code], people: known[code], of: people }),
    ),
    ...bands.map(
      ({ name }, i): CubeLine => ({
        side: '長',
        what: name,
        people: length.bands[i] ?? 0,
        of: people,
      }),
    ),
    { side: '長', what: '哪天關注的不知道', people: length.unknown, of: people },
    ...(length.meanDays === undefined
      ? []
      : [{ side: '長', what: '平均關注多久', amount: months(length.meanDays), unit: '月' } as const]),
    {
      side: '高',
      what: '買過',
      people: bought.people,
      of: people,
      amount: bought.spentFen / 100,
      unit: '元',
    },
    { side: '高', what: '購買', amount: bought.purchases, unit: '次' },
    ...fifthLines('消費', bought, { by: 100, unit: '元' }),
    { side: '高', what: '全部積分', amount: points, unit: '分' },
    {
      side: '高',
      what: '沒買過',
      people: engaged.people,
      of: people,
      amount: engaged.points,
      unit: '分',
    },
    ...fifthLines('積分', engaged, { by: 1, unit: '分' }),
    ...stages.map(
      ({ code, name, isFed, fedBy }): CubeLine => ({
        side: '階段',
        what: name,
        ...(isFed && isJudged ? { people: day.stages[code] ?? 0, of: people } : {}),
        remark: !isFed ? `沒有來源；可以餵它的：${fedBy}` : isJudged ? fedBy : notJudged,
      }),
    ),
  ];
}

/** Of those who have been judged: before that nobody knows who is in which fifth. */
function fifthLines(
  what: string,
  { people, unjudged, fifths }: CubeDay['bought'] | CubeDay['engaged'],
  { by, unit }: { by: number; unit: '元' | '分' },
): CubeLine[] {
  const judged = people - unjudged;
  return [
    ...(judged > 0 ? fifths : []).map(
      (fifth, i): CubeLine => ({
        side: '高',
        what: `${what}${fifthNames[i]}的五分之一`,
        people: fifth.people,
        of: people,
        amount: fifth.sum / by,
        unit,
      }),
    ),
    ...(unjudged > 0
      ? [{ side: '高', what: `${what}還沒有評分`, people: unjudged, of: people, remark: notJudged } as const]
      : []),
  ];
}

export const months = (days: number): number => Math.round((days / 30.44) * 10) / 10;

/** The cube as a table, each line beside what it was. */
export type TableLine = CubeLine & { on: string; before?: CubeLine; beforeOn?: string };

export function tableOf({ now, before }: Compared, stages: readonly NamedStage[]): TableLine[] {
  const older = new Map(
    before ? linesOf(before, stages).map((line) => [`${line.side} ${line.what}`, line]) : [],
  );
  return linesOf(now, stages).map((line) => {
    const was = older.get(`${line.side} ${line.what}`);
    return {
      ...line,
      on: now._id,
      ...(before ? { beforeOn: before._id } : {}),
      ...(was ? { before: was } : {}),
    };
  });
}

const percent = ({ people = 0, of }: CubeLine): number | undefined =>
  of === undefined || of === 0 ? undefined : Math.round((people / of) * 1_000) / 10;

export const cubeColumns: Column<TableLine>[] = [
  { title: '日期', of: ({ on }) => on },
  { title: '面', of: ({ side }) => side },
  { title: '項目', of: ({ what }) => what },
  { title: '人數', of: ({ people }) => people },
  { title: '佔比（%）', of: percent },
  { title: '數值', of: ({ amount }) => amount },
  { title: '單位', of: ({ unit }) => unit },
  { title: '對照日', of: ({ beforeOn }) => beforeOn },
  { title: '對照人數', of: ({ before }) => before?.people },
  { title: '對照數值', of: ({ before }) => before?.amount },
  { title: '說明', of: ({ remark }) => remark },
];

/** The cube in a terminal. */
export function tellCube(compared: Compared, stages: readonly NamedStage[]): string[] {
  const { now, before } = compared;
  const told: string[] = [];
  let side = '';
  for (const line of tableOf(compared, stages)) {
    if (line.side !== side) told.push('', line.side);
    side = line.side;
    const share = percent(line);
    const parts = [
      line.people === undefined ? '' : `${count(line.people)} 人`,
      share === undefined ? '' : `${share}%`,
      line.amount === undefined ? '' : `${count(line.amount)} ${line.unit}`,
      line.before?.people === undefined || line.people === undefined
        ? ''
        : change(line.people - line.before.people),
      line.people === undefined && line.amount === undefined ? (line.remark ?? '') : '',
    ];
    told.push(`  ${pad(line.what, 24)}${parts.filter((part) => part !== '').join('  ')}`);
  }
  return [`消費者資產立方體 ${now._id}${before ? `（增減與 ${before._id} 相比）` : ''}`, ...told];
}

export const count = (n: number): string => n.toLocaleString('en-US', { maximumFractionDigits: 2 });
const change = (by: number): string => (by === 0 ? '' : `${by > 0 ? '+' : '−'}${count(Math.abs(by))}`);
/** A Chinese character is two columns wide. */
const pad = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(1, columns - [...text].reduce((sum, one) => sum + (one > '⺀' ? 2 : 1), 0)));
