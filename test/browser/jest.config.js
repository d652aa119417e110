const common = require('../../jest.config.js');

/**
 * The pages in a real browser: `npm run browser`. Not part of `npm test`, because it needs a Chromium
 * (`CHROMIUM_BIN`, else /usr/bin/chromium). No engine is started: an account of three lines stands behind the page.
 */
const { globalSetup: _setUp, globalTeardown: _tearDown, ...rest } = common;
module.exports = {
  ...rest,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
