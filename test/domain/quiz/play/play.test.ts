import type { Connection } from 'mongoose';
import type { Quiz } from '../../../../src/domain/quiz/definition';
import { type AnswerLog, answerIndexes, createAnswerLog } from '../../../../src/domain/quiz/log/answers';
import { createPlaying, type Playing } from '../../../../src/domain/quiz/play/play';
import { letters } from '../../../../src/domain/quiz/play/questions';
import type { Play } from '../../../../src/domain/quiz/play/standing';
import type { Step } from '../../../../src/domain/quiz/play/step';
import { createSubscribers, subscriberIndexes } from '../../../../src/domain/subscribers/subscribers';
import { createClock } from '../../../../src/kit/clock';
import { createIndexes } from '../../../../src/store/indexes';
import { testDatabase } from '../../../support/database';
import { aPrize, aQuestion, aQuiz, beijing } from '../a-quiz';

const database = testDatabase();
let db: Connection;
let answerLog: AnswerLog;
let playing: Playing;
const prizes = [aPrize('three', { kind: 'floor', every: 3 }, { quantity: 9 })];
const flashPrize = aPrize('fp', { kind: 'first', question: 'f', at: beijing('2026-11-21 12:00:00') });

beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, [...answerIndexes, ...subscriberIndexes]);
});
beforeEach(async () => {
  await database.clear();
  answerLog = createAnswerLog({ db, rulesAt: async () => ({ prizes }) });
  playing = createPlaying({ answerLog });
});
afterAll(() => database.drop());

let messages = 0;
/** A fan at a moment; she moves on by what she does. */
function aFan(pid: string, quiz: Quiz, when = '2026-11-21 10:00:00') {
  const fan = {
    play: undefined as Play | undefined,
    quiz,
    at: beijing(when),
    turn: undefined as unknown as Step,
    keep<T extends Step>(turn: T): T {
      fan.play = turn.play;
      fan.turn = turn;
      return turn;
    },
    before: async () => fan.play ?? (await playing.recall(fan.quiz, pid, fan.at)),
    async starts() {
      return fan.keep(playing.start(fan.quiz, await fan.before(), { pid, at: fan.at }));
    },
    async says(position: number, more: { n?: number; id?: string } = {}) {
      const id = more.id ?? `m${++messages}`;
      const picked = { position, ...(more.n === undefined ? {} : { n: more.n }) };
      return fan.keep(await playing.answer(fan.quiz, await fan.before(), picked, { pid, at: fan.at, id }));
    },
    open: () => fan.play?.flash ?? fan.play?.open,
    /** Where the right option (or a wrong one) stands on her list. */
    right: () => fan.open()?.order.indexOf(0) as number,
    wrong: () => fan.open()?.order.indexOf(1) as number,
    async answers(how: 'right' | 'wrong', after = 5_000) {
      fan.at += after;
      return fan.says(fan[how]());
    },
  };
  return fan;
}
const result = (turn: Step) => {
  if (turn.kind !== 'answered') throw new Error(`${turn.kind} is no answer`);
  return turn.result;
};

