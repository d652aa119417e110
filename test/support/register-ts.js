/* `node -r ./test/support/register-ts.js FILE.ts`: runs our TypeScript as it lies there, for programs that tests start. */
'use strict';
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    sourceMaps: 'inline',
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  // oxlint-disable-next-line eslint/no-underscore-dangle -- Node's own name for it
  module._compile(code, filename);
};
