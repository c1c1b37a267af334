/** Who is signed in: an ID token, or in development an API key. It ends with the browser's tab. */
export interface Session {
  token(): string | undefined;
  start(token: string): void;
  end(): void;
}

const key = 'attache.token';

export function createSession(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): Session {
  return {
    token: () => storage.getItem(key) ?? undefined,
    start: (token) => storage.setItem(key, token),
    end: () => storage.removeItem(key),
  };
}
