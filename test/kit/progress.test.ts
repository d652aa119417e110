import { showing } from '../../src/kit/progress';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('what takes long is told at once, and every five seconds again until it is over', async () => {
  const said: string[] = [];
  let end: (value: string) => void = () => {};
  const result = showing(
    '正在啟動 mongod',
    (line) => said.push(line),
    () =>
      new Promise<string>((resolve) => {
        end = resolve;
      }),
  );
  expect(said).toEqual(['正在啟動 mongod …']);
  jest.advanceTimersByTime(11_000);
  expect(said).toEqual(['正在啟動 mongod …', '正在啟動 mongod，5 秒了 …', '正在啟動 mongod，10 秒了 …']);
  end('done');
  expect(await result).toBe('done');
  jest.advanceTimersByTime(60_000);
  expect(said).toHaveLength(3);
});

test('what fails is told no longer', async () => {
  const said: string[] = [];
  const failing = showing(
    '正在啟動 mongod',
    (line) => said.push(line),
    () => Promise.reject(new Error('no room')),
  );
  await expect(failing).rejects.toThrow('no room');
  jest.advanceTimersByTime(60_000);
  expect(said).toHaveLength(1);
});
