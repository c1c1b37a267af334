import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { AttacheError, isAttacheError } from '../../shared/domain/errors';
import type { DocumentStore } from '../../shared/domain/ports';

/** What has to be known again when the person comes back from the consent page. */
const consentState = z.object({
  callerId: z.string(),
  provider: z.enum(['google', 'zoom']),
  /** The user whom the account is connected for. */
  owner: z.string(),
  integrationId: z.string(),
  features: z.array(z.enum(['calendar', 'mail'])),
  /** The connection that is to be connected again; another account takes its place. */
  connectionId: z.string().nullable(),
  /** Path of this site where the person goes on. */
  returnTo: z.string(),
  sessionHash: z.string(),
  expiresAtMs: z.number(),
});

export type ConsentState = Omit<z.infer<typeof consentState>, 'sessionHash' | 'expiresAtMs'>;

export interface BegunConsent {
  /** Goes to the authorization server and back. */
  readonly state: string;
  /** Stays in the browser. */
  readonly session: string;
  readonly codeChallenge: string;
  readonly expiresAtMs: number;
}

export const consentLifetimeMs = 600_000;

/**
 * Remembers a consent under a random state. The store gets digests only: neither the state nor the code's verifier, which
 * is made of what only the browser keeps, can be read from it.
 */
export async function beginConsent(store: DocumentStore, consent: ConsentState, nowMs: number): Promise<BegunConsent> {
  const state = randomBytes(32).toString('base64url');
  const session = randomBytes(32).toString('base64url');
  const expiresAtMs = nowMs + consentLifetimeMs;
  const data = { ...consent, sessionHash: digest(session), expiresAtMs, expireAt: new Date(expiresAtMs) };
  await store.commit([{ op: 'create', path: pathOf(state), data }]);
  const codeChallenge = createHash('sha256').update(verifierOf(session, state)).digest('base64url');
  return { state, session, codeChallenge, expiresAtMs };
}

/**
 * Redeems a state, once: whoever deletes it first has it, and it is gone also when the session turns out to be another.
 * Errors: `forbidden` with code `invalidState`, the same whatever is wrong with it.
 */
export async function redeemConsent(
  store: DocumentStore,
  state: string,
  session: string | undefined,
  nowMs: number,
): Promise<ConsentState & { readonly codeVerifier: string }> {
  const path = pathOf(state);
  const snapshot = await store.get(path);
  if (!snapshot) throw invalidState();
  try {
    await store.commit([{ op: 'delete', path, precondition: { updateTime: snapshot.updateTime } }]);
  } catch (error) {
    if (isAttacheError(error, 'preconditionFailed', 'notFound')) throw invalidState();
    throw error;
  }
  const { sessionHash, expiresAtMs, ...consent } = consentState.parse(snapshot.data);
  if (session === undefined || !isEqual(digest(session), sessionHash) || expiresAtMs <= nowMs) throw invalidState();
  return { ...consent, codeVerifier: verifierOf(session, state) };
}

/**
 * The one cookie that Firebase Hosting lets through. Lax, because the browser comes back from another site; without
 * `Secure` only where the address is http, as on localhost.
 */
export function sessionCookie(session: string, redirectUri: string): string {
  const { pathname, protocol } = new URL(redirectUri);
  const maxAge = session === '' ? 0 : consentLifetimeMs / 1_000;
  const secure = protocol === 'https:' ? '; Secure' : '';
  return `${cookieName}=${session}; Path=${pathname}; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}

export function sessionOf(cookies: string | undefined): string | undefined {
  return new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{43})(?:;|$)`).exec(cookies ?? '')?.[1];
}

const cookieName = '__session';

function pathOf(state: string): string {
  return `consentStates/${digest(state)}`;
}

function verifierOf(session: string, state: string): string {
  return createHmac('sha256', session).update(state).digest('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function invalidState(): AttacheError {
  return new AttacheError('forbidden', 'This consent was not started here, was used already, or took too long.', {
    code: 'invalidState',
    fix: 'Start again with POST /v1/connections:authorize, in the browser that goes to the consent page.',
  });
}
