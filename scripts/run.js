/* `node scripts/run.js NAME ARGS…`: sets up what is missing, then runs dist/scripts/NAME.js. */
'use strict';
const { codeOf, main, root, setup } = require('./setup');
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

main(async () => {
  const [name, ...args] = process.argv.slice(2);
  await setup();
  const script = join(root, `dist/scripts/${name}.js`);
  if (!existsSync(script)) throw new Error(`There is no scripts/${name}.ts.`);
  const given = args[0] === '--' ? args.slice(1) : args;
  const program = spawn(process.execPath, ['--enable-source-maps', script, ...given], { stdio: 'inherit' });
  // A Ctrl-C in the terminal reaches the script itself; we only wait for it to end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => program.kill('SIGTERM'));
  return await codeOf(program);
});