describe('an answer', () => {
  test('right or wrong takes the next floor; the first of the day earns the bonus', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    expect(result(await lin.answers('right'))).toMatchObject({
      ok: true,
      points: 15,
      bonus: 5,
      floor: 1,
      total: 15,
    });
    expect(result(await lin.answers('wrong'))).toMatchObject({ ok: false, points: 0, floor: 2, total: 15 });
    const wu = aFan('wu', aQuiz());
    await wu.starts();
    expect(result(await wu.answers('wrong'))).toMatchObject({ points: 5, bonus: 5, floor: 3 });
  });

  test('tells the right option by the letter that she saw', async () => {
    const lin = aFan('lin', aQuiz());
    const asked = await lin.starts();
    if (asked.kind !== 'asked') throw new Error(asked.kind);
    const letter = letters[lin.right()];
    expect(asked.question.options.find((option) => option.text === '甲')?.letter).toBe(letter);
    expect(result(await lin.answers('wrong')).right).toBe(`${letter}. 甲`);
  });

  test('within 2 seconds is none: the question stays open and no floor is taken', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    expect(await lin.answers('right', 1_999)).toMatchObject({ kind: 'tooFast', question: { n: 1 } });
    expect(result(await lin.answers('right', 1))).toMatchObject({ floor: 1 });
  });

  test('to a question that came late, since its process had died, is none when it was given before it came', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    const before = lin.at;
    // Her first letter is worked on five minutes late; she said something else for the same question meanwhile.
    playing = createPlaying({ answerLog, now: () => before + 300_000 });
    expect((await lin.answers('wrong', 10_000)).kind).toBe('answered');
    lin.at = before + 200_000;
    expect(await lin.says(0)).toMatchObject({ kind: 'tooFast', question: { n: 2 } });
    lin.at = before + 310_000;
    expect(result(await lin.says(lin.right()))).toMatchObject({ ok: true, floor: 2 });
  });

  test('to a question that came after midnight in answer to one from before it lapses with that day', async () => {
    const lin = aFan('lin', aQuiz(), '2026-11-21 23:59:00');
    await lin.starts();
    playing = createPlaying({ answerLog, now: () => beijing('2026-11-22 00:00:01') });
    await lin.answers('right', 59_000);
    lin.at = beijing('2026-11-22 00:01:00');
    expect(await lin.says(0)).toMatchObject({ kind: 'lapsed', why: 'midnight', play: { on: '2026-11-22' } });
  });

  test('with the number of another question is none; with hers it counts', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    await lin.answers('right');
    lin.at += 5_000;
    expect(await lin.says(0, { n: 1 })).toMatchObject({ kind: 'otherQuestion', question: { n: 2 }, n: 1 });
    expect(result(await lin.says(lin.right(), { n: 2 }))).toMatchObject({ ok: true, floor: 2 });
  });

  test('that names no option of hers is none', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    lin.at += 5_000;
    expect((await lin.says(4)).kind).toBe('noSuchOption');
    expect(result(await lin.answers('right'))).toMatchObject({ floor: 1 });
  });

  test('brought again by the same message has the same floor and the same reply', async () => {
    const lin = aFan('lin', aQuiz({ prizes }));
    for (const pid of ['a', 'b']) {
      const other = aFan(pid, lin.quiz);
      await other.starts();
      await other.answers('right');
    }
    await lin.starts();
    const before = lin.play as Play;
    lin.at += 5_000;
    const picked = { position: lin.right() };
    const who = { pid: 'lin', at: lin.at, id: 'm-again' };
    const first = await playing.answer(lin.quiz, before, picked, who);
    expect(result(first)).toMatchObject({ floor: 3, wins: [{ unit: '3', passedOn: false }] });
    expect(await playing.answer(lin.quiz, before, picked, who)).toEqual(first);
    const other = createPlaying({ answerLog: createAnswerLog({ db, rulesAt: async () => ({ prizes }) }) });
    expect(await other.answer(lin.quiz, before, picked, who)).toEqual(first);
  });

  test('by another message to an answered question is told of the first, counts nothing and wins nothing', async () => {
    const lin = aFan('lin', aQuiz({ prizes: [aPrize('one', { kind: 'floor', floors: [1] })] }));
    await lin.starts();
    const before = lin.play as Play;
    lin.at += 5_000;
    const [wrong, right] = [lin.wrong(), lin.right()];
    const first = await lin.says(wrong);
    // Option walking: the next letter arrives before the first was kept in her row.
    const again = await playing.answer(
      lin.quiz,
      before,
      { position: right },
      { pid: 'lin', at: lin.at, id: 'walk' },
    );
    expect(result(again)).toMatchObject({
      again: true,
      ok: false,
      floor: 1,
      points: 5,
      total: 5,
      levelRight: 0,
      wins: [],
    });
    expect(again.play).toEqual(first.play);
    expect((await answerLog.of('q', 'lin')).length).toBe(1);
  });

  test('of staff takes no floor, earns no points and never reaches the log', async () => {
    const boss = aFan('boss', aQuiz({ staff: ['boss'] }));
    await boss.starts();
    expect(result(await boss.answers('right'))).toMatchObject({ ok: true, floor: null, points: 0, total: 0 });
    expect(await answerLog.of('q', 'boss')).toEqual([]);
  });
});

