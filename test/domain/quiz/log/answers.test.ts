import type { Connection } from 'mongoose';
import type { Prize } from '../../../../src/domain/prizes/prize';
import {
  type AnswerLog,
  answerIndexes,
  createAnswerLog,
  type Placed,
} from '../../../../src/domain/quiz/log/answers';
import { type Entry, noFloors, winsOf } from '../../../../src/domain/quiz/log/floors';
import { createIndexes } from '../../../../src/store/indexes';
import { testDatabase } from '../../../support/database';
import { anEntry, aPrize } from '../a-quiz';

const database = testDatabase();
let db: Connection;
const prizes: Prize[] = [
  aPrize('seven', { kind: 'floor', every: 7 }, { quantity: 30 }),
  aPrize('lucky', { kind: 'floor', floors: [1, 50, 51, 52], endings: ['88'] }, { quantity: 3, perPerson: 1 }),
  aPrize('first', { kind: 'first', question: 'f', at: 0 }),
];
const rulesAt = async () => ({ prizes });
/** A process: a log of its own on a connection of its own. */
const aProcess = async (): Promise<AnswerLog> => createAnswerLog({ db: await database.connect(), rulesAt });

beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, answerIndexes);
});
beforeEach(() => database.clear());
afterAll(() => database.drop());

const logOf = (quiz = 'q') =>
  db
    .collection<{ _id: string; first: number; seq: number; a: Entry[] }>('answers')
    .find({ quiz }, { sort: { _id: 1 } })
    .toArray();

async function expectWhole(count: number): Promise<void> {
  const log = await logOf();
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  const floors = log.flatMap(({ first, a }) => a.map((_, i) => first + i));
  expect(floors).toEqual(Array.from({ length: count }, (_, i) => i + 1));
}

/** The same log folded by nobody but this test. */
async function refolded() {
  const state = noFloors();
  const wins = [];
  for (const batch of await logOf())
    wins.push(...winsOf(state, { ...batch, quiz: 'q', v: 1, at: new Date(0) }, { prizes }));
  return { state, wins };
}

test('several processes place at once: floors 1 to n without gap or double, and all judge the same', async () => {
  const processes = await Promise.all(Array.from({ length: 4 }, aProcess));
  const entries = Array.from({ length: 600 }, (_, i) =>
    i % 20 === 0 ? anEntry(`p${i}`, 'f', { flash: true, ok: i % 40 === 0 }) : anEntry(`p${i % 90}`, `t${i}`),
  );
  const placed = await Promise.all(
    entries.map((entry, i) => (processes[i % 4] as AnswerLog).append('q', entry)),
  );
  await expectWhole(600);
  expect(placed.map(({ floor }) => floor).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 600 }, (_, i) => i + 1),
  );
  expect(placed.some(({ again }) => again)).toBe(false);
  await Promise.all(processes.map((one) => one.catchUp('q')));
  const { state, wins } = await refolded();
  for (const one of processes) expect(one.state('q')).toEqual(state);
  const byFloor = (all: { floor: number; prize: string }[]) =>
    all.map(({ floor, prize }) => `${floor} ${prize}`).toSorted();
  expect(byFloor(placed.flatMap((one) => one.wins))).toEqual(byFloor(wins));
  expect(wins.filter(({ why }) => why === 'first')).toHaveLength(1);
});

test('the same message placed by every process at once has one place, and all of them say it', async () => {
  const processes = await Promise.all(Array.from({ length: 3 }, aProcess));
  await processes[0]?.append('q', anEntry('other', 't1'));
  const entry = anEntry('lin', 't1', { by: 'm1' });
  const placed = await Promise.all([...processes, ...processes].map((one) => one.append('q', entry)));
  expect(new Set(placed.map(({ floor }) => floor)).size).toBe(1);
  expect(placed.map(({ again }) => again)).toEqual(Array(6).fill(false));
  await expectWhole(2);
});

test('of two messages for one question the first counts, and the other is told so', async () => {
  const [one] = await Promise.all([aProcess()]);
  const first = anEntry('lin', 't1', { by: 'm1', choice: 2, ok: false, points: 0 });
  const second = anEntry('lin', 't1', { by: 'm2', choice: 0 });
  // In one group.
  const [a, b] = await Promise.all([one.append('q', first), one.append('q', second)]);
  expect(a).toMatchObject({ floor: 1, again: false, entry: { choice: 2 } });
  expect(b).toMatchObject({ floor: 1, again: true, entry: { choice: 2, points: 0 } });
  // And later, at another process.
  const other = await aProcess();
  expect(await other.append('q', { ...second, by: 'm3' })).toMatchObject({ floor: 1, again: true });
  await expectWhole(1);
});

test('one question on two days is two answers', async () => {
  const one = await aProcess();
  await one.append('q', anEntry('lin', 't1'));
  expect(await one.append('q', anEntry('lin', 't1', { on: '2026-11-22' }))).toMatchObject({ floor: 2 });
});

/** The server applies the next commands and then loses the connection, or a network error comes before. */
async function failNext(mode: object, data: object): Promise<void> {
  await db.db?.admin().command({ configureFailPoint: 'failCommand', mode, data });
}

