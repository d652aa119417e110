import { AppError } from '../../../errors';
import { crashPoint } from '../../../kit/crash-point';
import { type Problem, tellProblem } from '../../../sheets/problems';
import type { Campaigns } from '../../campaigns/campaigns';
import type { TakenBy } from '../../campaigns/gate/findings';
import type { Change } from '../../campaigns/kind';
import type { Prize } from '../../prizes/prize';
import type { Tickets } from '../../prizes/tickets';
import { asContent, laidFlat, type QuizContent } from '../definition';
import type { Lines } from './quiz-lines';
import { type Reading, readQuizFile, readQuizLines } from './workbook';

/** `remarks`: what was read otherwise than it was written. */
export type Brought = { id: string; title: string; codes: BroughtCodes[]; remarks: Problem[] } & (
  | { kind: 'saved'; how: 'new' | 'replaced' | 'same' }
  /** It is published already: the change waits for a second person. Without changes there is nothing to wait for. */
  | { kind: 'proposed'; changes: Change[] }
  /** It is over: of the file only the codes count, and they wait for a second person. */
  | { kind: 'refilled'; changes: Change[] }
);

/** `have`: with how many codes the promise could be kept. `out`: codes of the file that were taken out, and stay out. */
export type BroughtCodes = Pick<Prize, 'name' | 'quantity'> & { added: number; have: number; out: string[] };

export type Refused = Extract<Reading, { kind: 'refused' }>;
type Bringing = {
  campaigns: Campaigns;
  tickets: Pick<Tickets, 'addCodes' | 'codes'>;
  takenBy: TakenBy;
  by: string;
};

const refusal = (problems: Problem[]): Refused => ({ kind: 'refused', problems, total: problems.length });

/**
 * Reads a file and keeps it as a draft, or, when that quiz is published, as a proposed change. The codes of a draft are
 * those of its last file; to those of a published one a file only adds. A refused file leaves nothing behind.
 */
export async function bringQuiz(
  given: Bringing & { file: { name: string; bytes: Buffer } },
): Promise<Brought | Refused> {
  const { file, ...rest } = given;
  const reading = await readQuizFile(file);
  return reading.kind === 'refused' ? reading : keep({ ...rest, reading });
}

/**
 * As `bringQuiz`, of what was typed on a page. `fresh`: it must be a new one. `seen`: as which revision (`rev`) she saw it; somebody
 * else's change since is not written over. Codes are added to those that are there, but for the prizes in `codesAnew`.
 */
export async function bringQuizLines(
  given: Bringing & {
    lines: Lines;
    codes?: { prize: string; code: string }[];
    codesAnew?: readonly string[];
    fresh?: boolean;
    seen?: number;
  },
): Promise<Brought | Refused> {
  const { lines, codes, codesAnew = [], fresh = false, seen, ...rest } = given;
  const reading = readQuizLines(lines, codes);
  if (reading.kind === 'refused') return reading;
  const { id } = reading.content;
  if (fresh && (await rest.campaigns.present(id)))
    return refusal([{ sheet: 'quiz', column: 'id', message: `編號「${id}」已經有了，請換一個` }]);
  if (seen !== undefined && (await rest.campaigns.row(id)).rev !== seen)
    throw new AppError(
      'Conflict',
      'campaign.changed',
      `活動「${id}」剛剛被別人改過，什麼都沒有保存；你寫的還在這一頁：先在另一個窗口看看她改了什麼，再重新打開這一頁接著寫。`,
    );
  return keep({ ...rest, reading, addTo: (prize) => !codesAnew.includes(prize) });
}

