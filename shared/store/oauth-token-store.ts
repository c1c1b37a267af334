import * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';
import type { GrantedTokens } from '../domain/oauth';
import type { Clock, DocumentSnapshot, DocumentStore, Random, Write } from '../domain/ports';
import type { TokenCipher } from '../domain/token-cipher';

export interface StoredToken {
  readonly accessToken: string;
  readonly expiresAtMs: number;
  readonly scopes: readonly string[];
}

export interface TokenRequest {
  /** Id of the document: that of the connection. */
  readonly id: string;
  /** Whose tokens they must be; those of another account are not handed out. */
  readonly account: string;
  /** Exchanges the refresh token. Errors: `unauthorized` with code `invalidGrant` when it is of no use any more. */
  readonly renew: (refreshToken: string) => Promise<GrantedTokens>;
  /** An access token that was refused although it should have been good: another one is wanted. */
  readonly refused?: string | undefined;
  /**
   * Told about the refusal of the refresh token by everybody who meets it, so that a crash of the first one is made good:
   * has to be idempotent. `guard` changes nothing, and goes into the commit that notes the refusal: it fails with
   * `preconditionFailed` where the tokens are others by then.
   */
  readonly onRefused?: ((code: string, guard: Write) => Promise<void>) | undefined;
}

/**
 * Tokens of users who gave consent, sealed, one document per connection. Access tokens are renewed five minutes before they
 * expire, by one caller at a time: a lease in the document keeps other instances off, which matters where refresh tokens
 * rotate. Whoever finds it taken goes on with the old token while that lives, else waits.
 */
export interface OAuthTokenStore {
  /**
   * Errors: `unauthorized` (code `notConnected`, or `invalidGrant` once the refresh token was refused), `rateLimited`,
   * `unavailable`, `bug` (a secret cannot be opened), and those of `renew`.
   */
  get(request: TokenRequest): Promise<StoredToken>;
  /**
   * The write that replaces the tokens after a consent of `account`, for a transaction that has read `before`. The refresh
   * token of the same account is kept where none came. Sealing happens now, the decision in the function returned.
   */
  seal(id: string, account: string, tokens: GrantedTokens): Promise<(before: DocumentSnapshot | undefined) => Write>;
  /** For revoking. */
  openRefreshToken(id: string): Promise<string | undefined>;
}

export function tokenPath(id: string): string {
  return `oauthTokens/${encodeURIComponent(id)}`;
}

/** Whether this document could bring a new access token for the account. */
export function holdsRefreshToken(snapshot: DocumentSnapshot | undefined, account: string): boolean {
  const held = snapshot && tokenDocument.parse(snapshot.data);
  return held?.account === account && held.refreshToken !== null && held.refusedCode === null;
}

const earlyMs = 300_000;
/** A token that is handed out while another is being fetched must outlive the call that it was taken for. */
const marginMs = 30_000;
/** Longer than an exchange may take, so that nobody starts a second one while the first is under way. */
const leaseMs = 30_000;
const patienceMs = 40_000;

const tokenDocument = z.object({
  account: z.string(),
  accessToken: z.string(),
  expiresAtMs: z.number(),
  refreshToken: z.string().nullable(),
  scopes: z.array(z.string()),
  /** Why the refresh token is of no use any more. */
  refusedCode: z.string().nullable(),
  leaseUntilMs: z.number(),
});

type TokenDocument = z.infer<typeof tokenDocument>;

interface Held {
  readonly document: TokenDocument;
  readonly updateTime: string;
}

