const common = require('../../jest.config.js');

/**
 * The pages in a real browser: `npm run browser`. Not part of `npm test`, because it needs a Chromium
 * (`CHROMIUM_BIN`, else /usr/bin/chromium).
 */
module.exports = {
  ...common,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
