import type { Clock } from '../../kit/clock';
import { fold } from '../../kit/text';
import { lostInTyping } from '../../sheets/columns';
import type { File } from '../../sheets/file';
import { type Table, unread } from '../../sheets/grid';
import { type Problem, quoted } from '../../sheets/problems';
import { readTable } from '../../sheets/read-table';
import { plainCell } from '../../sheets/safe-cells';
import type { Awards } from './awards';

export type TrackingResult = { sent: number; same: number; corrected: number; problems: Problem[] };

/** `line`: where it stands in its file. */
export type TrackingLine = { line: number; order: string; tracking: string; courier: string };

/** `correct`: another number than was registered takes its place. */
type Who = { by: string; courier?: string | undefined; correct?: boolean };

/** How couriers head these columns; compared folded, so in either script. First ours, last what may mean something else. */
const heads = {
  order: [['訂單號'], ['訂單編號', '客戶訂單號', '商家訂單號', 'order'], ['編號']],
  courier: [['快遞公司'], ['物流公司', '承運商', 'courier'], ['快遞']],
  tracking: [['快遞單號'], ['運單號', '運單號碼', '物流單號', 'tracking'], ['單號']],
} as const;

/** The way to the post and back: approving, and tracking numbers from the courier's table. */
export function createCourier({
  awards,
  clock,
}: {
  awards: Pick<Awards, 'read' | 'move' | 'find' | 'correct'>;
  clock: Clock;
}) {
  /** Registers what was read, each line once, and she is told. What is refused is told and left out. */
  async function register(
    lines: readonly TrackingLine[],
    { passed, ...who }: Who & { passed?: (lines: number) => Promise<void> },
  ): Promise<TrackingResult> {
    const result: TrackingResult = { sent: 0, same: 0, corrected: 0, problems: [] };
    for (const [n, { line, order, tracking, courier }] of lines.entries()) {
      if (n > 0 && n % 100 === 0) await passed?.(n);
      const name = courier || who.courier || '';
      const outcome =
        name === ''
          ? '沒有快遞公司；請補上這一欄，或另外寫明快遞公司'
          : name.length > 40
            ? '快遞公司的名字太長'
            : await send(order, { courier: name, tracking }, who);
      if (outcome === 'sent' || outcome === 'same' || outcome === 'corrected') result[outcome]++;
      else result.problems.push({ ...(line > 0 ? { line } : {}), message: outcome });
    }
    return result;
  }

  return {
    /** Approves what was claimed and does not wait. Returns how many. */
    async approve(
      filter: Record<string, unknown>,
      by: string,
      passed?: (done: number) => Promise<void>,
    ): Promise<{ approved: number; waiting: number }> {
      let approved = 0;
      let waiting = 0;
      for await (const { _id } of awards.find({ ...filter, state: 'claimed' })) {
        const { kind } = await awards.move(_id, 'approved', { by });
        if (kind === 'moved') approved++;
        else waiting++;
        if ((approved + waiting) % 100 === 0) await passed?.(approved + waiting);
      }
      return { approved, waiting };
    },

    read: linesOf,

    /** What such a file says, before anything is done with it. @throws AppError when it is none */
    async readFile(file: File): Promise<{ lines: TrackingLine[]; problems: Problem[]; remarks: Problem[] }> {
      const table = await readTable(file);
      return { ...linesOf(table), remarks: table.remarks };
    },

    register,

    /** One parcel, as somebody typed it. @returns what is wrong, by field, or what became of it */
    async registerOne(
      given: { id: string; courier: string; tracking: string },
      who: Who,
    ): Promise<{ kind: 'sent' | 'same' | 'corrected' } | { kind: 'refused'; why: string }> {
      const tracking = tidied(given.tracking);
      const wrong = wrongNumber(tracking);
      if (wrong) return { kind: 'refused', why: wrong };
      const outcome = await send(given.id, { courier: given.courier, tracking }, who);
      return outcome === 'sent' || outcome === 'same' || outcome === 'corrected'
        ? { kind: outcome }
        : { kind: 'refused', why: outcome };
    },

    /** Reads tracking numbers. A bad line is told and left out; the good ones count, and the file may come again. */
    async readTracking(
      table: Pick<Table, 'rows' | 'columns' | 'problems'>,
      who: Who,
    ): Promise<TrackingResult> {
      const { lines, problems } = linesOf(table);
      const done = await register(lines, who);
      const inOrder = [...problems, ...done.problems].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
      return { ...done, problems: inOrder };
    },
  };

  /** `sent`, `same`, `corrected`, or what is wrong. */
  async function send(
    id: string,
    parcel: { courier: string; tracking: string },
    { by, correct = false }: Who,
  ): Promise<string> {
    const award = await awards.read(id);
    if (!award || award.state === 'pending') return `沒有編號是「${quoted(id)}」的獎品`;
    const sent = { ...parcel, at: clock.now() };
    if (award.sent) {
      const isSame = award.sent.tracking === parcel.tracking;
      if (isSame && (!correct || award.sent.courier === parcel.courier)) return 'same';
      const before = `「${quoted(id)}」已經登記為 ${award.sent.courier} ${award.sent.tracking}，沒有改動`;
      if (!correct) return `${before}；真的登記錯了，選「更正」（指令是 --correct）再來一次`;
      const { kind } = await awards.correct(id, { by, sent });
      return kind === 'moved' ? 'corrected' : `${before}：它已經完成，或剛剛被別人改過`;
    }
    const moved = await awards.move(id, 'sent', { by, set: { sent }, todo: ['tellSent'] });
    if (moved.kind === 'moved') return 'sent';
    if (moved.kind === 'refused' && moved.why === 'waits') return `「${quoted(id)}」還在核對，不能寄出`;
    return `「${quoted(id)}」還沒有批准，或不是寄送的獎品`;
  }
}

