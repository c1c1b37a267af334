import { randomBytes } from 'node:crypto';
import { AttacheError } from '../../shared/domain/errors';
import type { DocumentStore } from '../../shared/domain/ports';
import { clock, random } from '../../shared/runtime/system';
import { createEnvelopeCipher } from '../../shared/store/envelope-cipher';
import { createLocalKeyWrap } from '../../shared/store/local-key-wrap';
import { createOAuthTokenStore, tokenPath } from '../../shared/store/oauth-token-store';

const account = 'ann@example.com';

/** What of the token store depends on how a document store keeps its promises, with time as it is. */
export function describeOAuthTokenStore(title: string, createStore: () => DocumentStore): void {
  describe(title, () => {
    const keys = createLocalKeyWrap([{ id: 'k', key: randomBytes(32) }]);

    test('of many instances one renews, and none is left with a token that was replaced', async () => {
      const store = createStore();
      const id = `con_${randomBytes(8).toString('hex')}`;
      const instance = () => createOAuthTokenStore({ store, cipher: createEnvelopeCipher(keys, clock), clock, random });
      const expired = { accessToken: 'access-0', expiresAtMs: clock.now(), refreshToken: 'refresh-0', scopes: ['a'] };
      await store.commit([(await instance().seal(id, account, expired))(undefined)]);

      const exchanges: string[] = [];
      let valid = 'refresh-0';
      const renew = async (refreshToken: string) => {
        exchanges.push(refreshToken);
        if (refreshToken !== valid) throw new AttacheError('unauthorized', 'Replaced.', { code: 'invalidGrant' });
        valid = `refresh-${exchanges.length}`;
        await clock.sleep(200);
        return {
          accessToken: `access-${exchanges.length}`,
          expiresAtMs: clock.now() + 3_600_000,
          refreshToken: valid,
          scopes: ['a'],
        };
      };
      const answers = await Promise.all(Array.from({ length: 8 }, () => instance().get({ id, account, renew })));
      expect(answers.map(({ accessToken }) => accessToken)).toEqual(answers.map(() => 'access-1'));
      expect(exchanges).toEqual(['refresh-0']);
      expect(await instance().openRefreshToken(id)).toBe('refresh-1');
      expect(JSON.stringify(await store.get(tokenPath(id)))).not.toMatch(/refresh-\d|access-\d/);
    });
  });
}
