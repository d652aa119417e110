import type { QuizContent } from '../../../src/domain/quiz/definition';

/**
 * Works out from the answer log as it lies in the database, and from what the fans' phones heard, what must be true
 * everywhere else. Written from the rules of the quiz; shares no code with the product, on purpose.
 */
export type LoggedBatch = {
  seq: number;
  first: number;
  a: {
    k: string;
    pid: string;
    on: string;
    q: string;
    choice: number;
    ok: boolean;
    points: number;
    flash?: true;
  }[];
};

/** One answer as her phone knows it. */
export type Sent = {
  pid: string;
  question: string;
  /** The words behind the letter she sent. */
  option: string;
  /** What the copies that got a 200 said, each once; none: nothing was acknowledged. */
  heard: string[];
};

export type Facts = {
  quiz: QuizContent;
  log: LoggedBatch[];
  sent: Sent[];
  ledger: { _id: string; pid: string; delta: number; cause: string }[];
  balances: { _id: string; points: number }[];
  scores: { pid: string; points: number; right: number; answered: number; flash: number; reached: number }[];
  awards: { _id: string; pid: string; floor?: number; ticket?: string }[];
  tickets: { prize: string; state: string }[];
  /** Movements of points that have other causes: purchases, reversals. */
  others?: { _id: string; pid: string; delta: number }[];
  /** Awards that came to nothing: their item of the stock is back. */
  returned?: string[];
};

type Answer = LoggedBatch['a'][number] & { floor: number; right: boolean; worth: number };

/** Everything that is wrong, in words; nothing when all agrees. */
export function findFaults(facts: Facts): string[] {
  const { answers, faults } = readLog(facts);
  const prizes = prizesDue(facts.quiz, answers);
  return [
    ...faults,
    ...phoneFaults(facts, answers, prizes),
    ...paymentFaults(facts, answers, prizes),
    ...prizeFaults(facts, prizes),
  ];
}

/** The log must count 1..n without gap or double, and each entry must say what the rules say of it. */
function readLog({ quiz, log }: Facts): { answers: Answer[]; faults: string[] } {
  const faults: string[] = [];
  const answers: Answer[] = [];
  const keys = new Set<string>();
  const begun = new Set<string>();
  let floor = 0;
  log
    .toSorted((a, b) => a.seq - b.seq)
    .forEach((batch, i) => {
      if (batch.seq !== i + 1) faults.push(`batch ${batch.seq} stands at place ${i + 1}`);
      if (batch.first !== floor + 1) faults.push(`batch ${batch.seq} begins with floor ${batch.first}`);
      for (const entry of batch.a) {
        floor++;
        if (keys.has(entry.k)) faults.push(`${entry.k} was counted twice`);
        keys.add(entry.k);
        const question = quiz.questions.find(({ id }) => id === entry.q);
        const right = question?.right === entry.choice;
        const day = `${entry.pid} ${entry.on}`;
        let worth = right ? quiz.pointsPerAnswer : 0;
        if (!entry.flash && !begun.has(day)) {
          worth += quiz.firstBonus;
          begun.add(day);
        }
        if (entry.ok !== right) faults.push(`${entry.k} was judged ${entry.ok}`);
        if (entry.points !== worth) faults.push(`${entry.k} got ${entry.points} points, ${worth} are due`);
        answers.push({ ...entry, floor, right, worth });
      }
    });
  return { answers, faults };
}

type Due = { id: string; prize: string; pid: string; floor: number };

/** Lucky floors and 搶答, by walking up the floors one after the other. */
function prizesDue(quiz: QuizContent, answers: Answer[]): Due[] {
  const due: Due[] = [];
  const leftOf = new Map(quiz.prizes.map(({ id, quantity }) => [id, quantity]));
  const hadToday = new Set<string>();
  let waiting: { prize: string; floor: number }[] = [];
  for (const { floor, pid, on, q, right, flash } of answers) {
    const here = [...waiting];
    for (const { id, way } of quiz.prizes) {
      if (way.kind !== 'floor') continue;
      const lucky =
        (way.floors ?? []).includes(floor) ||
        (way.every !== undefined && floor % way.every === 0) ||
        (way.endings ?? []).some((ending) => String(floor).slice(-ending.length) === ending);
      if (lucky) here.push({ prize: id, floor: floor });
    }
    waiting = [];
    for (const one of here) {
      if (leftOf.get(one.prize) === 0) continue;
      const most = quiz.prizes.find(({ id }) => id === one.prize)?.perPerson ?? Infinity;
      const has = due.filter((other) => other.prize === one.prize && other.pid === pid).length;
      if (hadToday.has(`${pid} ${on}`) || has >= most) waiting.push(one);
      else {
        hadToday.add(`${pid} ${on}`);
        leftOf.set(one.prize, (leftOf.get(one.prize) ?? 0) - 1);
        due.push({ id: `${quiz.id}/${one.prize}/${one.floor}`, prize: one.prize, pid, floor });
      }
    }
    if (!flash || !right) continue;
    for (const { id, way } of quiz.prizes)
      if (way.kind === 'first' && way.question === q && !due.some((other) => other.prize === id))
        due.push({ id: `${quiz.id}/${id}/${q}`, prize: id, pid, floor });
  }
  return due;
}

