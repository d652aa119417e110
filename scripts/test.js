/*
 * `npm test`: sets up what is missing, then runs Jest, whose global set-up fetches and starts the engines.
 * What stands behind `--` goes to Jest: `npm test -- test/store`.
 */
'use strict';
const { codeOf, main, root, setup } = require('./setup');
const { spawn } = require('node:child_process');
const { join } = require('node:path');

main(async () => {
  await setup({ compile: false });
  const args = process.argv.slice(2).filter((arg, i) => i > 0 || arg !== '--');
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const program = spawn(process.execPath, [jest, ...args], { cwd: root, stdio: 'inherit' });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => program.kill('SIGTERM'));
  return await codeOf(program);
});
