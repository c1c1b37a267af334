import { createPublicKey, verify } from 'node:crypto';
import { JWT, OAuth2Client } from 'google-auth-library';
import * as z from 'zod';
import { startWorkspace } from '../server';
import type { Workspace } from '../server';

const ada = 'ada@example.com';
const account = 'mail-delegate@local.iam.gserviceaccount.com';
const readonly = 'https://www.googleapis.com/auth/gmail.readonly';
const clientId = 'client-1';
const clientSecret = 'secret-1';
const redirectUri = 'https://attache.example.com/callback';

let workspace: Workspace;

beforeEach(async () => {
  workspace = await startWorkspace({
    users: [ada],
    serviceAccounts: [{ email: account, scopes: [readonly] }],
    oauthClients: [{ clientId, clientSecret, redirectUris: [redirectUri] }],
  });
});
afterEach(() => workspace.close());

async function post(path: string, body: object | URLSearchParams, headers: Record<string, string> = {}) {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(`${workspace.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json', ...headers },
    body: isForm ? body.toString() : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function claims(changes: object = {}) {
  const iat = Math.floor(Date.now() / 1_000);
  return { iss: account, sub: ada, scope: readonly, aud: `${workspace.url}/token`, iat, exp: iat + 3_600, ...changes };
}

async function signJwt(payload: object, email = account): Promise<string> {
  const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:signJwt`;
  const { body } = await post(path, { payload: JSON.stringify(payload) }, { authorization: 'Bearer owner' });
  return z.string().parse(body['signedJwt']);
}

const exchange = (assertion: string) =>
  post('/token', new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }));

const profile = (token: unknown) =>
  fetch(`${workspace.url}/gmail/v1/users/me/profile`, { headers: { authorization: `Bearer ${String(token)}` } });