/** Nothing that was acknowledged is lost, and nothing was told that is not so. */
function phoneFaults({ quiz, sent }: Facts, answers: Answer[], prizes: Due[]): string[] {
  const found = new Map(answers.map((answer) => [`${answer.pid} ${answer.q}`, answer]));
  const lettersOn = new Map<string, Sent[]>();
  for (const one of sent) {
    const about = `${one.pid} ${one.question}`;
    lettersOn.set(about, [...(lettersOn.get(about) ?? []), one]);
  }
  const faults = answers
    .filter(({ pid, q }) => !lettersOn.has(`${pid} ${q}`))
    .map(({ k }) => `nobody sent ${k}`);
  for (const [about, letters] of lettersOn) {
    const answer = found.get(about);
    const acknowledged = letters.filter(({ heard }) => heard.length > 0);
    if (!answer) {
      for (const { heard } of acknowledged)
        faults.push(`${about}: acknowledged and lost (${heard.join(' | ')})`);
      continue;
    }
    const kept = quiz.questions.find(({ id }) => id === answer.q)?.options[answer.choice];
    if (!letters.some(({ option }) => option === kept))
      faults.push(`${about}: ${kept} was kept, she never said so`);
    // She may have asked for the question again and said something else, when the first letter seemed lost.
    const told = acknowledged.filter(({ heard }) => !heard.some(saysAgain));
    if (told.length > 1) faults.push(`${about}: counted ${told.length} times`);
    for (const letter of told) faults.push(...toldFaults(quiz, letter, { answer, kept, prizes }));
  }
  return faults.concat(
    sent
      .filter(({ heard }) => heard.length > 1)
      .map(({ pid, heard }) => `${pid}: copies were told different things (${heard.join(' | ')})`),
  );
}

const saysAgain = (words: string): boolean => words.includes('以第一次為準');

/** The words for the letter that was counted. */
function toldFaults(
  quiz: QuizContent,
  { pid, question, option, heard }: Sent,
  { answer, kept, prizes }: { answer: Answer; kept: string | undefined; prizes: Due[] },
): string[] {
  const { floor, right, flash } = answer;
  const faults: string[] = [];
  if (kept !== option) faults.push(`chose ${option}, ${kept} was kept`);
  for (const words of heard) {
    if (words === 'success') continue; // the words came another way
    // What came late stands before it.
    const verdict = [...words.matchAll(/^(答對了|可惜)/gm)].at(-1);
    const about = words.slice(verdict?.index ?? words.length);
    if (about.startsWith('答對了') !== right) faults.push(`right: ${right}`);
    if (!flash && Number(/ · 第 (\d+) 樓/.exec(about)?.[1]) !== floor) faults.push(`floor ${floor}`);
    const hers = prizes.filter((prize) => prize.floor === floor);
    if ((about.match(/得到「/g) ?? []).length !== hers.length) faults.push(`won ${hers.length} prizes`);
    const first = hers.some(({ prize }) =>
      quiz.prizes.some(({ id, way }) => id === prize && way.kind === 'first'),
    );
    if (about.includes('你是第一個答對') !== first) faults.push(`first: ${first}`);
  }
  return faults.map((fault) => `${pid} on ${question}: ${fault}; she heard ${heard.join(' | ')}`);
}