describe('levels', () => {
  const quiz = aQuiz({
    perDay: 3,
    levels: [
      { n: 1, questions: 5, pass: 3 },
      { n: 2, questions: 2, pass: 2 },
    ],
  });

  test('carry over the days, and are judged after their last question', async () => {
    const lin = aFan('lin', quiz);
    await lin.starts();
    for (const how of ['right', 'wrong', 'right'] as const) await lin.answers(how);
    expect(lin.turn).toMatchObject({ next: { kind: 'none', why: 'dayDone' } });
    lin.at = beijing('2026-11-22 09:00:00');
    expect(await lin.starts()).toMatchObject({ kind: 'asked', question: { n: 1 } });
    expect(result(await lin.answers('wrong'))).toMatchObject({ level: 1, levelAsked: 4, last: null });
    expect(result(await lin.answers('right'))).toMatchObject({
      level: 1,
      levelAsked: 5,
      levelRight: 3,
      last: 'passed',
    });
    expect(lin.play).toMatchObject({ level: 2, levelAsked: 0, levelRight: 0 });
  });

  test('failed: nothing more today, and the same level with other questions tomorrow', async () => {
    const lin = aFan('lin', aQuiz({ perDay: 9, levels: [{ n: 1, questions: 2, pass: 2 }] }));
    await lin.starts();
    await lin.answers('right');
    expect(result(await lin.answers('wrong'))).toMatchObject({ last: 'failed', level: 1 });
    expect(lin.turn).toMatchObject({ next: { kind: 'none', why: 'failedLevel' } });
    expect(await lin.starts()).toMatchObject({ kind: 'stopped', next: { why: 'failedLevel' } });
    const met = lin.play?.seen ?? [];
    lin.at = beijing('2026-11-22 09:00:00');
    await lin.starts();
    expect(met).not.toContain(lin.play?.open?.q);
    expect(lin.play).toMatchObject({ level: 1, levelAsked: 0 });
  });

  test('after the last one it goes on with levels of its size', async () => {
    const lin = aFan('lin', aQuiz({ levels: [{ n: 1, questions: 1, pass: 1 }] }));
    await lin.starts();
    await lin.answers('right');
    expect(result(await lin.answers('right'))).toMatchObject({ level: 2, levelQuestions: 1, last: 'passed' });
  });
});

describe('the timer', () => {
  const quiz = aQuiz({ timerSeconds: 20 });

  test('runs from sending, with 3 seconds of grace', async () => {
    const lin = aFan('lin', quiz);
    await lin.starts();
    expect(result(await lin.answers('right', 23_000))).toMatchObject({ ok: true, floor: 1 });
  });

  test('a late letter gets the explanation and the next question, no floor, and is not taken for its answer', async () => {
    const lin = aFan('lin', quiz);
    await lin.starts();
    const missed = lin.play?.open?.q;
    expect(await lin.answers('right', 23_001)).toMatchObject({
      kind: 'outOfTime',
      missed: { explanation: `說明 ${missed}` },
      next: { kind: 'question', question: { n: 2 } },
    });
    expect(lin.play).toMatchObject({ today: [missed], points: 0, levelAsked: 1 });
    expect(await answerLog.of('q', 'lin')).toEqual([]);
  });

  test('a level that ends with a question out of time is judged, and she is told', async () => {
    const levels = [{ n: 1, questions: 2, pass: 1 }];
    const lin = aFan('lin', { ...quiz, levels });
    await lin.starts();
    await lin.answers('right');
    expect(await lin.answers('right', 30_000)).toMatchObject({
      kind: 'outOfTime',
      missed: { last: 'passed', level: 1 },
    });
    expect(lin.play?.level).toBe(2);
    const wu = aFan('wu', { ...quiz, levels });
    await wu.starts();
    await wu.answers('wrong');
    expect(await wu.answers('right', 30_000)).toMatchObject({
      missed: { last: 'failed', level: 1, levelRight: 0, levelPass: 1 },
      next: { kind: 'none', why: 'failedLevel' },
    });
  });

  test("the day's first answer earns the bonus even when a question ran out of time before", async () => {
    const lin = aFan('lin', quiz);
    await lin.starts();
    await lin.answers('right', 30_000);
    expect(result(await lin.answers('right'))).toMatchObject({ bonus: 5, points: 15 });
    expect(result(await lin.answers('right'))).toMatchObject({ bonus: 0, points: 10 });
  });

  test('cannot be wound up by asking for the question again', async () => {
    const lin = aFan('lin', quiz);
    await lin.starts();
    const { sentAt, q } = lin.play?.open ?? {};
    lin.at += 10_000;
    expect(await lin.starts()).toMatchObject({ kind: 'asked', resumed: true });
    expect(lin.play?.open).toMatchObject({ sentAt, q });
    lin.at += 60_000;
    expect(await lin.starts()).toMatchObject({
      kind: 'outOfTime',
      next: { kind: 'question', question: { n: 2 } },
    });
    expect(lin.play?.open?.q).not.toBe(q);
  });
});