describe('keyless delegation', () => {
  test('signJwt and the jwt-bearer grant give a token of the user for an hour', async () => {
    const { status, body } = await exchange(await signJwt(claims()));
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: expect.any(String) as string, expires_in: 3_599, token_type: 'Bearer' },
    });
    expect(await (await profile(body['access_token'])).json()).toMatchObject({ emailAddress: ada });
    workspace.clock.advance(3_600_000);
    expect((await profile(body['access_token'])).status).toBe(401);
    expect((await exchange(await signJwt(claims()))).status).toBe(200);
  });

  test.each([
    ['a scope that is not authorised', { scope: 'https://mail.google.com/' }, 401, 'unauthorized_client'],
    ['one scope too many', { scope: `${readonly} https://mail.google.com/` }, 401, 'unauthorized_client'],
    ['no scope', { scope: '' }, 400, 'invalid_scope'],
    ['an unknown user', { sub: 'nobody@example.com' }, 400, 'invalid_grant'],
    ['an unknown account', { iss: 'other@local.iam.gserviceaccount.com' }, 400, 'invalid_grant'],
    ['another audience', { aud: 'https://example.com/token' }, 400, 'invalid_grant'],
    ['a life of more than an hour', { exp: Math.floor(Date.now() / 1_000) + 7_200 }, 400, 'invalid_grant'],
    ['a life that is over', { iat: 1_000, exp: 2_000 }, 400, 'invalid_grant'],
    ['a life that has not begun', { iat: 9_999_999_000, exp: 9_999_999_999 }, 400, 'invalid_grant'],
  ])('%s is refused', async (_, changes, status, error) => {
    expect(await exchange(await signJwt(claims(changes)))).toMatchObject({ status, body: { error } });
  });

  test('a forged assertion is refused', async () => {
    const [header = '', , signature = ''] = (await signJwt(claims({ sub: 'eve@example.com' }))).split('.');
    const forged = Buffer.from(JSON.stringify(claims())).toString('base64url');
    expect((await exchange(`${header}.${forged}.${signature}`)).body).toMatchObject({ error: 'invalid_grant' });
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect((await exchange(`${none}.${forged}.`)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange('nonsense')).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('signJwt wants a credential, a known account and claims', async () => {
    const path = `/v1/projects/-/serviceAccounts/${account}:signJwt`;
    const authorized = { authorization: 'Bearer owner' };
    expect((await post(path, { payload: '{}' })).status).toBe(401);
    expect((await post(path.replace('mail', 'other'), { payload: '{}' }, authorized)).status).toBe(404);
    expect((await post(path, { payload: 'x' }, authorized)).status).toBe(400);
  });

  test.each(['unauthorized_client', 'invalid_grant'] as const)(
    'revoked with %s, it refuses and its tokens are dead, until restored',
    async (error) => {
      const { body } = await exchange(await signJwt(claims()));
      await fetch(`${workspace.url}/admin/users/${ada}/revokeDelegation`, {
        method: 'POST',
        body: JSON.stringify({ error }),
      });
      expect((await profile(body['access_token'])).status).toBe(401);
      expect((await exchange(await signJwt(claims()))).body).toMatchObject({ error });
      await fetch(`${workspace.url}/admin/users/${ada}/revokeDelegation`, { method: 'DELETE' });
      expect((await exchange(await signJwt(claims()))).status).toBe(200);
    },
  );

  test('faults can be set for one user’s tokens, in the endpoint’s own format', async () => {
    const fault = { type: 'error' as const, status: 500, reason: 'internal_failure' };
    workspace.faults.add({ match: { method: 'oauth.token', userId: ada }, fault });
    expect(await exchange(await signJwt(claims()))).toMatchObject({ status: 500, body: { error: 'internal_failure' } });
    expect((await exchange(await signJwt(claims()))).status).toBe(200);
  });

  test('the official JWT client works with the account’s key file', async () => {
    const response = await fetch(`${workspace.url}/admin/serviceAccounts/${account}/key`);
    const keyFile = z.object({ client_email: z.string(), private_key: z.string() }).parse(await response.json());
    // The library knows one token endpoint only; the audience stays Google's, the connection comes here.
    const fetchHere: typeof fetch = (input, init) =>
      fetch(new Request(input).url.replace('https://oauth2.googleapis.com', workspace.url), init);
    const client = new JWT({
      email: keyFile.client_email,
      key: keyFile.private_key,
      subject: ada,
      scopes: [readonly],
      transporterOptions: { fetchImplementation: fetchHere },
    });
    const { token } = await client.getAccessToken();
    expect((await profile(token)).status).toBe(200);
  });
});

describe('consent', () => {
  const client = () =>
    new OAuth2Client({
      clientId,
      clientSecret,
      redirectUri,
      endpoints: {
        oauth2AuthBaseUrl: `${workspace.url}/o/oauth2/v2/auth`,
        oauth2TokenUrl: `${workspace.url}/token`,
        oauth2RevokeUrl: `${workspace.url}/revoke`,
        oauth2FederatedSignonPemCertsUrl: `${workspace.url}/oauth2/v1/certs`,
      },
      transporterOptions: { fetchImplementation: fetch },
    });

  async function consent(changes: object = {}): Promise<URL> {
    const offline = { access_type: 'offline', prompt: 'consent' };
    const request = { scope: ['openid', readonly], login_hint: ada, state: 's', ...offline, ...changes };
    const url = client().generateAuthUrl(request);
    const response = await fetch(url, { redirect: 'manual' });
    return new URL(response.headers.get('location') ?? 'https://none.example.com');
  }

  test('the code becomes tokens once, and the refresh token goes on working', async () => {
    const redirect = await consent();
    expect(redirect.searchParams.get('state')).toBe('s');
    const oauth = client();
    const code = redirect.searchParams.get('code') ?? '';
    const { tokens } = await oauth.getToken(code);
    const ticket = await oauth.verifyIdToken({ idToken: tokens.id_token ?? '', audience: clientId });
    expect(ticket.getPayload()).toMatchObject({ email: ada, email_verified: true, iss: 'https://accounts.google.com' });
    await expect(oauth.getToken(code)).rejects.toThrow(/invalid_grant/);

    workspace.clock.advance(24 * 3_600_000);
    expect((await profile(tokens.access_token)).status).toBe(401);
    oauth.setCredentials({ refresh_token: tokens.refresh_token ?? null });
    expect((await profile((await oauth.getAccessToken()).token)).status).toBe(200);
  });

  test('revoking ends the user’s grants', async () => {
    const oauth = client();
    const { tokens } = await oauth.getToken((await consent()).searchParams.get('code') ?? '');
    await oauth.revokeToken(tokens.access_token ?? '');
    expect((await profile(tokens.access_token)).status).toBe(401);
    oauth.setCredentials({ refresh_token: tokens.refresh_token ?? null });
    await expect(oauth.getAccessToken()).rejects.toThrow(/invalid_grant/);
  });

  test('a code with a challenge needs its verifier', async () => {
    const oauth = client();
    const { codeVerifier, codeChallenge } = await oauth.generateCodeVerifierAsync();
    const challenge = { code_challenge: codeChallenge, code_challenge_method: 'S256' };
    const code = async () => (await consent(challenge)).searchParams.get('code') ?? '';
    await expect(oauth.getToken(await code())).rejects.toThrow(/invalid_grant/);
    expect((await oauth.getToken({ code: await code(), codeVerifier })).tokens.access_token).toBeDefined();
  });

  test('a refresh token comes only when asked for, and the second time only with a prompt', async () => {
    const tokensAfter = async (changes: object) => {
      const code = (await consent(changes)).searchParams.get('code') ?? '';
      return (await client().getToken(code)).tokens.refresh_token;
    };
    expect(await tokensAfter({ access_type: 'online' })).toBeUndefined();
    expect(await tokensAfter({ prompt: 'select_account' })).toBeUndefined();
    expect(await tokensAfter({})).toEqual(expect.any(String));
  });

  test('boxes can be left unticked, and earlier grants included', async () => {
    const events = 'https://www.googleapis.com/auth/calendar.events';
    await fetch(`${workspace.url}/admin/consent`, {
      method: 'PATCH',
      body: JSON.stringify({ withheldScopes: [events] }),
    });
    const partial = await consent({ scope: [readonly, events] });
    expect(partial.searchParams.get('scope')).toBe(readonly);
    workspace.oauth.consent.withheldScopes = [];
    const later = await consent({ scope: [events], include_granted_scopes: true });
    expect(later.searchParams.get('scope')).toBe(`${readonly} ${events}`);
    expect((await client().getToken(later.searchParams.get('code') ?? '')).tokens.scope).toBe(`${readonly} ${events}`);
  });

  test('a refusal comes back with the state', async () => {
    workspace.oauth.consent.isDenied = true;
    const { searchParams } = await consent();
    expect(Object.fromEntries(searchParams)).toEqual({ error: 'access_denied', state: 's' });
  });

  test('a person sees a page, unticks a box and is sent back', async () => {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: `openid ${readonly}`,
      state: '"><script>',
    });
    const url = `${workspace.url}/o/oauth2/v2/auth?${query.toString()}`;
    const page = await fetch(url, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).not.toContain('<script>');
    const form = new URLSearchParams([...query, ['login_hint', ada], ['granted', 'openid'], ['allow', '1']]);
    const answer = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? '');
    expect(back.searchParams.get('scope')).toBe('openid');
    expect(back.searchParams.get('state')).toBe('"><script>');
  });

  test('consents that the user takes back end the refresh token', async () => {
    const oauth = client();
    const { tokens } = await oauth.getToken((await consent()).searchParams.get('code') ?? '');
    await fetch(`${workspace.url}/admin/users/${ada}/revokeConsents`, { method: 'POST' });
    expect((await profile(tokens.access_token)).status).toBe(401);
    oauth.setCredentials({ refresh_token: tokens.refresh_token ?? null });
    await expect(oauth.getAccessToken()).rejects.toThrow(/invalid_grant/);
  });

  test('the hundred-and-first refresh token of a user kills the first, and half a year of idleness the rest', async () => {
    const request = { clientId, redirectUri, email: ada, scopes: [readonly] };
    const tokens = Array.from({ length: 101 }, () => {
      const { refresh_token } = workspace.oauth.exchangeCode(clientId, clientSecret, {
        code: workspace.oauth.authorize(request),
        redirectUri,
      });
      return refresh_token ?? '';
    });
    const refresh = (token: string | undefined) => workspace.oauth.refresh(clientId, clientSecret, token ?? '');
    expect(() => refresh(tokens[0])).toThrow('Token has been expired or revoked.');
    refresh(tokens[1]);
    workspace.clock.advance(183 * 24 * 3_600_000);
    expect(() => refresh(tokens[1])).toThrow('Token has been expired or revoked.');
  });

  test.each([
    ['a wrong secret', { grant_type: 'refresh_token', client_id: clientId, client_secret: 'x' }, 'invalid_client'],
    ['an unknown grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no grant', {}, 'invalid_request'],
    [
      'an unknown code',
      { grant_type: 'authorization_code', client_id: clientId, client_secret: clientSecret },
      'invalid_grant',
    ],
  ])('%s is refused', async (_, form, error) => {
    expect((await post('/token', new URLSearchParams(form))).body).toMatchObject({ error });
  });

  test('a redirect that is not registered is refused', async () => {
    expect((await consent({ redirect_uri: 'https://evil.example.com/' })).hostname).toBe('none.example.com');
  });
});

