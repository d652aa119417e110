import { parseArgs } from 'node:util';
import { runCommand } from '../../scripts/command-line';

const { argv } = process;
afterEach(() => {
  process.argv = argv;
  process.exitCode = 0;
});

test.each([
  [['by-hand', '2026-11-20', '-1'], '沒有「-1」這個選項。'],
  [['--colour'], '沒有「--colour」這個選項。'],
  [['--to'], '--to 後面要寫人。'],
  [['--yes=3'], '--yes 後面不用寫什麼。'],
])('what is wrong with %j stands below the usage', async (args, told) => {
  const said = jest.spyOn(console, 'error').mockImplementation(() => {});
  process.argv = ['node', 'push', ...args];
  const options = { to: { type: 'string' }, yes: { type: 'boolean' } } as const;
  const main = async (given: string[]) => {
    parseArgs({ args: given, options, allowPositionals: true });
    return 0;
  };
  await runCommand(main, () => '用法');
  expect(said.mock.calls.flat()).toEqual(['用法', told]);
  expect(process.exitCode).toBe(2);
  said.mockRestore();
});
