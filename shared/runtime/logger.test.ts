import { AttacheError } from '../domain/errors';
import { hashAddress } from '../domain/hash-address';
import { createLogger, type LogFields, type LoggerOptions } from './logger';

function recorded(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({ now: () => Date.UTC(2026, 10, 22), write: (line) => lines.push(line), ...options });
  return { logger, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a line is one JSON object with severity, message, time and the given fields', () => {
  const { logger, entries } = recorded();
  logger.warning('quota is low', { mailboxId: 'mbx_1', attempt: 2, counts: { listed: 3 } });
  expect(entries()).toEqual([
    {
      severity: 'WARNING',
      message: 'quota is low',
      time: '2026-11-22T00:00:00.000Z',
      mailboxId: 'mbx_1',
      attempt: 2,
      counts: { listed: 3 },
    },
  ]);
});

test('lines below the threshold are not written', () => {
  const quiet = recorded({ severity: 'error' });
  quiet.logger.warning('x');
  quiet.logger.error('y');
  expect(quiet.entries().map(({ message }) => message)).toEqual(['y']);
  const usual = recorded();
  usual.logger.debug('x');
  expect(usual.lines).toEqual([]);
});

test('a child carries its fields and the trace into every line, and leaves the parent alone', () => {
  const { logger, entries } = recorded({ projectId: 'p1' });
  const child = logger.child({ requestId: 'r' }, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true });
  child.child({ callerId: 'c' }).info('x');
  logger.info('y');
  expect(entries()).toEqual([
    expect.objectContaining({
      requestId: 'r',
      callerId: 'c',
      'logging.googleapis.com/trace': `projects/p1/traces/${'a'.repeat(32)}`,
      'logging.googleapis.com/spanId': 'b'.repeat(16),
      'logging.googleapis.com/trace_sampled': true,
    }),
    expect.not.objectContaining({ requestId: 'r' }),
  ]);
});

test('fields outside the list are dropped at run time too', () => {
  const { logger, lines } = recorded();
  const smuggled = { body: 'canary', subject: 'canary', count: { nested: 'canary' }, counts: { a: 'canary' } };
  logger.info('x', smuggled as unknown as LogFields);
  logger.child(smuggled as unknown as LogFields).info('y');
  expect(lines.join()).not.toContain('canary');
});

test('addresses and tokens are scrubbed from every string', () => {
  const { logger, lines } = recorded();
  const thrown = new AttacheError('forbidden', 'ana@example.com is denied, Bearer canary', {
    cause: new Error('ya29.canary of ana@example.com'),
  });
  logger
    .child({ reason: 'for ana@example.com' })
    .error('ana@example.com', { mailboxId: 'ana@example.com', error: thrown });
  logger.error('x', { error: new Error('bug of ana@example.com with eyJhbGciOi.canary.canary') });
  expect(lines.join()).not.toMatch(/ana@|canary/);
  expect(lines[0]).toContain(hashAddress('ana@example.com'));
});

test('an error shows kind, code, message and cause, and no stack', () => {
  const { logger, entries } = recorded();
  const error = new AttacheError('unavailable', 'Gmail is away', { code: 'gmailDown', cause: new Error('ECONNRESET') });
  logger.warning('x', { error });
  expect(entries()[0]).toEqual(
    expect.objectContaining({
      error: { kind: 'unavailable', code: 'gmailDown', message: 'Gmail is away', cause: 'ECONNRESET' },
    }),
  );
  expect(entries()[0]).not.toHaveProperty('stack_trace');
});

test('a bug shows the stack of the place it was thrown, for Error Reporting', () => {
  const { logger, entries } = recorded();
  function placeOfTheBug(): Error {
    return new TypeError('x is not a function');
  }
  logger.error('x', { error: placeOfTheBug() });
  expect(entries()[0]).toMatchObject({
    '@type': expect.stringContaining('ReportedErrorEvent') as string,
    error: { kind: 'bug', message: 'x is not a function' },
    stack_trace: expect.stringContaining('placeOfTheBug') as string,
  });
});
