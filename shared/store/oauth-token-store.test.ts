import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { TestClock } from '../../test/mail-fixture';
import { AttacheError } from '../domain/errors';
import type { GrantedTokens } from '../domain/oauth';
import type { DocumentStore, Write } from '../domain/ports';
import { createEnvelopeCipher } from './envelope-cipher';
import { createLocalKeyWrap } from './local-key-wrap';
import { createMemoryStore } from './memory';
import { createOAuthTokenStore, tokenPath, type OAuthTokenStore, type TokenRequest } from './oauth-token-store';

const id = 'con_1';
const account = 'ann@example.com';
const hourMs = 3_600_000;

/** One store, as many instances as wanted over it, and an authorization server that rotates its refresh tokens. */
function createWorld() {
  const clock = new TestClock();
  const memory = createMemoryStore(clock);
  const keys = createLocalKeyWrap([{ id: 'k', key: randomBytes(32) }]);
  let failNextCommits: ((writes: readonly Write[]) => 'before' | 'after' | undefined) | undefined;
  const store: DocumentStore = {
    ...memory,
    async commit(writes) {
      const failure = failNextCommits?.(writes);
      const outage = new AttacheError('unavailable', 'Nobody knows.');
      if (failure === 'before') throw outage;
      const written = await memory.commit(writes);
      if (failure === 'after') throw outage;
      return written;
    },
  };
  const exchanges: string[] = [];
  const refusals: string[] = [];
  let valid = 'refresh-0';
  let whileRenewing: () => unknown = () => undefined;

  const renew = async (refreshToken: string): Promise<GrantedTokens> => {
    exchanges.push(refreshToken);
    const number = exchanges.length;
    await whileRenewing();
    if (refreshToken !== valid) throw new AttacheError('unauthorized', 'No.', { code: 'invalidGrant' });
    valid = `refresh-${number}`;
    return { accessToken: `access-${number}`, expiresAtMs: clock.now() + hourMs, refreshToken: valid, scopes: ['a'] };
  };
  const instance = () => {
    const cipher = createEnvelopeCipher(keys, clock);
    return createOAuthTokenStore({ store, cipher, clock, random: { next: () => 0.5 } });
  };
  const consent = async (tokens: Partial<GrantedTokens> = {}, whose = account) => {
    const granted = {
      accessToken: 'access-0',
      expiresAtMs: clock.now() + hourMs,
      refreshToken: 'refresh-0',
      scopes: ['a'],
    };
    const write = await instance().seal(id, whose, { ...granted, ...tokens });
    await memory.commit([write(await memory.get(tokenPath(id)))]);
  };
  return {
    clock,
    store: memory,
    exchanges,
    refusals,
    renew,
    instance,
    consent,
    passTime: (ms: number) => void (clock.nowMs += ms),
    takeBackConsent: () => void (valid = 'none'),
    whileRenewing: (work: () => unknown) => void (whileRenewing = work),
    failCommits: (decide: typeof failNextCommits) => void (failNextCommits = decide),
    get: async (tokens: OAuthTokenStore, changes: Partial<TokenRequest> = {}) => {
      const onRefused = async (code: string) => void refusals.push(code);
      return (await tokens.get({ id, account, renew, onRefused, ...changes })).accessToken;
    },
  };
}

let world: ReturnType<typeof createWorld>;
beforeEach(() => void (world = createWorld()));

test('a token lives until five minutes before it expires, for every instance, and is then renewed', async () => {
  await world.consent();
  world.passTime(hourMs - 300_001);
  expect(await world.get(world.instance())).toBe('access-0');
  world.passTime(1);
  expect(await world.get(world.instance())).toBe('access-1');
  expect(await world.get(world.instance())).toBe('access-1');
  expect(world.exchanges).toEqual(['refresh-0']);
});

test('rotated refresh tokens are kept, sealed, and used the next time', async () => {
  await world.consent();
  for (let hour = 1; hour <= 3; hour++) {
    world.passTime(hourMs);
    expect(await world.get(world.instance())).toBe(`access-${hour}`);
  }
  expect(world.exchanges).toEqual(['refresh-0', 'refresh-1', 'refresh-2']);
  expect(JSON.stringify(await world.store.get(tokenPath(id)))).not.toMatch(/access-\d|refresh-\d/);
});