describe('an open question lapses at no cost', () => {
  test('at midnight, and may come again', async () => {
    const lin = aFan('lin', aQuiz(), '2026-11-21 23:59:50');
    await lin.starts();
    const before = lin.play?.open?.q;
    expect(await lin.answers('right', 15_000)).toMatchObject({
      kind: 'lapsed',
      why: 'midnight',
      next: { kind: 'question', question: { n: 1 } },
    });
    expect(lin.play).toMatchObject({ on: '2026-11-22', today: [], levelAsked: 0, open: { q: before } });
    expect(result(await lin.answers('right'))).toMatchObject({ floor: 1 });
  });

  test('at midnight, also when she asks for it again', async () => {
    const lin = aFan('lin', aQuiz(), '2026-11-21 23:59:50');
    await lin.starts();
    lin.at = beijing('2026-11-22 00:00:00');
    expect(await lin.starts()).toMatchObject({ kind: 'asked', resumed: false, play: { on: '2026-11-22' } });
    expect(lin.play?.open?.sentAt).toBe(lin.at);
  });

  test('and a letter of yesterday that is worked on late does not take her back to it', async () => {
    const lin = aFan('lin', aQuiz({ perDay: 2 }), '2026-11-22 00:00:10');
    await lin.starts();
    await lin.answers('right');
    const now = lin.at;
    lin.at = beijing('2026-11-21 23:59:59');
    expect(await lin.says(0)).toMatchObject({ kind: 'lapsed', play: { on: '2026-11-22' } });
    lin.at = now + 60_000;
    expect(await lin.answers('right')).toMatchObject({ next: { kind: 'none', why: 'dayDone' } });
  });

  test('an answer accepted one millisecond before midnight counts for that day', async () => {
    const lin = aFan('lin', aQuiz(), '2026-11-21 23:59:50');
    await lin.starts();
    await lin.answers('right', 9_999);
    expect((await answerLog.of('q', 'lin'))[0]?.entry).toMatchObject({ on: '2026-11-21' });
  });

  test('in a pause, and is asked again on resume', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    const before = lin.play?.open?.q;
    const from = lin.at + 3_000;
    lin.quiz = aQuiz({ state: 'paused', pauses: [{ from }] });
    expect(await lin.answers('right')).toMatchObject({
      kind: 'lapsed',
      why: 'paused',
      next: { why: 'paused' },
    });
    lin.quiz = aQuiz({ pauses: [{ from, until: lin.at + 1_000 }] });
    lin.at += 60_000;
    expect(await lin.starts()).toMatchObject({ kind: 'asked', resumed: false });
    expect(lin.play?.open?.q).toBe(before);
    expect(result(await lin.answers('right'))).toMatchObject({ floor: 1 });
  });

  test('in a pause that came and went without a word of hers', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    lin.quiz = aQuiz({ pauses: [{ from: lin.at + 3_000, until: lin.at + 4_000 }] });
    expect(await lin.answers('right')).toMatchObject({
      kind: 'lapsed',
      why: 'paused',
      next: { kind: 'question' },
    });
  });

  test('at the end of the quiz; what was accepted by the end counts, however late it is worked on', async () => {
    const quiz = aQuiz();
    const [lin, wu] = [aFan('lin', quiz), aFan('wu', quiz)];
    for (const fan of [lin, wu]) {
      fan.at = quiz.endsAt - 10_000;
      await fan.starts();
      fan.quiz = aQuiz({ state: 'ended' });
    }
    expect(result(await lin.answers('right', 10_000))).toMatchObject({ floor: 1 });
    expect(lin.turn).toMatchObject({ next: { kind: 'none', why: 'ended' } });
    expect(await wu.answers('right', 10_001)).toMatchObject({
      kind: 'lapsed',
      why: 'ended',
      next: { why: 'ended' },
    });
  });

  test('when settlement has begun, whenever it was sent', async () => {
    const lin = aFan('lin', aQuiz());
    await lin.starts();
    lin.quiz = aQuiz({ state: 'settling' });
    expect(await lin.answers('right')).toMatchObject({ kind: 'lapsed', why: 'ended' });
    expect(await answerLog.of('q', 'lin')).toEqual([]);
  });
});

test('when another process has begun to settle and this one does not know yet, nothing is counted', async () => {
  const lin = aFan('lin', aQuiz());
  await lin.starts();
  await createAnswerLog({ db, rulesAt: async () => ({ prizes }) }).seal('q');
  expect(await lin.answers('right')).toMatchObject({ kind: 'lapsed', why: 'ended', next: { why: 'ended' } });
  expect(lin.play).toMatchObject({ points: 0, today: [] });
});

