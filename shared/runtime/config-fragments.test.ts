import { composeConfig, describeConfig, loadConfig } from './config';
import { agents, delegation, googleEndpoints, project, push, scheduler } from './config-fragments';
import { isAttacheError } from '../domain/errors';

const everything = composeConfig(googleEndpoints, project, delegation, agents, push, scheduler);
const complete = {
  GOOGLE_CLOUD_PROJECT: 'p',
  GMAIL_DELEGATED_SERVICE_ACCOUNT: 'gmail@p.iam.gserviceaccount.com',
  ALLOWED_DOMAINS: 'Example.com, example.org',
  AGENTS: '{"writer":{"capabilities":["messages.read"]}}',
  PUSH_SERVICE_ACCOUNT: 'push@p.iam.gserviceaccount.com',
  PUSH_AUDIENCE: 'https://gmail-sync',
  SCHEDULER_SERVICE_ACCOUNT: 'scheduler@p.iam.gserviceaccount.com',
  SCHEDULER_AUDIENCE: 'https://sweep',
};

function offendingKeys(changes: Record<string, string>): string[] {
  try {
    loadConfig(everything, { ...complete, ...changes });
    return [];
  } catch (error) {
    if (!isAttacheError(error, 'invalid')) throw error;
    return error.errors.map(({ path }) => path);
  }
}

test('a complete environment has Google’s own endpoints and nothing granted by default', () => {
  const config = loadConfig(everything, complete);
  expect(config).toMatchObject({
    GMAIL_API_URL: 'https://gmail.googleapis.com/',
    FIRESTORE_DATABASE: '(default)',
    TOKEN_SOURCE: 'keyless',
    ALLOWED_DOMAINS: ['example.com', 'example.org'],
    DENIED_USERS: [],
    ID_TOKEN_AUDIENCES: [],
    PUSH_AUTHENTICATION: 'oidc',
  });
  expect(config.AGENTS.writer?.mailboxes).toEqual([]);
});

test.each([
  [{ GMAIL_DELEGATED_SERVICE_ACCOUNT: '' }, ['GMAIL_DELEGATED_SERVICE_ACCOUNT']],
  [{ TOKEN_SOURCE: 'keyFile' }, ['SERVICE_ACCOUNT_KEY_FILE']],
  [{ TOKEN_SOURCE: 'static' }, ['STATIC_ACCESS_TOKEN']],
  [{ TOKEN_SOURCE: 'static', STATIC_ACCESS_TOKEN: 'x', K_SERVICE: 's' }, ['TOKEN_SOURCE']],
  [{ ALLOWED_DOMAINS: '' }, ['ALLOWED_DOMAINS']],
  [{ AGENTS: '{"a":{"capabilities":[],"emails":["a@b.cc"]}}' }, ['ID_TOKEN_AUDIENCES']],
  [{ PUSH_SERVICE_ACCOUNT: '', PUSH_AUDIENCE: '' }, ['PUSH_SERVICE_ACCOUNT', 'PUSH_AUDIENCE']],
  [{ SCHEDULER_SERVICE_ACCOUNT: '', SCHEDULER_AUDIENCE: '' }, ['SCHEDULER_SERVICE_ACCOUNT', 'SCHEDULER_AUDIENCE']],
  [
    { PUSH_AUTHENTICATION: 'none', SCHEDULER_AUTHENTICATION: 'none', K_SERVICE: 'gmail-sync' },
    ['PUSH_AUTHENTICATION', 'SCHEDULER_AUTHENTICATION'],
  ],
  [{ PUSH_AUTHENTICATION: 'none', PUSH_SERVICE_ACCOUNT: '', PUSH_AUDIENCE: '' }, []],
  [{ GMAIL_API_URL: 'gopher://x', AGENTS: '[]', PUSH_AUDIENCE: '' }, ['GMAIL_API_URL', 'AGENTS', 'PUSH_AUDIENCE']],
])('%j names %j', (changes, keys) => {
  expect(offendingKeys(changes)).toEqual(keys);
});

test('every key says what it means', () => {
  const rows = describeConfig({ all: everything }).split('\n');
  expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([]);
  expect(rows).toHaveLength(Object.keys(everything.shape).length);
});
