import { readNumber } from '../../../kit/han-number';
import { fold } from '../../../kit/text';
import type { Question, Quiz } from '../definition';

export const letters = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

type Bank = {
  /** What may be asked in a round, each with a number of its own. */
  asked: { question: Question; mark: number }[];
  difficultyOf: Map<string, number>;
};
/** Worked out once for each quiz as published: a changed quiz is another object. */
const banks = new WeakMap<object, Bank>();

function bankOf(quiz: Pick<Quiz, 'questions' | 'prizes'>): Bank {
  let bank = banks.get(quiz);
  if (!bank) {
    const flash = new Set(flashQuestions(quiz));
    bank = {
      asked: quiz.questions
        .filter(({ id, retired }) => !retired && !flash.has(id))
        .map((question) => ({ question, mark: hash(question.id) })),
      difficultyOf: new Map(quiz.questions.map(({ id, difficulty }) => [id, difficulty])),
    };
    banks.set(quiz, bank);
  }
  return bank;
}

/**
 * The next question for a person: never one she had while others remain, in an order of her own, and by the quiz's mix of
 * difficulties. The same arguments give the same question, so a second run asks the same. Undefined: the bank is used up
 * for today. This runs with every answer, and the bank may hold thousands: a few draws find one nearly always, else it
 * is one pass over all.
 *
 * @param had.seen ids of the questions she has had, oldest first
 * @param had.today ids of those she has had today
 */
export function pickQuestion(
  quiz: Pick<Quiz, 'questions' | 'mix' | 'prizes'>,
  pid: string,
  had: { seen: string[]; today: string[] },
): Question | undefined {
  const { asked, difficultyOf } = bankOf(quiz);
  const wanted = difficultyDue(quiz, had.seen, difficultyOf);
  const hers = hash(pid);
  for (let i = 0; i < draws; i++) {
    const question = asked[mix(hers, had.seen.length * draws + i) % asked.length]?.question;
    if (!question || (wanted !== undefined && question.difficulty !== wanted)) continue;
    if (!had.seen.includes(question.id) && !had.today.includes(question.id)) return question;
  }
  const today = new Set(had.today);
  const lastSeen = new Map(had.seen.map((id, i) => [id, i]));
  const fitting = lowest();
  const fresh = lowest();
  const again = lowest();
  for (const { question, mark } of asked) {
    if (today.has(question.id)) continue;
    const seenAt = lastSeen.get(question.id);
    if (seenAt === undefined) {
      const place = mix(hers, mark);
      fresh.offer(question, place);
      if (question.difficulty === wanted) fitting.offer(question, place);
    } else if (question.kind !== 'profile') again.offer(question, seenAt);
  }
  return fitting.best() ?? fresh.best() ?? again.best();
}

const draws = 32;

function lowest() {
  let best: Question | undefined;
  let least = Number.POSITIVE_INFINITY;
  return {
    best: () => best,
    offer(question: Question, place: number): void {
      if (place < least) [best, least] = [question, place];
    },
  };
}

