/** The direction of imports (ARCHITECTURE.md): functions → shared/platform → runtime | google | zoom | store → domain. */
const tests = '\\.test\\.ts$';
const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: tests, ...from },
  to,
});

module.exports = {
  forbidden: [
    forbid('no-cycles', 'Two modules that need each other are one module, or lack a third.', {}, { circular: true }),
    forbid(
      'functions-stand-alone',
      'A function that imports another cannot be deployed or read alone: a use case moves to shared/domain with its second caller.',
      { path: '^functions/([^/]+)/' },
      { path: '^functions/([^/]+)/', pathNot: '^functions/$1/' },
    ),
    forbid(
      'domain-is-pure',
      'The domain knows no clock, environment, store or SDK: that is what makes it testable by the million.',
      { path: '^shared/domain/' },
      { path: '^(functions|shared/(platform|runtime|google|zoom|store))/' },
    ),
    forbid(
      'sides-do-not-meet',
      'runtime, google, zoom and store know the domain only; shared/platform is where they are put together.',
      { path: '^shared/(runtime|google|zoom|store)/' },
      { path: '^(functions|shared/(platform|runtime|google|zoom|store))/', pathNot: '^shared/$1/' },
    ),
    forbid(
      'platform-serves-functions',
      'Composition knows no function.',
      { path: '^shared/platform/' },
      { path: '^functions/' },
    ),
    forbid(
      'product-does-not-know-its-tests',
      'What is deployed must not reach into tests, scripts or benchmarks.',
      { path: '^(functions|shared)/' },
      { path: '^(test|scripts|benchmarks)/' },
    ),
    forbid(
      'console-takes-types-only',
      'What a function runs is not for a browser: of it the console knows types, and plain values of the domain.',
      { path: '^console/' },
      {
        path: '^(functions|scripts|test|shared/(platform|runtime|google|zoom|store))/|^node_modules/',
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'google-clients-behind-adapters',
      'Only shared/google and the adapters in shared/store import Google’s clients, so that every call has one place that translates its errors.',
      { path: '^(functions|shared/(domain|platform|runtime))/' },
      { path: 'node_modules/(googleapis|google-auth-library|@google-cloud/(firestore|pubsub))/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