describe('opening hours', () => {
  const quiz = aQuiz({ opensAt: '09:00', closesAt: '21:00' });
  test.each([
    ['2026-11-21 08:59:59', 'closed'],
    ['2026-11-21 21:00:00', 'closed'],
    ['2026-11-20 10:00:00', 'notYet'],
    ['2026-11-28 10:00:00', 'ended'],
  ])('no question is opened at %s: %s', async (when, why) => {
    expect(await aFan('lin', quiz, when).starts()).toMatchObject({ kind: 'stopped', next: { why } });
  });

  test('an open question may be answered after they are over; no next one comes', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 20:59:58');
    await lin.starts();
    expect(result(await lin.answers('right'))).toMatchObject({ floor: 1 });
    expect(lin.turn).toMatchObject({ next: { kind: 'none', why: 'closed', opensAt: '09:00' } });
  });
});

describe('搶答', () => {
  const quiz = aQuiz({ questions: [aQuestion('f'), ...aQuiz().questions], prizes: [flashPrize] });

  test('one try each, outside the daily count; her own question waits', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    const own = lin.play?.open;
    const who = { pid: 'lin', at: lin.at };
    expect(lin.keep(playing.startFlash(quiz, await lin.before(), who)).kind).toBe('flashAsked');
    expect(await lin.answers('wrong')).toMatchObject({
      kind: 'flashAnswered',
      ok: false,
      points: 0,
      floor: 1,
    });
    expect(lin.play).toMatchObject({ today: [], levelAsked: 0, open: own });
    expect(lin.keep(playing.startFlash(quiz, await lin.before(), { pid: 'lin', at: lin.at }))).toMatchObject({
      kind: 'flashNone',
      why: 'tried',
    });
    expect(result(await lin.answers('right'))).toMatchObject({ ok: true, floor: 2 });
  });

  test('a letter sent twice is no answer to her own question, which she has not looked at since', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    lin.at += 60_000;
    lin.keep(playing.startFlash(quiz, await lin.before(), { pid: 'lin', at: lin.at }));
    await lin.answers('right');
    lin.at += 500;
    expect(await lin.says(0)).toMatchObject({ kind: 'tooFast', question: { n: 1 } });
    expect(result(await lin.answers('right'))).toMatchObject({ floor: 2 });
  });

  test('a letter meant for it and worked on late is no answer to her own question', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    lin.at += 60_000;
    lin.keep(playing.startFlash(quiz, await lin.before(), { pid: 'lin', at: lin.at }));
    const accepted = lin.at + 10_000; // then its process died; she went on, and the sweeper found it
    lin.at += 60_000;
    expect(await lin.starts()).toMatchObject({ kind: 'asked', resumed: true });
    const now = lin.at;
    lin.at = accepted;
    expect((await lin.says(0)).kind).toBe('tooFast');
    // One for her own question from before it is.
    lin.at = now - 90_000;
    expect((await lin.says(lin.right())).kind).toBe('answered');
  });

  const asksFlash = async (fan: ReturnType<typeof aFan>, pid = 'lin') =>
    fan.keep(playing.startFlash(fan.quiz, await fan.before(), { pid, at: fan.at }));

  test('what was asked in the opening hours and answered after them counts; so does what was accepted by the end', async () => {
    const early = aQuiz({ ...quiz, opensAt: '09:00', closesAt: '12:30' });
    const lin = aFan('lin', early, '2026-11-21 12:29:58');
    await asksFlash(lin);
    expect(await lin.answers('right')).toMatchObject({ kind: 'flashAnswered', ok: true });
    const short = { ...quiz, endsAt: beijing('2026-11-21 12:10:00') };
    const wu = aFan('wu', short, '2026-11-21 12:09:50');
    await asksFlash(wu, 'wu');
    wu.quiz = { ...short, state: 'ended' };
    expect(await wu.answers('right', 10_000)).toMatchObject({ kind: 'flashAnswered', ok: true });
    const cai = aFan('cai', short, '2026-11-21 12:09:50');
    await asksFlash(cai, 'cai');
    expect((await cai.answers('right', 10_001)).kind).toBe('flashNone');
  });

  test('a letter with the number of her own question is an answer to that one, not her one try', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    await asksFlash(lin);
    lin.at += 5_000;
    const own = lin.play?.open?.order.indexOf(0) as number;
    expect(result(await lin.says(own, { n: 1 }))).toMatchObject({ ok: true, floor: 1 });
    expect(await lin.answers('right')).toMatchObject({ kind: 'flashAnswered', again: false, ok: true });
  });

  test('who had left and asks for it is back in', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    lin.play = { ...(lin.play as Play), left: true };
    expect((await asksFlash(lin)).play).not.toHaveProperty('left');
  });

  test('of two that are open the later one is asked', async () => {
    const later = aPrize('later', { kind: 'first', question: 'g', at: beijing('2026-11-21 12:30:00') });
    const two = { ...quiz, questions: [...quiz.questions, aQuestion('g')], prizes: [flashPrize, later] };
    const lin = aFan('lin', two);
    const askedAt = async (when: string) => {
      lin.at = beijing(when);
      const turn = lin.keep(playing.startFlash(two, await lin.before(), { pid: 'lin', at: lin.at }));
      return turn.kind === 'flashAsked' && turn.question.text;
    };
    expect(await askedAt('2026-11-21 12:29:59')).toBe('題目 f');
    expect(await askedAt('2026-11-21 12:30:00')).toBe('題目 g');
    expect(await askedAt('2026-11-21 13:10:00')).toBe('題目 g');
  });

  test('who goes back to her own question answers that one', async () => {
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    lin.keep(playing.startFlash(quiz, await lin.before(), { pid: 'lin', at: lin.at }));
    lin.at += 3_000;
    expect(await lin.starts()).toMatchObject({ kind: 'asked', resumed: true });
    expect((await lin.answers('right')).kind).toBe('answered');
  });
});

