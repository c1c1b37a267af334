/** Two projects: `unit` needs nothing but Node; `emulated` uses Google's emulators where they are and says so where not. */
const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.(ts|m?js)$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  transformIgnorePatterns: [
    '/node_modules/(?!(p-map|postal-mime|htmlparser2|entities|domhandler|domutils|domelementtype|dom-serializer)/)',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/terraform/'],
};

module.exports = {
  // One of the cores would be left idle for a watcher that is not there.
  maxWorkers: '100%',
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/slow-first.cjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{functions,shared,scripts,benchmarks,test,console}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.emulated\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'emulated',
      testMatch: ['<rootDir>/test/**/*.emulated.test.ts'],
      globalSetup: '<rootDir>/test/emulators/global-setup.ts',
      globalTeardown: '<rootDir>/test/emulators/global-teardown.ts',
    },
  ],
};