export function createOAuthTokenStore(dependencies: {
  readonly store: DocumentStore;
  readonly cipher: TokenCipher;
  readonly clock: Clock;
  readonly random: Random;
}): OAuthTokenStore {
  const { store, cipher, clock, random } = dependencies;
  const underway = new Map<string, Promise<StoredToken>>();

  const sealField = (id: string, field: 'accessToken' | 'refreshToken', secret: string) =>
    cipher.seal(secret, { record: tokenPath(id), field });
  const openField = (id: string, field: 'accessToken' | 'refreshToken', sealed: string) =>
    cipher.open(sealed, { record: tokenPath(id), field });

  async function load(id: string): Promise<Held | undefined> {
    const snapshot = await store.get(tokenPath(id));
    return snapshot && { document: tokenDocument.parse(snapshot.data), updateTime: snapshot.updateTime };
  }

  async function obtain(request: TokenRequest): Promise<StoredToken> {
    const { id, account, refused } = request;
    const untilMs = clock.now() + patienceMs;
    for (;;) {
      const held = await load(id);
      if (held?.document.account !== account) throw notConnected();
      const { document, updateTime } = held;
      const { refusedCode } = document;
      if (refusedCode !== null) {
        const guard: Write = { op: 'update', path: tokenPath(id), data: { refusedCode }, precondition: { updateTime } };
        await request.onRefused?.(refusedCode, guard);
        throw refusedFor(refusedCode);
      }

      const accessToken = await openField(id, 'accessToken', document.accessToken);
      const livesMs = accessToken === refused ? 0 : document.expiresAtMs - clock.now();
      const token = { accessToken, expiresAtMs: document.expiresAtMs, scopes: document.scopes };
      if (livesMs > earlyMs) return token;

      const isFree = document.leaseUntilMs <= clock.now();
      if (isFree) {
        const renewed = await renewUnderLease(request, held, livesMs > marginMs ? token : undefined);
        if (renewed) return renewed;
      } else if (livesMs > marginMs) {
        return token;
      }
      if (clock.now() > untilMs) {
        throw new AttacheError('unavailable', 'The token is being renewed elsewhere.', { code: 'tokenBusy' });
      }
      await clock.sleep(100 + random.next() * 200);
    }
  }

  /** Undefined when the document says what is to be done now. `stillGood` is what an outage leaves us. */
  async function renewUnderLease(request: TokenRequest, held: Held, stillGood: StoredToken | undefined) {
    const { id, renew } = request;
    const leased = await write(id, held.updateTime, { leaseUntilMs: clock.now() + leaseMs });
    if (leased === undefined) return undefined;
    let granted: GrantedTokens;
    try {
      if (held.document.refreshToken === null) throw refusedFor('noRefreshToken');
      granted = await renew(await openField(id, 'refreshToken', held.document.refreshToken));
    } catch (error) {
      if (isRefusal(error)) {
        // Where a new consent came in between, that one counts.
        await write(id, leased, { refusedCode: error.code, leaseUntilMs: 0 });
        return undefined;
      }
      await write(id, leased, { leaseUntilMs: 0 }).catch(() => undefined);
      if (stillGood && isAttacheError(error, 'unavailable', 'rateLimited')) return stillGood;
      throw error;
    }
    const { accessToken, refreshToken, expiresAtMs, scopes } = granted;
    const sealed: Partial<TokenDocument> = {
      accessToken: await sealField(id, 'accessToken', accessToken),
      ...(refreshToken !== undefined && { refreshToken: await sealField(id, 'refreshToken', refreshToken) }),
      expiresAtMs,
      scopes: [...scopes],
      refusedCode: null,
      leaseUntilMs: 0,
    };
    const isSaved = await insist(id, leased, held.document.refreshToken, sealed);
    return isSaved ? { accessToken, expiresAtMs, scopes } : undefined;
  }

  /** The new version; undefined when the document is no longer the one named. */
  async function write(id: string, updateTime: string, data: Partial<TokenDocument>): Promise<string | undefined> {
    try {
      const [written] = await store.commit([{ op: 'update', path: tokenPath(id), data, precondition: { updateTime } }]);
      return written;
    } catch (error) {
      if (isAttacheError(error, 'preconditionFailed', 'notFound')) return undefined;
      throw error;
    }
  }

  /**
   * A rotated refresh token that is not written down is lost for good, and its predecessor dead: a commit of unknown outcome
   * is looked up and tried again, and whoever took the lease over meanwhile has `spent` the same token in vain. False when
   * a new consent came in between.
   */
  async function insist(
    id: string,
    leased: string,
    spent: string | null,
    data: Partial<TokenDocument>,
  ): Promise<boolean> {
    let version = leased;
    for (let attempt = 1; ; attempt++) {
      try {
        if ((await write(id, version, data)) !== undefined) return true;
        const held = await load(id);
        if (held?.document.accessToken === data.accessToken) return true;
        if (!held || held.document.refreshToken !== spent || attempt === 5) return false;
        version = held.updateTime;
      } catch (error) {
        if (attempt === 5 || !isAttacheError(error, 'unavailable')) throw error;
        await clock.sleep(200 * attempt);
      }
    }
  }

  return {
    get(request) {
      const key = JSON.stringify([request.id, request.account, request.refused]);
      const known = underway.get(key);
      if (known) return known;
      const started = obtain(request).finally(() => underway.delete(key));
      underway.set(key, started);
      return started;
    },

    async seal(id, account, { accessToken, refreshToken, expiresAtMs, scopes }) {
      const sealed = {
        account,
        accessToken: await sealField(id, 'accessToken', accessToken),
        refreshToken: refreshToken === undefined ? null : await sealField(id, 'refreshToken', refreshToken),
        expiresAtMs,
        scopes: [...scopes],
        refusedCode: null,
        leaseUntilMs: 0,
      };
      return (before) => {
        const kept =
          before && holdsRefreshToken(before, account) ? tokenDocument.parse(before.data).refreshToken : null;
        return { op: 'set', path: tokenPath(id), data: { ...sealed, refreshToken: sealed.refreshToken ?? kept } };
      };
    },

    async openRefreshToken(id) {
      const sealed = (await load(id))?.document.refreshToken;
      return sealed == null ? undefined : openField(id, 'refreshToken', sealed);
    },
  };
}

function isRefusal(error: unknown): error is AttacheError {
  return isAttacheError(error, 'unauthorized') && (error.code === 'invalidGrant' || error.code === 'noRefreshToken');
}

const fix = 'Connect the account again: POST /v1/connections:authorize.';

function notConnected(): AttacheError {
  return new AttacheError('unauthorized', 'This account is not connected.', { code: 'notConnected', fix });
}

function refusedFor(code: string): AttacheError {
  return new AttacheError('unauthorized', 'The consent for this account is no longer valid.', { code, fix });
}