/** As a server that applied an insert and whose answer was lost on the way. */
function losingAnswers(real: Connection, times: number): Connection {
  let left = times;
  const native = real.db;
  const losing = new Proxy(native as object, {
    get(target, name) {
      if (name !== 'command') return Reflect.get(target, name);
      return async (command: object, options: object) => {
        const answer = await native?.command(command, options);
        if ('insert' in command && left-- > 0)
          throw Object.assign(new Error('connection closed'), { name: 'MongoNetworkError' });
        return answer;
      };
    },
  });
  return { db: losing, collection: real.collection.bind(real) } as unknown as Connection;
}

test('a lost answer never places twice, and the reply is as if it had not been lost', async () => {
  const answerLog = createAnswerLog({ db: losingAnswers(await database.connect(), 3), rulesAt });
  const placed: Placed[] = [];
  for (let i = 1; i <= 6; i++) placed.push(await answerLog.append('q', anEntry(`p${i}`, 't1')));
  await expectWhole(6);
  expect(placed.map(({ floor, again }) => [floor, again])).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, false]));
  expect(placed[0]?.wins).toMatchObject([{ prize: 'lucky', unit: '1' }]);
});

test('a connection closed by the server before or in an insert neither loses nor doubles an answer', async () => {
  const appName = 'answers-closed';
  const { createConnection } = await import('mongoose');
  const mine = await createConnection(database.uri, {
    appName,
    dbName: database.name,
    w: 'majority',
  }).asPromise();
  const answerLog = createAnswerLog({ db: mine, rulesAt });
  await answerLog.append('q', anEntry('p0', 't1'));
  await failNext({ times: 3 }, { failCommands: ['insert'], closeConnection: true, appName });
  try {
    const placed = await Promise.all(
      Array.from({ length: 40 }, (_, i) => answerLog.append('q', anEntry(`p${i + 1}`, 't1'))),
    );
    expect(placed.every(({ again }) => !again)).toBe(true);
    await expectWhole(41);
  } finally {
    await failNext('off' as never, {});
    await mine.close();
  }
});

test('what failed for good is told as an error that names its cause', async () => {
  const real = await database.connect();
  const refusing = {
    db: { command: () => Promise.reject(new Error('not authorized on this database')) },
    collection: real.collection.bind(real),
  } as unknown as Connection;
  const answerLog = createAnswerLog({ db: refusing, rulesAt });
  await expect(answerLog.append('q', anEntry('lin', 't1'))).rejects.toMatchObject({
    kind: 'Upstream',
    cause: { message: 'not authorized on this database' },
  });
});

test('a start from the kept state equals a replay, and knows what was won before it', async () => {
  const old = await aProcess();
  for (let i = 1; i <= 30; i++) {
    await old.append('q', anEntry(`p${i}`, 't1'));
    if (i === 21) await old.keepFloors('q');
  }
  const fresh = await aProcess();
  // The answer to the winner of floor 21 was lost with the old process: the same message asks again.
  expect(await fresh.append('q', anEntry('p21', 't1'))).toMatchObject({
    floor: 21,
    again: false,
    wins: [{ prize: 'seven', unit: '21' }],
  });
  await fresh.append('q', anEntry('p31', 't1'));
  expect(fresh.state('q')).toEqual((await refolded()).state);
  await fresh.keepFloors('q');
  await old.keepFloors('q'); // behind: it does not put the older state back
  const third = await aProcess();
  await third.append('q', anEntry('p32', 't1'));
  await fresh.catchUp('q');
  expect(third.state('q')).toEqual(fresh.state('q'));
});

test('a sealed log takes no answer, from no process, and still knows those it has', async () => {
  const [one, stale, other] = [await aProcess(), await aProcess(), await aProcess()];
  await stale.append('q', anEntry('early', 't1'));
  await one.append('q', anEntry('lin', 't1'));
  const racing = Promise.allSettled(
    Array.from({ length: 40 }, (_, i) => stale.append('q', anEntry(`p${i}`, 't1'))),
  );
  await Promise.all([one.seal('q'), other.seal('q')]);
  const counted = (await racing).filter(({ status }) => status === 'fulfilled').length;
  for (const process of [one, stale, await aProcess()]) {
    await expect(process.append('q', anEntry('late', 't1'))).rejects.toMatchObject({ code: 'quiz.over' });
    expect(await process.append('q', anEntry('lin', 't1'))).toMatchObject({ again: false });
  }
  const batches = [];
  for await (const batch of one.read('q', 0)) batches.push(batch);
  expect(batches.flatMap(({ a }) => a)).toHaveLength(counted + 2);
  expect(batches.map(({ sealed }) => sealed ?? false)).toEqual(
    batches.map((_, i) => i === batches.length - 1),
  );
  // Another quiz has a seal of its own.
  await one.append('r', { ...anEntry('lin', 't1'), k: 'r:lin:2026-11-21:t1' });
  await one.seal('r');
});

test("a person's answers come in their order, without those of others or of another quiz", async () => {
  const one = await aProcess();
  await Promise.all([
    one.append('q', anEntry('lin', 't1')),
    one.append('q', anEntry('linda', 't1')),
    one.append('r', { ...anEntry('lin', 't9'), k: 'r:lin:2026-11-21:t9' }),
  ]);
  await one.append('q', anEntry('lin', 't2', { on: '2026-11-22' }));
  expect((await one.of('q', 'lin')).map(({ floor, entry }) => [floor, entry.q])).toEqual([
    [1, 't1'],
    [3, 't2'],
  ]);
});