async function keep(
  given: Bringing & {
    reading: Extract<Reading, { kind: 'read' }>;
    /** Whether the codes of a prize of a draft come after those that it has, or in their place. */
    addTo?: (prize: string) => boolean;
  },
): Promise<Brought | Refused> {
  const { campaigns, tickets, takenBy, by, reading, addTo = () => false } = given;
  const { content: read, codes: imported, remarks } = reading;
  const { id } = read;
  const problems = await strangersIn(read, campaigns);
  if (problems.length > 0) return refusal(problems);
  const present = await campaigns.present(id);
  const before = present && laidFlat(present.content);
  const published = present !== undefined && present.next !== 'draft';
  const over = present?.next === 'codes';

  const told = new Map<string, Pick<BroughtCodes, 'added' | 'out'>>();
  async function withCodes(prize: Prize): Promise<Prize> {
    const codes = imported.get(prize.id) ?? [];
    const had = before?.prizes.find((one) => one.id === prize.id)?.codes;
    const since = published || addTo(prize.id) ? had : undefined;
    if (codes.length === 0) return since ? { ...prize, codes: since } : prize;
    const list = await tickets.addCodes({ campaign: id, prize: prize.id }, codes, since);
    told.set(prize.id, { out: list.out, added: list.codes.list === had?.list ? 0 : list.added });
    return { ...prize, codes: list.codes };
  }
  // What is typed knows no milliseconds: the moment in which it was begun by hand is still the same.
  const startsAt =
    before && secondOf(before.startsAt) === secondOf(read.startsAt) ? before.startsAt : read.startsAt;
  const wanted = over && before ? before : { ...read, startsAt };
  const prizes: Prize[] = [];
  for (const prize of wanted.prizes) prizes.push(await withCodes(prize));
  const content = { ...wanted, prizes };
  crashPoint('quiz-codes-kept');
  const counts = await tickets.codes(content);
  const codes = prizes.flatMap(({ id: prize, name, quantity, kind }) => {
    const { added = 0, out = [] } = told.get(prize) ?? {};
    const have = counts.get(prize) ?? 0;
    return kind === 'code' || counts.has(prize) ? [{ name, quantity, added, have, out }] : [];
  });
  const about = { id, title: content.title, codes, remarks };

  if (!published)
    return { kind: 'saved', ...about, how: await campaigns.save({ content: asContent(content), by }) };
  const changes = await campaigns.propose({ content: asContent(content), by, takenBy });
  return { kind: over ? 'refilled' : 'proposed', ...about, changes };
}

const secondOf = (at: number): number => Math.floor(at / 1_000);

/** What an author is told of the codes of a prize; nothing when there is nothing to say. */
export function tellCodes({ name, quantity, added, have, out }: BroughtCodes): string[] {
  const of = `獎品「${name}」：`;
  const numbers = `數量 ${quantity}，有 ${have} 個碼`;
  return [
    ...(added > 0 ? [`${of}新增 ${added} 個兌換碼`] : []),
    ...(have > quantity
      ? [`${of}${numbers}，只發得出 ${quantity} 份，多的 ${have - quantity} 個不會發`]
      : []),
    ...(have < quantity ? [`${of}${numbers}，還差 ${quantity - have} 個`] : []),
    ...(out.length > 0 ? [`${of}這些碼取出過，沒有再放進去：${out.join('、')}`] : []),
  ];
}

/** What would be read of a file, and whether it would be taken: nothing is kept. */
export async function tryQuiz(given: {
  campaigns: Pick<Campaigns, 'unknownStaff'>;
  file: { name: string; bytes: Buffer };
}): Promise<Reading> {
  const reading = await readQuizFile(given.file);
  if (reading.kind === 'refused') return reading;
  const problems = await strangersIn(reading.content, given.campaigns);
  return problems.length > 0 ? refusal(problems) : reading;
}

/** What is wrong, a line each, in the order of the file. */
export const tellRefused = ({ problems, total }: Refused): string[] => [
  ...problems.map((problem) => tellProblem(problem)),
  ...(total > problems.length ? [`……還有 ${total - problems.length} 處。`] : []),
];
/** What was read otherwise than it was written. */
export const tellRemarks = (remarks: Problem[]): string[] => remarks.map((remark) => tellProblem(remark));

/** What only the database knows of a file: staff whom it names and nobody is. */
const strangersIn = async (
  content: QuizContent,
  campaigns: Pick<Campaigns, 'unknownStaff'>,
): Promise<Problem[]> =>
  (await campaigns.unknownStaff(asContent(content))).map(({ reason: message }) => ({
    sheet: '活動',
    column: '工作人員',
    message,
  }));
