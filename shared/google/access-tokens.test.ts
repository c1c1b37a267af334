import type { AccessToken } from '../domain/ports';
import { createAccessTokens, type AccessTokensOptions } from './access-tokens';

const scopes = ['https://www.googleapis.com/auth/gmail.readonly'];
const ann = 'ann@example.com';

/** A source that numbers its tokens, each good for an hour, and a clock that a test moves. */
function setUp(options: Partial<AccessTokensOptions> = {}) {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const asked: { subject: string; scopes: readonly string[] }[] = [];
  const tokens = createAccessTokens({
    clock,
    allowedDomains: ['example.com'],
    deniedUsers: [],
    source: async (subject, scopesAskedFor) => {
      asked.push({ subject, scopes: scopesAskedFor });
      return { subject, token: `token-${asked.length}`, expiresAtMs: clock.nowMs + 3_600_000 };
    },
    ...options,
  });
  return { tokens, clock, asked };
}

/** A source whose exchanges end when the test says so. */
function heldSource() {
  const exchanges: { resolve: (token: AccessToken) => void; reject: (error: Error) => void }[] = [];
  const source = () =>
    new Promise<AccessToken>((resolve, reject) => {
      exchanges.push({ resolve, reject });
    });
  return { source, exchanges };
}

const tokenOf = (subject: string, token: string): AccessToken => ({ subject, token, expiresAtMs: 1e15 });

it('keeps a token until 30 seconds before it expires', async () => {
  const { tokens, clock } = setUp();
  expect((await tokens.get(ann, scopes)).token).toBe('token-1');
  clock.nowMs += 3_600_000 - 30_001;
  expect((await tokens.get(ann, scopes)).token).toBe('token-1');
  clock.nowMs += 1;
  expect((await tokens.get(ann, scopes)).token).toBe('token-2');
});

it('keeps tokens apart by subject and by scopes, whatever the order of scopes and the case of the subject', async () => {
  const { tokens, asked } = setUp();
  await tokens.get(ann, ['a', 'b']);
  await tokens.get('Ann@Example.COM', ['b', 'a']);
  expect(asked).toEqual([{ subject: ann, scopes: ['a', 'b'] }]);
  await tokens.get(ann, ['a']);
  await tokens.get('bob@example.com', ['a', 'b']);
  expect(asked).toHaveLength(3);
});

it('shares one exchange among those who want the same token', async () => {
  const { source, exchanges } = heldSource();
  const { tokens } = setUp({ source });
  const both = Promise.all([tokens.get(ann, scopes), tokens.get(ann, scopes)]);
  expect(exchanges).toHaveLength(1);
  exchanges[0]?.resolve(tokenOf(ann, 'shared'));
  expect((await both).map(({ token }) => token)).toEqual(['shared', 'shared']);
});

it('shares a failure but does not keep it', async () => {
  const { source, exchanges } = heldSource();
  const { tokens } = setUp({ source });
  const both = Promise.allSettled([tokens.get(ann, scopes), tokens.get(ann, scopes)]);
  exchanges[0]?.reject(new Error('no token'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);

  const again = tokens.get(ann, scopes);
  exchanges[1]?.resolve(tokenOf(ann, 'second'));
  expect((await again).token).toBe('second');
});

it('asks anew after an invalidation', async () => {
  const { tokens } = setUp();
  await tokens.get(ann, scopes);
  tokens.invalidate('ANN@example.com', scopes);
  expect((await tokens.get(ann, scopes)).token).toBe('token-2');
});

it('never takes up what was on its way when it was invalidated', async () => {
  const { source, exchanges } = heldSource();
  const { tokens } = setUp({ source });
  const early = tokens.get(ann, scopes);
  tokens.invalidate(ann, scopes);
  const late = tokens.get(ann, scopes);
  expect(exchanges).toHaveLength(2);

  exchanges[1]?.resolve(tokenOf(ann, 'new'));
  expect((await late).token).toBe('new');
  exchanges[0]?.resolve(tokenOf(ann, 'old'));
  await early;
  expect((await tokens.get(ann, scopes)).token).toBe('new');
});

it('drops the least recently used token when there are too many', async () => {
  const { tokens, asked } = setUp({ maxEntries: 2 });
  await tokens.get(ann, scopes);
  await tokens.get('bob@example.com', scopes);
  await tokens.get(ann, scopes);
  await tokens.get('cid@example.com', scopes);
  expect(asked).toHaveLength(3);
  await tokens.get(ann, scopes);
  expect(asked).toHaveLength(3);
  await tokens.get('bob@example.com', scopes);
  expect(asked).toHaveLength(4);
});

describe('who may be acted for', () => {
  it.each([
    ['eve@elsewhere.org', 'domainNotAllowed'],
    ['eve@sub.example.com', 'domainNotAllowed'],
    ['eve@notexample.com', 'domainNotAllowed'],
    ['eve@example.com@elsewhere.org', 'domainNotAllowed'],
    ['example.com', 'domainNotAllowed'],
    ['@example.com', 'domainNotAllowed'],
    ['', 'domainNotAllowed'],
    ['admin@example.com', 'userDenied'],
    ['ADMIN@Example.com', 'userDenied'],
  ])('%j is refused with %s before any token is asked for', async (subject, code) => {
    const { tokens, asked } = setUp({ deniedUsers: ['Admin@example.com'] });
    await expect(tokens.get(subject, scopes)).rejects.toMatchObject({ kind: 'forbidden', code });
    expect(asked).toEqual([]);
  });

  it('is nobody while no domain is allowed', async () => {
    const { tokens } = setUp({ allowedDomains: [] });
    await expect(tokens.get(ann, scopes)).rejects.toMatchObject({ code: 'domainNotAllowed' });
  });

  it('includes users of a domain that was written in capitals', async () => {
    const { tokens } = setUp({ allowedDomains: ['Example.COM'] });
    await expect(tokens.get(ann, scopes)).resolves.toMatchObject({ subject: ann });
  });

  it('is compared with the user that the source answered for', async () => {
    const { tokens } = setUp({ source: async () => tokenOf('bob@example.com', 'of bob') });
    await expect(tokens.get(ann, scopes)).rejects.toMatchObject({ kind: 'bug', code: 'wrongSubject' });
  });
});
