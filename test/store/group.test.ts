import { createGroup } from '../../src/store/group';

type Run = { rows: number[]; done: () => void };

/** A group whose writes end when the test says so, on a clock that the test turns. */
function stage(options: { breathMs?: number; full?: number; maxWaiting?: number } = {}) {
  const runs: Run[] = [];
  const group = createGroup<number, number>({
    run: (rows) =>
      new Promise((resolve) => runs.push({ rows, done: () => resolve(rows.map((row) => row * 10)) })),
    ...options,
  });
  const addAll = (rows: number[]) => rows.map((row) => group.add(row));
  const endLast = async () => {
    runs.at(-1)?.done();
    await jest.advanceTimersByTimeAsync(0);
  };
  return { group, addAll, endLast, sizes: () => runs.map(({ rows }) => rows.length) };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

test('each row gets its own result', async () => {
  const { addAll, endLast } = stage();
  const results = Promise.all(addAll([1, 2, 3]));
  await pass(0);
  await endLast();
  expect(await results).toEqual([10, 20, 30]);
});

test('what comes while a group is written goes together into the next', async () => {
  const { addAll, endLast, sizes } = stage();
  void addAll([1]);
  await pass(0);
  void addAll([2, 3, 4]);
  await pass(1_000);
  expect(sizes()).toEqual([1]);
  await endLast();
  expect(sizes()).toEqual([1, 3]);
});

test('who is alone is never kept waiting for others', async () => {
  const { addAll, endLast, sizes } = stage({ breathMs: 25 });
  for (const row of [1, 2, 3]) {
    void addAll([row]);
    await pass(0);
    await endLast();
  }
  expect(sizes()).toEqual([1, 1, 1]);
});

test('under load rows wait for each other until the breath is over', async () => {
  const { addAll, endLast, sizes } = stage({ breathMs: 25 });
  void addAll([1, 2]);
  await pass(0);
  await endLast();
  void addAll([3]);
  await pass(20);
  void addAll([4]);
  expect(sizes()).toEqual([2]);
  await pass(5);
  expect(sizes()).toEqual([2, 2]);
});

test('a full group does not wait', async () => {
  const { addAll, endLast, sizes } = stage({ breathMs: 25, full: 3 });
  void addAll([1, 2]);
  await pass(0);
  await endLast();
  void addAll([3, 4]);
  await pass(1);
  void addAll([5]);
  await pass(0);
  expect(sizes()).toEqual([2, 3]);
});

test('more rows than may wait are refused at once', async () => {
  const { addAll, group } = stage({ maxWaiting: 2 });
  void addAll([1, 2]);
  await expect(group.add(3)).rejects.toMatchObject({ code: 'store.busy' });
});

test('a row that waited too long is refused, not written late', async () => {
  const { addAll, endLast, group, sizes } = stage();
  void addAll([1]);
  await pass(0);
  const [second] = addAll([2]);
  const refusal = second?.catch((error: unknown) => error);
  await pass(1_500);
  await endLast();
  expect(await refusal).toMatchObject({ code: 'store.busy' });
  expect(sizes()).toEqual([1]);
  await group.drained();
});

test('a failed write fails its own rows only', async () => {
  let broken = true;
  const group = createGroup<number, number>({
    run: async (rows) => {
      if (broken) throw new Error('no primary');
      return rows;
    },
  });
  const failure = group.add(1).catch((error: unknown) => error);
  await pass(0);
  expect(await failure).toEqual(new Error('no primary'));
  broken = false;
  const second = group.add(2);
  await pass(0);
  expect(await second).toBe(2);
});

test('a clock that is set back by an hour keeps nobody waiting', async () => {
  const { addAll, endLast, sizes } = stage({ breathMs: 25 });
  void addAll([1, 2]);
  await pass(0);
  await endLast();
  jest.setSystemTime(Date.now() - 3_600_000);
  void addAll([3]);
  await pass(25);
  expect(sizes()).toEqual([2, 1]);
});
