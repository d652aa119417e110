import { answerAll, answersPlaced, twoLettersAtOnce, withQuiz } from './quiz';

test('C1: answers that come three times at once to two processes count once, and all copies say the same', () =>
  withQuiz({ webs: 2, workers: 1 }, async (table, fans) => {
    const kill = { role: 'worker' as const, everyMs: 700 };
    const { kills } = await answerAll(table, { fans: fans(40), rounds: 2, storm: true, kill });
    expect(table.copies.filter((said) => said.length !== 3)).toEqual([]);
    const told = table.copies.map((said) => said.filter((one) => !one.includes('沒有回應')));
    expect(told.filter((said) => new Set(said).size !== 1)).toEqual([]);
    expect(await answersPlaced(table)).toBe(80);
    expect(kills).toBeGreaterThan(0);
    expect(await table.judge()).toEqual([]);
  }));

test('C2: with a web process killed again and again what got any 200 counts once, what got none at most once', () =>
  withQuiz({ webs: 2, callbacks: { gapMs: 300 } }, async (table, fans) => {
    const kill = { role: 'web' as const, everyMs: 400 };
    const { kills } = await answerAll(table, { fans: fans(50), rounds: 2, kill });
    expect(kills).toBeGreaterThan(0);
    expect(await table.judge()).toEqual([]);
  }));

test('C4: answers of the database that are lost after the write double no answer and lose none', () =>
  withQuiz({ callbacks: { gapMs: 300 } }, async (table, fans) => {
    const [member] = table.rig.members;
    member?.mongo.loseAnswers(['insert', 'update', 'findAndModify'], 10);
    await answerAll(table, { fans: fans(30), rounds: 3 });
    expect(member?.mongo.lost()).toBeGreaterThan(5);
    member?.mongo.restore();
    expect(await table.judge()).toEqual([]);
  }));

test('C7: two letters of one second are two: one counts, the other is told so', () =>
  withQuiz({ webs: 2 }, async (table, fans) => {
    expect(await twoLettersAtOnce(table, fans(60))).toEqual([]);
  }));

test('C8: ids of messages beyond 2^53 and 2^63 that differ in the last digit are different answers', () =>
  withQuiz({ webs: 2 }, async (table, fans) => {
    const { rig } = table;
    const people = fans(40);
    const idOf = (i: number, round: number) => (i < 20 ? 2n ** 53n : 2n ** 63n) + BigInt(2 * i + round);
    await Promise.all(people.map((fan) => table.says(fan, '一戰到底')));
    for (const round of [0, 1]) {
      await rig.turnTo(rig.clock.now() + 10_000);
      await Promise.all(people.map((fan, i) => table.answer(fan, { right: true, msgId: idOf(i, round) })));
    }
    await table.drain();
    expect(await answersPlaced(table)).toBe(80);
    expect(await table.judge()).toEqual([]);
  }));