describe('leaving and coming back', () => {
  test('what the answer log tells is where she stood', async () => {
    const quiz = aQuiz({
      perDay: 4,
      levels: [{ n: 1, questions: 3, pass: 2 }],
      prizes: [flashPrize],
      questions: [aQuestion('f'), ...aQuiz().questions],
    });
    const lin = aFan('lin', quiz, '2026-11-21 12:00:01');
    await lin.starts();
    for (const how of ['right', 'wrong', 'right', 'wrong'] as const) await lin.answers(how);
    lin.keep(playing.startFlash(quiz, await lin.before(), { pid: 'lin', at: lin.at }));
    await lin.answers('right');
    lin.at = beijing('2026-11-22 09:00:00');
    await lin.starts();
    await lin.answers('wrong');
    const { open: _open, ...stood } = lin.play as Play;
    expect(await playing.recall(quiz, 'lin', lin.at)).toEqual(stood);
    await lin.answers('wrong'); // that level is failed
    expect(await playing.recall(quiz, 'lin', lin.at)).toEqual({ ...lin.play });
    // Levels that were eased meanwhile do not change what she passed.
    const eased = { ...quiz, levels: [{ n: 1, questions: 3, pass: 1 }] };
    expect(await playing.recall(eased, 'lin', lin.at)).toEqual({ ...lin.play });
  });

  test('she finds the same question with the same timer running, and what ran out stays out', async () => {
    const clock = createClock();
    const subscribers = createSubscribers({ db, dataKey: 'k', appId: 'a', clock, placeOf: () => undefined });
    const quiz = aQuiz({ timerSeconds: 20 });
    const met = await subscribers.meet('openid-lin');
    const lin = aFan(met.pid, quiz);
    await lin.starts();
    await lin.answers('right', 30_000); // out of time
    await subscribers.change(met._id, met.v, {
      said: [],
      talk: { plays: { winter: lin.play as Play }, playing: 'winter' },
    });
    await subscribers.remove(met._id, new Date(clock.now()), () => clock.now() + 86_400_000);
    const back = await subscribers.meet('openid-lin');
    expect(back.pid).toBe(met.pid);
    expect(back.talk).toEqual({ plays: { winter: lin.play }, playing: 'winter' });
  });

  test('after her name in the quiz was forgotten she is somebody else', async () => {
    const clock = createClock();
    const subscribers = createSubscribers({ db, dataKey: 'k', appId: 'a', clock, placeOf: () => undefined });
    const met = await subscribers.meet('openid-lin');
    const lin = aFan(met.pid, aQuiz());
    await lin.starts();
    await subscribers.change(met._id, met.v, {
      said: [],
      talk: { plays: { winter: lin.play as Play }, playing: 'winter' },
    });
    await subscribers.remove(met._id, new Date(clock.now()), () => clock.now() - 1);
    const back = await subscribers.meet('openid-lin');
    expect(back.pid).not.toBe(met.pid);
    expect(back.talk).toEqual({});
  });
});
