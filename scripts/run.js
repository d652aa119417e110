/* `node scripts/run.js NAME ARGS…`: sets up what is missing, then runs dist/scripts/NAME.js. */
'use strict';
const { codeOf, main, root, setup } = require('./setup');
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

main(async () => {
  const [name, ...args] = process.argv.slice(2);
  const lost = swallowed(name, args);
  if (lost.length > 0) {
    const flags = lost.map((flag) => `--${flag}`).join('、');
    console.error(
      `npm 把 ${flags} 收走了，請在前面加上 --：${['npm', 'run', name, '--', ...args, ...lost.map(asWritten)].join(' ')}`,
    );
    return 2;
  }
  const script = join(root, `dist/scripts/${name}.js`);
  // Stopping needs no new build, and what an operator has to do now does not wait for an author's mistake.
  const isBuilt = existsSync(script);
  if (name !== 'stop' || !isBuilt)
    await setup().catch((error) => {
      if (!isBuilt || name === 'handlers') throw error;
      console.error(`原始碼現在編譯不過（上面有原因），先用上一次編譯好的執行 ${name}。`);
    });
  if (!existsSync(script)) throw new Error(`There is no scripts/${name}.ts.`);
  const given = args[0] === '--' ? args.slice(1) : args;
  const program = spawn(process.execPath, ['--enable-source-maps', script, ...given], { stdio: 'inherit' });
  // A Ctrl-C in the terminal reaches the script itself; we only wait for it to end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => program.kill('SIGTERM'));
  return await codeOf(program);
});

/** Flags that scripts know. Without a `--` before them npm takes them for settings of its own, and a check would write. */
function swallowed(name, args) {
  const flags = {
    import: ['dry-run', 'force'],
    menu: ['force'],
    quiz: [
      ...['dry-run', 'now', 'by', 'reason', 'out', 'prize', 'sponsor', 'state', 'day', 'full', 'with-held'],
      ...['walk', 'players', 'group', 'correct'],
    ],
    purchases: ['dry-run', 'keep', 'take'],
    redeem: ['by', 'at'],
    survey: ['by', 'full'],
    push: ['by', 'to', 'reason', 'out', 'yes', 'watch', 'list'],
    sequence: ['by', 'let-go'],
    subscribers: ['remove', 'out', 'yes', 'by'],
    seed: ['subscribers'],
    segment: ['by', 'dry-run'],
    report: ['day', 'svg', 'csv'],
    replay: ['yes'],
    season: ['fans', 'days', 'seed'],
  };
  return (flags[name] ?? []).filter(
    (flag) => taken(flag) && !args.some((arg) => arg.split('=')[0] === `--${flag}`),
  );
}

function taken(flag) {
  const value = process.env[`npm_config_${flag.replace('-', '_')}`];
  return value && value !== 'false' ? value : undefined;
}

function asWritten(flag) {
  const value = taken(flag);
  return value === 'true' ? `--${flag}` : `--${flag} ${value}`;
}
