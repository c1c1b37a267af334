import { AttacheError, type ErrorKind } from '../domain/errors';
import { listen } from './listen';
import { createLogger } from './logger';
import { type JobContext, serveJob } from './serve-job';

const lines: Record<string, unknown>[] = [];
const calls: Pick<JobContext, 'path' | 'body'>[] = [];
let handle: () => Readonly<Record<string, number>>;
let authorized: boolean;
let server: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  server = await listen(
    serveJob({
      authorize: async () => {
        if (!authorized) throw new AttacheError('unauthorized', 'no', { code: 'invalidCredentials' });
      },
      logger: createLogger({ now: () => 0, write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) }),
      now: () => 0,
      handle: async ({ path, body }) => {
        calls.push({ path, body });
        return handle();
      },
    }),
  );
});
afterAll(() => server.close());
beforeEach(() => {
  lines.length = 0;
  calls.length = 0;
  authorized = true;
  handle = () => ({ renewed: 3 });
});

test('a job answers with its counts and logs them', async () => {
  const response = await fetch(`${server.url}/renew`, { method: 'POST' });
  expect([response.status, await response.json()]).toEqual([200, { renewed: 3 }]);
  expect(calls).toEqual([{ path: '/renew', body: undefined }]);
  expect(lines).toEqual([expect.objectContaining({ severity: 'INFO', job: '/renew', counts: { renewed: 3 } })]);
});

test('a body is read as JSON, whatever type the scheduler gives it', async () => {
  const headers = { 'content-type': 'application/octet-stream' };
  await fetch(server.url, { method: 'POST', body: '{"only":"failed"}', headers });
  expect(calls).toEqual([{ path: '/', body: { only: 'failed' } }]);
});

test.each<[ErrorKind, number, string]>([
  ['unavailable', 503, 'WARNING'],
  ['rateLimited', 503, 'WARNING'],
  ['preconditionFailed', 503, 'WARNING'],
  ['bug', 500, 'ERROR'],
  ['forbidden', 500, 'ERROR'],
  ['notFound', 500, 'ERROR'],
  ['invalid', 500, 'ERROR'],
])('%s is answered with %i, so that the scheduler tries again', async (kind, status, severity) => {
  handle = () => {
    throw new AttacheError(kind, 'canary');
  };
  const response = await fetch(server.url, { method: 'POST' });
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain('canary');
  expect(lines).toEqual([expect.objectContaining({ severity, error: expect.objectContaining({ kind }) as unknown })]);
});

test('only POST starts a job, and only the scheduler may', async () => {
  const refused = await fetch(server.url);
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
  authorized = false;
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(401);
  expect(calls).toEqual([]);
});
