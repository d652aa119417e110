import type { Chance } from './chance';
import type { Step, Visit } from './players';
import { keyword, timerSeconds } from './quiz';
import { type Question, questionIn } from './read';

/** Somebody who plays, or pretends to. */
export type Person = {
  name: string;
  habit: Habit;
  chance: Chance;
  /** How often she knows the answer. */
  skill: number;
  /** Usual reading time, ms. */
  pace: number;
  /** She fills in where a prize should go; others forget. */
  claims: boolean;
};

/** Of a thousand people so many have a habit. What is not listed is `honest`. */
export const habits = {
  honest: 0,
  talkative: 100,
  quitter: 100,
  late: 50,
  precise: 50,
  hasty: 30,
  flasher: 60,
  leaver: 40,
  owl: 20,
  twin: 30,
  button: 15,
  timer: 20,
  farm: 6,
  staff: 3,
} as const;
export type Habit = keyof typeof habits;

/** Whom a reviewer who looks closely would reject. */
export const isMachine = (habit: Habit): boolean =>
  habit === 'button' || habit === 'timer' || habit === 'farm';

const second = 1_000;
const say = (after: number, says: string): Step => ({ after, says });

/** What people know who know it: the right option by the words of the question; undefined for one about themselves. */
export type Answers = ReadonlyMap<string, string | undefined>;
export type Today = { day: number; days: number; answers: Answers };

/** The letter of the right option, or of another one. */
function letterFor(question: Question, answers: Answers, knows: boolean, chance: Chance): string {
  const right = question.options.indexOf(answers.get(question.text) ?? '');
  const others = question.options.map((_, i) => i).filter((i) => i !== right);
  const place = right >= 0 && (knows || others.length === 0) ? right : chance.oneOf(others);
  return 'ABCDEF'.charAt(place);
}

/** How somebody plays; each habit overrides what is special about it. */
type Manner = {
  /** From reading a question to answering it, ms. */
  takes: (n: number) => number;
  /** What she types for a letter. */
  types: (letter: string, question: Question) => string;
  knows: () => boolean;
  /** Something else, before the n-th answer. `read`: what stands before her; she gives what stands there then. */
  before?: (n: number, read: string) => Piece;
  /** So many answers, then she has had enough for today. */
  stopsAfter: number;
};
/** A piece of a visit; gives what she read last. */
type Piece = Generator<Step, string, string>;

/** Nobody tries longer than this in one go, whatever she is told. */
const mostTries = 40;

/** One round: questions as long as there are any. */
function* round(her: Person, today: Today, manner: Manner, first: string): Piece {
  let read = first;
  let waited = 0;
  for (let n = 1; n <= Math.min(manner.stopsAfter, mostTries); ) {
    if (read.includes('答題暫停中') && waited++ < 5) {
      read = yield say(her.chance.between(60, 150) * second, '繼續');
      continue;
    }
    const question = questionIn(read);
    if (!question) return read;
    if (manner.before) read = yield* manner.before(n, read);
    const now = questionIn(read) ?? question;
    const letter = letterFor(now, today.answers, manner.knows(), her.chance);
    read = yield say(manner.takes(n), manner.types(letter, now));
    n++;
  }
  return read;
}

/** 「搶答」 as soon as she hears of it. */
function* flashes(her: Person, { answers }: Today): Piece {
  const read = yield say(0, '搶答');
  const question = questionIn(read);
  if (!question) return read;
  const letter = letterFor(question, answers, her.chance.is(0.7), her.chance);
  return yield say(her.chance.between(2_200, 9_000), letter);
}

/** 「領獎」: name, phone, address, consent. */
function* fillsIn(her: Person): Piece {
  const asked = yield say(5 * second, '領獎');
  if (!asked.includes('收件人')) return asked;
  yield say(8 * second, `王${her.name}`);
  yield say(8 * second, `138${String(her.chance.between(0, 99_999_999)).padStart(8, '0')}`);
  yield say(15 * second, `浙江省杭州市西湖區示例路 ${her.chance.between(1, 300)} 號`);
  return yield say(3 * second, '同意');
}

