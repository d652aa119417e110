const { setupFiles: _patience, ...common } = require('../../jest.config.js');

/**
 * Everything at its full size, with real processes and SIGKILL: `npm run chaos`, or `npm run chaos -- NAME` for one of
 * them. Not part of `npm test`, which has a small one of each. With the bounds of production: it wants a quiet machine.
 */
module.exports = {
  ...common,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/chaos/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
