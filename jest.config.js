const swc = [
  '@swc/jest',
  { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
];

/** Unit and domain tests, and stories through the simulator. Engines start once, in global set-up. */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/chaos/', '<rootDir>/test/browser/'],
  transform: {
    '^.+\\.ts$': swc,
    // The MongoDB driver (7.8) loads `os` with import(), which Jest's sandbox refuses: every connection would fail
    // with "Missing required sub-document 'driver'". Compiled, it is a require().
    '/mongodb/lib/runtime_adapters\\.js$': swc,
  },
  transformIgnorePatterns: ['/node_modules/(?!.*mongodb/lib/runtime_adapters\\.js$)'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // A loaded machine may be ten times slower; what really hangs is told in the end.
  testTimeout: 180_000,
  setupFiles: ['<rootDir>/test/support/patience.ts'],
  maxWorkers: 2,
};