/** Looks at what she has won, and says where it should go if she is one who does. */
export function* looksAtPrizes(her: Person): Visit {
  const read = yield say(0, '獎品');
  if (!her.claims || !read.includes('回覆「領獎」')) return;
  yield* fillsIn(her);
  yield say(5 * second, '獎品');
}

const chats = [
  '杭州天氣',
  '成都 500以下 酒店',
  '西安攻略',
  '排行',
  '規則',
  '我的積分',
  '獎品',
  '中獎名單',
  '景點',
  '抽獎',
  '你好呀',
];

/** What a person does on a day on which she plays. */
export function* playsToday(her: Person, today: Today): Visit {
  const { chance } = her;
  const usual: Manner = {
    // Nobody's reading is a fixed step: long questions, wandering thoughts.
    takes: () =>
      Math.round(Math.min(24, Math.max(3, her.pace * (0.5 + chance.between(0, 1_000) / 700))) * second),
    types: (letter) => letter,
    knows: () => chance.is(her.skill),
    stopsAfter: Number.POSITIVE_INFINITY,
  };
  const plays = function* (more: Partial<Manner> = {}, first?: string): Piece {
    return yield* round(her, today, { ...usual, ...more }, first ?? (yield say(0, keyword)));
  };
  let last = '';
  switch (her.habit) {
    case 'honest':
    case 'twin':
      last = yield* plays();
      break;
    case 'talkative':
      last = yield* plays({
        types: (letter) => chance.oneOf([letter, letter.toLowerCase(), `選${letter}`]),
        *before(_n, read): Piece {
          if (!chance.is(0.3)) return read;
          yield say(chance.between(2_000, 5_000), chance.oneOf(chats));
          return yield say(chance.between(2_000, 6_000), '繼續');
        },
      });
      if (chance.is(0.4))
        yield say(3 * second, `改名 ${chance.oneOf(['山', '河', '雲', '風'])}${chance.between(10, 99)}`);
      break;
    case 'quitter':
      last = yield* plays({ stopsAfter: chance.between(1, 5) });
      if (chance.is(0.4)) yield say(5 * second, '退出');
      break;
    case 'late':
      last = yield* plays({
        takes: () => (chance.is(0.3) ? timerSeconds + chance.between(4, 90) : chance.between(6, 24)) * second,
      });
      break;
    case 'precise':
      last = yield* plays({ types: (letter, { n }) => `${chance.is(0.15) ? n + 1 : n}${letter}` });
      break;
    case 'hasty':
      last = yield* plays({
        takes: () => (chance.is(0.3) ? chance.between(400, 1_700) : chance.between(3_000, 9_000)),
      });
      break;
    case 'flasher':
      yield* flashes(her, today);
      last = yield* plays();
      break;
    case 'leaver':
      last = yield* plays({ stopsAfter: chance.between(1, 4) });
      yield { after: 4 * second, leaves: true };
      yield { after: chance.between(20, 400) * second, follows: true };
      last = yield* plays();
      break;
    case 'owl': {
      // A question is open when the day ends.
      const read = yield say(0, keyword);
      if (questionIn(read)) last = yield* plays({}, yield say(90 * second, 'A'));
      break;
    }
    case 'button': {
      // Hits the right letter again and again until it counts.
      last = yield say(0, keyword);
      for (let tries = 0; tries < 60; tries++) {
        const question = questionIn(last);
        if (!question) break;
        last = yield say(chance.between(300, 800), letterFor(question, today.answers, true, chance));
      }
      break;
    }
    case 'timer':
      // Knows that sooner than two seconds counts for nothing.
      last = yield* plays({ takes: () => 2_100, knows: () => true });
      break;
    case 'farm': {
      // One hand behind several accounts: the same pauses everywhere.
      last = yield* plays({
        takes: (n) => 3_050 + ((today.day * 31 + n * 17) % 40) * 200,
        knows: () => chance.is(0.8),
      });
      break;
    }
    case 'staff':
      last = yield* plays({ knows: () => true });
      break;
  }
  if (chance.is(0.1)) yield say(4 * second, chance.oneOf(['排行', '我的積分']));
  if (chance.is(0.4)) yield* looksAtPrizes(her);
}
