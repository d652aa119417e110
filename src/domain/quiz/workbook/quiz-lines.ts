import { beijingDay, beijingIso } from '../../../kit/beijing';
import type { Prize } from '../../prizes/prize';
import type { Question, QuizContent } from '../definition';
import type { SheetName } from './workbook-fields';

/** A line of a sheet as somebody would type it, by the names of its fields. */
export type Line = Record<string, string>;
/** A quiz as it is typed: what a workbook and the pages of the console are filled with. */
export type Lines = { quiz: Line; questions: Line[]; prizes: Line[]; sponsors: Line[] };

/** A quiz as lines; read again (`readQuizLines`) they are the same quiz. Codes are no part of it: they are nobody's to see. */
export function linesOf(content: QuizContent): Lines {
  const { mix, levels, menuKey, timerSeconds } = content;
  return {
    quiz: filled({
      id: content.id,
      title: content.title,
      intro: content.intro,
      keywords: content.keywords.join('|'),
      menuKey,
      startsAt: momentText(content.startsAt),
      endsAt: momentText(content.endsAt),
      opensAt: content.opensAt,
      closesAt: content.closesAt,
      perDay: content.perDay,
      pointsPerAnswer: content.pointsPerAnswer,
      firstBonus: content.firstBonus,
      levels: levels.map(({ questions, pass }) => `${questions}/${pass}`).join('|'),
      timerSeconds,
      mix: mix && ([1, 2, 3] as const).map((level) => mix[level] ?? 0).join(':'),
      rules: content.rules,
      organiser: content.organiser,
      contact: content.contact,
      forfeiture: content.forfeiture,
      staff: content.staff.join('|'),
    }),
    questions: content.questions.map(questionLine),
    prizes: content.prizes.map(prizeLine),
    sponsors: content.sponsors.map(({ id, name, words, logo }) => filled({ id, name, words, logo })),
  };
}

function questionLine(question: Question): Line {
  const { options, right, difficulty, retired, ...rest } = question;
  return filled({
    ...rest,
    ...Object.fromEntries(options.map((text, i) => [`option${'ABCDEF'[i] ?? ''}`, text])),
    right: right === undefined ? undefined : options.join() === '對,錯' ? options[right] : 'ABCDEF'[right],
    difficulty,
    retired: retired ? 'yes' : undefined,
  });
}

function prizeLine(prize: Prize): Line {
  const { way, priceFen, quantity, validUntil, perPerson, claimDays, codes: _codes, ...rest } = prize;
  return filled({
    ...rest,
    priceYuan:
      priceFen === 0 ? undefined : priceFen % 100 === 0 ? priceFen / 100 : (priceFen / 100).toFixed(2),
    quantity: quantity === 0 ? undefined : quantity,
    claimDays: claimDays === 0 ? undefined : claimDays,
    validUntil: validUntil === undefined ? undefined : untilText(validUntil),
    perQuiz: perPerson,
    way: way.kind,
    ...wayCells(way),
  });
}

function wayCells(way: Prize['way']): Record<string, string | number | undefined> {
  switch (way.kind) {
    case 'floor':
      return { floors: way.floors?.join('|'), every: way.every, endings: way.endings?.join('|') };
    case 'first':
      return { question: way.question, at: momentText(way.at) };
    case 'ranking':
      return { board: way.board, from: way.from, to: way.to };
    case 'participation':
      return { rounds: way.rounds, daysInRow: way.daysInRow };
    case 'draw': {
      const { points: score, ...condition } = way.condition;
      return {
        ...condition,
        score,
        reserves: way.reserves === 0 ? undefined : way.reserves,
        publicValue: way.publicValue,
        at: way.at === 0 ? undefined : momentText(way.at),
      };
    }
  }
}

/** `2026-12-01 09:00`, with seconds where it has any. */
const momentText = (at: number): string => {
  const text = beijingIso(at).slice(0, 19).replace('T', ' ');
  return text.endsWith(':00') ? text.slice(0, 16) : text;
};
/** A day alone means its last minute. */
const untilText = (at: number): string => {
  const text = momentText(at);
  return text.endsWith(' 23:59') ? beijingDay(at) : text;
};

const filled = (cells: Record<string, string | number | undefined>): Line =>
  Object.fromEntries(
    Object.entries(cells).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, String(value)]],
    ),
  );

const marks: Record<Exclude<SheetName, 'quiz' | 'codes'>, string> = {
  questions: 'q',
  prizes: 'p',
  sponsors: 's',
};

/** The same, where every line that was left without an id has one that no other of its sheet has. */
export function withIds(lines: Lines): Lines {
  const named = (sheet: keyof typeof marks): Line[] => {
    const taken = new Set(lines[sheet].map(({ id }) => id));
    let n = 0;
    return lines[sheet].map((line) => {
      if (line['id']) return line;
      do n++;
      while (taken.has(`${marks[sheet]}${n}`));
      taken.add(`${marks[sheet]}${n}`);
      return { ...line, id: `${marks[sheet]}${n}` };
    });
  };
  return {
    quiz: lines.quiz,
    questions: named('questions'),
    prizes: named('prizes'),
    sponsors: named('sponsors'),
  };
}

/** The same quiz under another name, all of its times moved so that it begins at `startsAt` (business ms). */
export function copyOf(
  content: QuizContent,
  { id, startsAt }: { id: string; startsAt: number },
): QuizContent {
  const later = startsAt - content.startsAt;
  const prizes = content.prizes.map(({ codes: _codes, way, validUntil, ...prize }): Prize => {
    const moved = 'at' in way && way.at > 0 ? { ...way, at: way.at + later } : way;
    return { ...prize, way: moved, ...(validUntil === undefined ? {} : { validUntil: validUntil + later }) };
  });
  return { ...content, id, startsAt, endsAt: content.endsAt + later, prizes };
}

/** An id that no campaign has, with the day in it: `quiz-1124`, `quiz-1124-2` … */
export async function newQuizId(isTaken: (id: string) => Promise<boolean>, day: string): Promise<string> {
  const base = `quiz-${day.slice(5).replace('-', '')}`;
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!(await isTaken(id))) return id;
  }
}
