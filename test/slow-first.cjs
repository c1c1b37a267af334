/**
 * The order of the test files where jest has no times of an earlier run: it would begin with the largest files, and one
 * that is short and takes a minute would run last, on one core.
 */
const slowest = [
  'test/simulation/every-trouble',
  'test/integration/',
  'test/simulation/',
  '.emulated.',
  'test/console/',
  'test/tasks/',
  'test/oracle/',
  'test/terraform/',
  'test/meetings/',
  'shared/domain/message/',
];

module.exports = class SlowFirst {
  sort(tests) {
    const rank = ({ path }) => {
      const index = slowest.findIndex((part) => path.includes(part));
      return index < 0 ? slowest.length : index;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
};