export type Courier = ReturnType<typeof createCourier>;

/** The lines of a courier's table, and what is wrong with the others. Without its columns there are none. */
function linesOf(table: Pick<Table, 'rows' | 'columns' | 'problems'>): {
  lines: TrackingLine[];
  problems: Problem[];
} {
  const problems: Problem[] = [...table.problems];
  const unclear: string[][] = [];
  const columnOf = (tiers: readonly (readonly string[])[]): string | undefined => {
    const found = tiers
      .map((names) => table.columns.filter((one) => names.some((name) => fold(name) === fold(one))))
      .find((columns) => columns.length > 0);
    if (found && found.length > 1) unclear.push(found);
    return found?.[0];
  };
  const [order, tracking, courier] = [
    columnOf(heads.order),
    columnOf(heads.tracking),
    columnOf(heads.courier),
  ];
  const complain = (line: number, message: string) => void problems.push({ line, message });
  if (order === undefined) complain(1, `沒有訂單號這一欄，欄名請用：${heads.order.flat().join('、')}`);
  if (tracking === undefined) complain(1, `沒有運單號這一欄，欄名請用：${heads.tracking.flat().join('、')}`);
  for (const columns of unclear) complain(1, `「${columns.join('」「')}」分不出該讀哪一欄，請只留一欄`);
  if (order === undefined || tracking === undefined || unclear.length > 0) return { lines: [], problems };

  const lines: TrackingLine[] = [];
  const seen = new Map<string, number>();
  for (const { line, cells, typed = {} } of table.rows) {
    if ([order, tracking, courier].some((column) => column && cells[column] === unread)) continue;
    const id = plainCell(cells[order]);
    const number = tidied(plainCell(cells[tracking]));
    const type = typed[tracking];
    const wrong = type
      ? `運單號「${quoted(number)}」：${lostInTyping[type]}`
      : id === ''
        ? '訂單號是空的'
        : (wrongNumber(number) ?? twice(seen, id, line));
    if (wrong) complain(line, wrong);
    else lines.push({ line, order: id, tracking: number, courier: courier ? plainCell(cells[courier]) : '' });
  }
  return { lines, problems };
}

const tidied = (number: string): string => number.replace(/\s/g, '').toUpperCase();

function wrongNumber(number: string): string | undefined {
  if (number === '') return '運單號是空的';
  if (/^\d(\.\d+)?E\+\d+$/i.test(number))
    return `運單號「${number}」被 Excel 改成了科學記號，請把這一欄設成文字後重新匯出`;
  if (!/^[A-Z0-9-]{6,40}$/.test(number))
    return `「${quoted(number)}」不像運單號：要 6 到 40 個英文字母、數字或 -`;
  return undefined;
}

function twice(seen: Map<string, number>, id: string, line: number): string | undefined {
  const before = seen.get(id);
  seen.set(id, line);
  return before === undefined ? undefined : `與第 ${before} 行是同一個訂單號`;
}
