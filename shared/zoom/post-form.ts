import * as z from 'zod';
import type { GrantedTokens, OAuthApp } from '../domain/oauth';
import { callZoom } from './call-zoom';

/** Root of Zoom's OAuth endpoints, with a slash at its end: `https://zoom.us/oauth/`. */
export interface ZoomOAuthOptions {
  readonly oauthUrl: string;
  readonly clock: { now(): number };
  /** Of one call. */
  readonly timeoutMs?: number;
}

/** One form to Zoom's token endpoint. Errors: those of `callZoom`. */
export async function askToken(
  options: ZoomOAuthOptions,
  app: OAuthApp,
  form: Readonly<Record<string, string>>,
): Promise<GrantedTokens> {
  const { access_token, expires_in, refresh_token, scope } = await postForm(options, app, 'token', form, tokenAnswer);
  return {
    accessToken: access_token,
    expiresAtMs: options.clock.now() + expires_in * 1_000,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    scopes: scope.split(/[ ,]+/).filter(Boolean),
  };
}

export function postForm<Answer>(
  { oauthUrl, clock, timeoutMs = 10_000 }: ZoomOAuthOptions,
  { clientId, clientSecret }: OAuthApp,
  endpoint: 'token' | 'revoke',
  form: Readonly<Record<string, string>>,
  answer: z.ZodType<Answer>,
): Promise<Answer> {
  const request = {
    method: 'POST' as const,
    url: new URL(endpoint, oauthUrl).href,
    authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
    body: new URLSearchParams(form),
    answer,
    operation: `Zoom’s ${endpoint} endpoint`,
    timeoutMs,
  };
  return callZoom(request, clock.now());
}

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().default(''),
});
