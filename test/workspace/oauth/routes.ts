import * as z from 'zod';
import { GoogleApiError } from '../google-api-error';
import { OAuthError, Reply, parseJson } from '../router';
import type { Call, Route } from '../router';
import type { AuthorizationServer } from './authorization-server';
import { claimsOf } from './signing-key';
import type { SigningKey } from './signing-key';

/** The token endpoint, the consent page (which consents at once), IAM Credentials' `signJwt` and Google's public keys. */
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
      handle: (call) => consent(oauth, call),
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

/** Redirects with a code for the user whom `login_hint` names, as if she had consented to everything. */
function consent(oauth: AuthorizationServer, { query }: Call): Reply {
  const get = (name: string) => query.get(name) ?? '';
  const redirect = new URL(get('redirect_uri'));
  const code = oauth.authorize({
    clientId: get('client_id'),
    redirectUri: get('redirect_uri'),
    email: get('login_hint'),
    scopes: get('scope').split(' ').filter(Boolean),
    codeChallenge: query.get('code_challenge') ?? undefined,
  });
  redirect.searchParams.set('code', code);
  redirect.searchParams.set('scope', get('scope'));
  const state = query.get('state');
  if (state !== null) redirect.searchParams.set('state', state);
  return new Reply(302, undefined, { location: redirect.href });
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