describe('ID tokens', () => {
  test('minted for tests, verify against both forms of the public keys', async () => {
    const { body } = await post('/admin/idTokens', {
      email: 'push@local.iam.gserviceaccount.com',
      aud: 'https://f.example.com',
    });
    const idToken = z.string().parse(body['idToken']);
    const verifier = new OAuth2Client({
      endpoints: { oauth2FederatedSignonPemCertsUrl: `${workspace.url}/oauth2/v1/certs` },
      transporterOptions: { fetchImplementation: fetch },
    });
    await verifier.verifyIdToken({ idToken, audience: 'https://f.example.com' });
    await expect(verifier.verifyIdToken({ idToken, audience: 'https://g.example.com' })).rejects.toThrow(/audience/);

    const answer = z.object({ keys: z.array(z.record(z.string(), z.string())) });
    const { keys } = answer.parse(await (await fetch(`${workspace.url}/oauth2/v3/certs`)).json());
    const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
    const [header = '', payload = '', signature = ''] = idToken.split('.');
    const content = Buffer.from(`${header}.${payload}`);
    expect(verify('sha256', content, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('can be minted wrong', async () => {
    const changes = { iss: 'https://evil.example.com', exp: 1_000, email_verified: false };
    const { body } = await post('/admin/idTokens', { email: ada, aud: 'a', ...changes });
    const payload: unknown = JSON.parse(
      Buffer.from(String(body['idToken']).split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(payload).toMatchObject(changes);
  });
});