test('callers of one instance share one exchange', async () => {
  await world.consent();
  world.passTime(hourMs);
  const tokens = world.instance();
  expect(await Promise.all([1, 2, 3].map(() => world.get(tokens)))).toEqual(['access-1', 'access-1', 'access-1']);
  expect(world.exchanges).toHaveLength(1);
});

test('of two instances one renews and the other waits for it', async () => {
  await world.consent();
  world.passTime(hourMs);
  const others = () => new Promise((resolve) => setImmediate(resolve));
  world.clock.whileAsleep = others;
  let second: Promise<string> | undefined;
  world.whileRenewing(async () => {
    second ??= world.get(world.instance());
    await others();
  });
  expect(await world.get(world.instance())).toBe('access-1');
  expect(await second).toBe('access-1');
  expect(world.exchanges).toHaveLength(1);
});

test('while another instance renews, the old token goes on as long as it lives', async () => {
  await world.consent();
  world.passTime(hourMs - 200_000);
  let meanwhile: string | undefined;
  world.whileRenewing(async () => void (meanwhile ??= await world.get(world.instance())));
  expect(await world.get(world.instance())).toBe('access-1');
  expect(meanwhile).toBe('access-0');
});

test('an instance that died while renewing is waited for no longer than its lease', async () => {
  await world.consent();
  world.passTime(hourMs);
  world.whileRenewing(() => new Promise(() => undefined));
  void world.get(world.instance());
  await new Promise((resolve) => setTimeout(resolve, 20));
  world.whileRenewing(() => undefined);
  expect(await world.get(world.instance())).toBe('access-2');
  expect(world.clock.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(31_000);
});

test('a token that was refused is replaced although it has not expired', async () => {
  await world.consent();
  expect(await world.get(world.instance(), { refused: 'access-0' })).toBe('access-1');
  expect(await world.get(world.instance(), { refused: 'access-0' })).toBe('access-1');
  expect(world.exchanges).toHaveLength(1);
});

test('a consent that was taken back is asked about once, by all instances together', async () => {
  await world.consent();
  world.passTime(hourMs);
  world.takeBackConsent();
  const gone = expect.objectContaining({ kind: 'unauthorized', code: 'invalidGrant' }) as Error;
  const both = [world.instance(), world.instance()].map((tokens) => expect(world.get(tokens)).rejects.toThrow(gone));
  await Promise.all(both);
  await expect(world.get(world.instance())).rejects.toThrow(gone);
  expect(world.exchanges).toHaveLength(1);
  expect(new Set(world.refusals)).toEqual(new Set(['invalidGrant']));
});

test('a refusal whose first witness crashed before telling is told by the next one', async () => {
  await world.consent();
  world.passTime(hourMs);
  world.takeBackConsent();
  const onRefused = () => Promise.reject(new Error('crash'));
  await expect(world.get(world.instance(), { onRefused })).rejects.toThrow('crash');
  await expect(world.get(world.instance())).rejects.toMatchObject({ code: 'invalidGrant' });
  expect(world.refusals).toEqual(['invalidGrant']);
});

test.each(['unavailable', 'rateLimited'] as const)(
  '%s passes while the old token lives, and is no refusal',
  async (kind) => {
    await world.consent();
    const renew = () => Promise.reject(new AttacheError(kind, 'Later.'));
    world.passTime(hourMs - 200_000);
    expect(await world.get(world.instance(), { renew })).toBe('access-0');
    world.passTime(200_000);
    await expect(world.get(world.instance(), { renew })).rejects.toMatchObject({ kind });
    expect(world.refusals).toEqual([]);
    expect(await world.get(world.instance())).toBe('access-1');
  },
);

test('a wrong secret of the OAuth app costs nobody the consent', async () => {
  await world.consent();
  world.passTime(hourMs);
  const renew = () => Promise.reject(new AttacheError('forbidden', 'No.', { code: 'oauthAppRefused' }));
  await expect(world.get(world.instance(), { renew })).rejects.toMatchObject({ code: 'oauthAppRefused' });
  expect(await world.get(world.instance())).toBe('access-1');
});

test.each(['before', 'after'] as const)(
  'a rotated token is written down although the commit failed %s its effect',
  async (when) => {
    await world.consent();
    world.passTime(hourMs);
    let failures = 1;
    world.failCommits(([write]) =>
      'data' in write! && 'refreshToken' in write.data && failures-- > 0 ? when : undefined,
    );
    expect(await world.get(world.instance())).toBe('access-1');
    world.passTime(hourMs);
    expect(await world.get(world.instance())).toBe('access-2');
    expect(world.exchanges).toEqual(['refresh-0', 'refresh-1']);
  },
);

test('a consent that comes while an old token is renewed wins', async () => {
  await world.consent();
  world.passTime(hourMs);
  world.whileRenewing(() => world.consent({ accessToken: 'newer', refreshToken: 'newer-refresh' }));
  expect(await world.get(world.instance())).toBe('newer');
  expect(await world.instance().openRefreshToken(id)).toBe('newer-refresh');
});

test('a consent that comes while the old token is refused wins, and nobody is told of the refusal', async () => {
  await world.consent();
  world.passTime(hourMs);
  world.whileRenewing(async () => {
    world.takeBackConsent();
    await world.consent({ accessToken: 'newer', refreshToken: 'newer-refresh' });
  });
  expect(await world.get(world.instance())).toBe('newer');
  expect(world.refusals).toEqual([]);
});

test('a rotated token that comes after the lease has run out is kept', async () => {
  await world.consent();
  world.passTime(hourMs);
  const slowly = async (refreshToken: string) => {
    const granted = await world.renew(refreshToken);
    world.passTime(30_000);
    await expect(world.get(world.instance())).rejects.toMatchObject({ code: 'invalidGrant' });
    return granted;
  };
  expect(await world.get(world.instance(), { renew: slowly })).toBe('access-1');
  world.passTime(hourMs);
  expect(await world.get(world.instance())).toBe('access-3');
  expect(world.exchanges).toEqual(['refresh-0', 'refresh-0', 'refresh-1']);
});

test('the refresh token outlives a consent that brought none, of the same account only', async () => {
  await world.consent();
  await world.consent({ accessToken: 'second', refreshToken: undefined });
  expect(await world.instance().openRefreshToken(id)).toBe('refresh-0');
  await world.consent({ refreshToken: undefined }, 'eve@example.com');
  expect(await world.instance().openRefreshToken(id)).toBeUndefined();
});

test('without a refresh token the end of the access token is the end of the consent', async () => {
  await world.consent({ refreshToken: undefined });
  expect(await world.get(world.instance())).toBe('access-0');
  world.passTime(hourMs);
  await expect(world.get(world.instance())).rejects.toMatchObject({ kind: 'unauthorized', code: 'noRefreshToken' });
  expect(world.refusals).toEqual(['noRefreshToken']);
});

test('tokens of one account are not handed out for another, nor where there are none', async () => {
  const notConnected = { kind: 'unauthorized', code: 'notConnected' };
  await expect(world.get(world.instance())).rejects.toMatchObject(notConnected);
  await world.consent();
  await expect(world.get(world.instance(), { account: 'eve@example.com' })).rejects.toMatchObject(notConnected);
});

test.each([
  ['in the clear', async () => 'refresh-0'],
  ['of another field', async () => (await world.store.get(tokenPath(id)))?.data.accessToken],
  [
    'of another connection',
    async () => {
      const write = await world.instance().seal('con_2', account, {
        accessToken: 'a',
        expiresAtMs: 0,
        refreshToken: 'refresh-of-two',
        scopes: [],
      });
      const made = write(undefined);
      return 'data' in made ? made.data.refreshToken : undefined;
    },
  ],
])('a refresh token %s is not sent anywhere, and nobody has to consent again for it', async (_, planted) => {
  await world.consent();
  await world.store.commit([
    { op: 'update', path: tokenPath(id), data: { refreshToken: z.string().parse(await planted()) } },
  ]);
  world.passTime(hourMs);
  await expect(world.get(world.instance())).rejects.toMatchObject({ kind: 'bug', code: 'unreadableSecret' });
  expect(world.exchanges).toEqual([]);
  expect(world.refusals).toEqual([]);
});