/** 32 bits of a text (FNV-1a), the same on every run and every machine. No secret: it only makes orders differ. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return bits >>> 0;
}

/** 32 bits of two numbers, every bit depending on every bit (the finish of MurmurHash3). */
function mix(a: number, b: number): number {
  let bits = a ^ Math.imul(b, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Questions kept for 搶答: nobody meets them in her rounds. */
export const flashQuestions = (quiz: Pick<Quiz, 'prizes'>): string[] =>
  quiz.prizes.flatMap(({ way }) => (way.kind === 'first' ? [way.question] : []));

/** The difficulty that is furthest behind its share. */
function difficultyDue(
  { mix: wanted }: Pick<Quiz, 'mix'>,
  seen: string[],
  difficultyOf: Map<string, number>,
): number | undefined {
  const shares = Object.entries(wanted ?? {}).map(([difficulty, share]) => ({
    difficulty: Number(difficulty),
    share,
  }));
  const whole = shares.reduce((sum, { share }) => sum + share, 0);
  if (whole === 0) return undefined;
  const behind = shares.map(({ difficulty, share }) => ({
    difficulty,
    lack:
      ((seen.length + 1) * share) / whole - seen.filter((id) => difficultyOf.get(id) === difficulty).length,
  }));
  return behind.toSorted((a, b) => b.lack - a.lack)[0]?.difficulty;
}

/** In which order she sees the options: indexes as written. 對 / 錯 keep theirs. */
export function optionOrder(question: Question, round: string): number[] {
  const order = question.options.map((_, i) => i);
  if (question.kind !== 'single') return order;
  const hers = hash(`${round}:${question.id}`);
  const places = order.map((i) => mix(hers, i + 1));
  return order.toSorted((a, b) => (places[a] as number) - (places[b] as number));
}

/** What one says around a letter: 「我覺得是C吧 不太確定」. */
const before =
  '系|喺|俺|觉着|估|咪|只剩|剩|排除法?|锁定|不(?:是|选|要)[a-f](?:,|了|吧)?|我|那|就|要|想|选的|拣|揀|应该|可能|大概|感觉|好像|也许|估计|肯定|一定|绝对|必须|果断|选择?项?|猜一?个?|蒙一?个?|瞎猜|盲猜|乱猜|随便|觉得|认为|答案?|的|是|为|:|,|嗯|额|呃|算了|还是|最后|最终|改成?|换成?|再|来|试试|那个';
const behind =
  '选项|答案|项|吧|啊|呀|呢|啦|嘛|哦|哈|了|对吗|对不对|对吧|吗|,|、|不太?确定|不知道|对|我|也?不(?:太)?(?:知道|清楚|懂)|猜的|蒙的|瞎猜的|乱选的|试试看?|试一下|看看|应该|可能|大概|感觉|没错|肯定|就它|囉|啰|咧|噻|嘞|挂|这么简单|太简单了?|简单|当然|毫无疑问|稳了?|啩|喔|呗|喽|咯|嘅|喇|那个|选它|就选它|走起|冲|是|这个|好了|谢谢';
const spoken = new RegExp(
  `^(?:${before})*(?:(\\d{1,3})?([a-f])(?:(?:${before}|${behind})*\\2)*|([1-6])|(?:第|选|答案是?)([1-6一二三四五六])(?:个|项|号)?|(最后一个|倒数第一个?))(?:${behind})*$`,
);
/** Longer is talk. */
const longestPick = 24;

/** What a text chooses: a position on her list (-1: the last), and the question it was meant for when she says so (「3B」). */
export type Picked = { position: number; n?: number };

/** A–F, 1–6, ①–⑥, Ａ–Ｆ, 3B, also as one says them: 選A, 答案是B, B吧, 第二個; undefined for everything else. */
export function readPick(text: string): Picked | undefined {
  const folded = fold(text);
  if (folded.length > longestPick) return undefined;
  return pickIn(folded) ?? pickAmongTalk(text);
}

/** 「B吧，我孫子說的」: a letter in a clause of its own beside talk that asks nothing. */
function pickAmongTalk(text: string): Picked | undefined {
  const clauses = text
    .split(/[\s,，。.!！~～、;；]+/u)
    .map(fold)
    .filter(Boolean);
  const picks = clauses.flatMap((clause) => (/[a-f]/.test(clause) ? [pickIn(clause)] : []));
  const talk = clauses.filter((clause) => !/[a-f]/.test(clause));
  return picks.length === 1 && talk.length > 0 && !talk.some((clause) => asks.test(clause))
    ? picks[0]
    : undefined;
}

const asks = /[?？吗么嗎麼哪谁]|什么|怎|几|多少|不是/;

function pickIn(folded: string): Picked | undefined {
  const match = spoken.exec(folded);
  if (!match) return undefined;
  const [, n, letter, digit, place, last] = match;
  if (last !== undefined) return { position: -1 };
  const number = digit ?? (place === undefined ? undefined : readNumber(place));
  const position = letter === undefined ? Number(number) - 1 : letter.charCodeAt(0) - 97;
  return { position, ...(n === undefined ? {} : { n: Number(n) }) };
}
