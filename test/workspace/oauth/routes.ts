import * as z from 'zod';
import { GoogleApiError } from '../google-api-error';
import { OAuthError, Reply, parseJson } from '../router';
import type { Call, Route } from '../router';
import type { AuthorizationServer } from './authorization-server';
import { claimsOf } from './signing-key';
import type { SigningKey } from './signing-key';

/** The token endpoint, the consent page, IAM Credentials' `signJwt` and Google's public keys. */
export function oauthRoutes(oauth: AuthorizationServer, key: SigningKey): Route[] {
  const errorOf = (status: number, reason: string, message: string) => new OAuthError(status, reason, message);
  return [
    {
      id: 'oauth.token',
      verb: 'POST',
      paths: ['/token'],
      userOf: subjectOf,
      errorOf,
      handle: (call) => token(oauth, call),
    },
    {
      id: 'oauth.revoke',
      verb: 'POST',
      paths: ['/revoke'],
      errorOf,
      handle: ({ body, query }) => {
        oauth.revoke(query.get('token') ?? formOf(body).get('token') ?? '');
        return {};
      },
    },
    {
      id: 'oauth.authorize',
      verb: 'GET',
      paths: ['/o/oauth2/v2/auth'],
      errorOf,
      handle: (call) => (isBrowser(call) ? consentPage(oauth, call.query) : consent(oauth, call.query)),
    },
    {
      id: 'oauth.authorize',
      verb: 'POST',
      paths: ['/o/oauth2/v2/auth'],
      errorOf,
      handle: ({ body }) => consent(oauth, chosen(formOf(body))),
    },
    {
      id: 'iamcredentials.projects.serviceAccounts.signJwt',
      verb: 'POST',
      paths: ['/v1/projects/{project}/serviceAccounts/{email}:signJwt'],
      handle: (call) => signJwt(oauth, key, call),
    },
    { id: 'oauth.certs', verb: 'GET', paths: ['/oauth2/v3/certs'], handle: () => ({ keys: [key.jwk()] }) },
    { id: 'oauth.certs', verb: 'GET', paths: ['/oauth2/v1/certs'], handle: () => ({ [key.keyId]: key.publicKeyPem }) },
  ];
}

function token(oauth: AuthorizationServer, { body }: Call) {
  const form = formOf(body);
  const get = (name: string) => form.get(name) ?? '';
  switch (form.get('grant_type')) {
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
      return oauth.exchangeAssertion(get('assertion'));
    case 'refresh_token':
      return oauth.refresh(get('client_id'), get('client_secret'), get('refresh_token'));
    case 'authorization_code':
      return oauth.exchangeCode(get('client_id'), get('client_secret'), {
        code: get('code'),
        redirectUri: get('redirect_uri'),
        codeVerifier: form.get('code_verifier') ?? undefined,
      });
    case null:
      throw new OAuthError(400, 'invalid_request', 'Required parameter is missing: grant_type');
    default:
      throw new OAuthError(400, 'unsupported_grant_type', `Invalid grant_type: ${get('grant_type')}`);
  }
}

/** Redirects with a code for the user whom `login_hint` names, or with what she refused. */
function consent(oauth: AuthorizationServer, query: URLSearchParams): Reply {
  const get = (name: string) => query.get(name) ?? '';
  const redirect = (answer: Readonly<Record<string, string>>) => {
    const url = new URL(get('redirect_uri'));
    for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
    const state = query.get('state');
    if (state !== null) url.searchParams.set('state', state);
    return new Reply(302, undefined, { location: url.href });
  };
  if (query.has('code_challenge') && get('code_challenge_method') !== 'S256') {
    throw new OAuthError(400, 'invalid_request', 'Only S256 is supported as code_challenge_method.');
  }
  try {
    const code = oauth.authorize({
      clientId: get('client_id'),
      redirectUri: get('redirect_uri'),
      email: get('login_hint'),
      scopes: get('scope').split(' ').filter(Boolean),
      codeChallenge: query.get('code_challenge') ?? undefined,
      offline: get('access_type') === 'offline',
      prompt: get('prompt').split(' ').includes('consent'),
      includeGrantedScopes: get('include_granted_scopes') === 'true',
    });
    return redirect({ code, scope: oauth.scopesOf(code).join(' ') });
  } catch (error) {
    if (error instanceof OAuthError && error.error === 'access_denied') return redirect({ error: error.error });
    throw error;
  }
}

function isBrowser({ headers }: Call): boolean {
  return (headers.accept ?? '').includes('text/html');
}

/** Where a person chooses the account and what to grant. */
function consentPage(oauth: AuthorizationServer, query: URLSearchParams): Reply {
  const escape = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const hidden = [...query]
    .filter(([name]) => name !== 'scope' && name !== 'login_hint')
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`);
  const boxes = (query.get('scope') ?? '')
    .split(' ')
    .map(
      (scope) =>
        `<p><label><input type="checkbox" name="granted" value="${escape(scope)}" checked> ${escape(scope)}</label>`,
    );
  const client = oauth.clients.get(query.get('client_id') ?? '')?.clientId ?? 'an unknown app';
  const page = `<!doctype html><html lang="en"><title>Sign in – local Workspace</title>
<meta name="viewport" content="width=device-width"><body style="font-family: sans-serif; max-width: 40rem; margin: 2rem auto">
<h1>Local Workspace</h1><p>${escape(client)} wants to use your account.
<form method="post">${hidden.join('')}
<p><label>Account <input name="login_hint" type="email" required value="${escape(query.get('login_hint') ?? '')}"></label>
${boxes.join('\n')}
<p><button name="allow" value="1">Allow</button> <button name="allow" value="0">Deny</button></form>`;
  return new Reply(200, page, { 'content-type': 'text/html; charset=utf-8' });
}

/** What was ticked on the consent page, as the request that it answers. */
function chosen(form: URLSearchParams): URLSearchParams {
  form.set('scope', form.getAll('granted').join(' '));
  if (form.get('allow') === '0') form.set('login_hint', '');
  return form;
}

function signJwt(oauth: AuthorizationServer, key: SigningKey, { params, headers, body }: Call) {
  // Who may sign is IAM's business and not modelled: any credential will do, none will not.
  if (!headers.authorization) {
    throw new GoogleApiError(401, 'required', 'Request is missing required authentication credential.');
  }
  if (!oauth.serviceAccounts.has(params['email'] ?? '')) {
    throw new GoogleApiError(404, 'notFound', `Not found; Gaia id not found for email ${params['email']}`);
  }
  const { payload } = parseJson(z.object({ payload: z.string() }), body);
  const claims = z.record(z.string(), z.unknown()).safeParse(parseText(payload));
  if (!claims.success) throw new GoogleApiError(400, 'badRequest', 'payload: not a JSON object of claims');
  return { keyId: key.keyId, signedJwt: key.sign(claims.data) };
}

/** The user that an assertion asks for, so that faults can be set for one user's token. */
function subjectOf({ body }: Call): string {
  const claims = z.object({ sub: z.string() }).safeParse(claimsOf(formOf(body).get('assertion') ?? ''));
  return claims.success ? claims.data.sub : '';
}

function formOf(body: Buffer): URLSearchParams {
  return new URLSearchParams(body.toString());
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