/** The ledger holds the answers and the points won, each once; balances and scores are their sums. */
function paymentFaults(facts: Facts, answers: Answer[], prizes: Due[]): string[] {
  const { ledger, balances, scores } = facts;
  const due = movementsDue(facts, answers, prizes);
  const sums = new Map<string, number>();
  const faults: string[] = [];
  for (const { _id, pid, delta } of ledger) {
    if (due.get(_id) !== delta) faults.push(`the ledger has ${delta} for ${_id}, ${due.get(_id)} is due`);
    due.delete(_id);
    sums.set(pid, (sums.get(pid) ?? 0) + delta);
  }
  for (const [id, points] of due) faults.push(`the ledger lacks ${points} for ${id}`);
  const balance = new Map(balances.map(({ _id, points }) => [_id, points]));
  for (const [pid, sum] of sums)
    if (balance.get(pid) !== sum) faults.push(`${pid} has ${balance.get(pid)}, the ledger says ${sum}`);
  const expected = scoresDue(answers);
  if (scores.length !== expected.size)
    faults.push(`${scores.length} people have a score, ${expected.size} answered`);
  for (const { pid, points, right, answered, flash, reached } of scores) {
    const has = JSON.stringify({ points, right, answered, flash, reached });
    const should = JSON.stringify(expected.get(pid));
    if (has !== should) faults.push(`${pid} has the score ${has}, ${should} is due`);
  }
  return faults;
}

function movementsDue({ quiz, others = [] }: Facts, answers: Answer[], prizes: Due[]): Map<string, number> {
  const due = new Map(others.map(({ _id, delta }) => [_id, delta]));
  for (const { k, worth } of answers) if (worth > 0) due.set(`answer/${k}`, worth);
  for (const { id, prize } of prizes) {
    const points = quiz.prizes.find((one) => one.id === prize)?.points;
    if (points) due.set(`award/${id}`, points);
  }
  return due;
}

/** What somebody must have now. */
export function balanceDue(facts: Facts, pid: string): number {
  const { answers } = readLog(facts);
  const prizes = prizesDue(facts.quiz, answers);
  const whose = new Map([
    ...answers.map((one) => [`answer/${one.k}`, one.pid] as const),
    ...prizes.map((one) => [`award/${one.id}`, one.pid] as const),
    ...(facts.others ?? []).map((one) => [one._id, one.pid] as const),
  ]);
  return [...movementsDue(facts, answers, prizes)]
    .filter(([id]) => whose.get(id) === pid)
    .reduce((sum, [, delta]) => sum + delta, 0);
}

export function scoresDue(answers: Answer[]) {
  const scores = new Map<
    string,
    { points: number; right: number; answered: number; flash: number; reached: number }
  >();
  for (const { pid, floor, right, worth, flash } of answers) {
    const had = scores.get(pid) ?? { points: 0, right: 0, answered: 0, flash: 0, reached: floor };
    scores.set(pid, {
      points: had.points + worth,
      right: had.right + (right && !flash ? 1 : 0),
      answered: had.answered + (flash ? 0 : 1),
      flash: had.flash + (flash ? 1 : 0),
      reached: worth > 0 ? floor : had.reached,
    });
  }
  return scores;
}

/** Whoever must have a prize has it, with one item of the stock, and nobody else has. */
function prizeFaults({ quiz, awards, tickets, returned = [] }: Facts, prizes: Due[]): string[] {
  const due = new Map(prizes.map((prize) => [prize.id, prize]));
  const faults = awards.flatMap(({ _id, pid, floor, ticket }) => {
    const prize = due.get(_id);
    due.delete(_id);
    if (!prize) return [`${_id} was given to ${pid}, nobody won it`];
    if (prize.pid !== pid || prize.floor !== floor)
      return [`${_id} went to ${pid} on ${floor}, it belongs to ${prize.pid} on ${prize.floor}`];
    return ticket ? [] : [`${_id} has no item of the stock`];
  });
  for (const { id, pid } of due.values()) faults.push(`${id} was won by ${pid} and never given`);
  for (const { id, quantity } of quiz.prizes) {
    const states = tickets.filter(({ prize }) => prize === id).map(({ state }) => state);
    const given = states.filter((state) => state === 'given').length;
    const won = prizes.filter((one) => one.prize === id && !returned.includes(one.id)).length;
    if (states.length !== quantity || given !== won || states.includes('held'))
      faults.push(`${id}: ${quantity} in stock, ${won} won; the stock says ${given} of ${states.length}`);
  }
  return faults;
}

/** The best of all, as the board must show them: more points first, then who reached them before. */
export function boardDue(facts: Facts, n: number): { rank: number; pid: string; points: number }[] {
  return [...scoresDue(readLog(facts).answers)]
    .map(([pid, { points, reached }]) => ({ pid, points, reached }))
    .toSorted((a, b) => b.points - a.points || a.reached - b.reached)
    .slice(0, n)
    .map(({ pid, points }, i) => ({ rank: i + 1, pid, points }));
}
