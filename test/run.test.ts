import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { options } from '../scripts/quiz/command';
import { root } from '../src/kit/root';

const run = (args: string[], env: Record<string, string>) =>
  spawnSync(process.execPath, [join(root, 'scripts/run.js'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });

test('a flag that npm kept for itself is asked for again, and nothing runs', () => {
  const checked = run(['import', 'hotels', 'f.csv'], { npm_config_dry_run: 'true' });
  expect(checked.status).toBe(2);
  expect(checked.stderr).toBe(
    'npm 把 --dry-run 收走了，請在前面加上 --：npm run import -- hotels f.csv --dry-run\n',
  );
  const ended = run(['quiz', 'end', 'x'], { npm_config_reason: '獎品送完' });
  expect(ended.stderr).toContain('npm run quiz -- end x --reason 獎品送完');
});

test.each(Object.keys(options))('npm run quiz: --%s is missed too', (flag) => {
  const asked = run(['quiz', 'status'], { [`npm_config_${flag.replace('-', '_')}`]: 'x' });
  expect(asked.stderr).toContain(`npm run quiz -- status --${flag} x`);
});
