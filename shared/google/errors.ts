import * as z from 'zod';
import { AttacheError, isAttacheError } from '../domain/errors';

/**
 * Translates whatever a Google client or `fetch` threw. `operation` names the call for people (`users.history.list`).
 * Neither the answer's text nor the request's address gets into the result, and the original error is not kept as its
 * cause: it carries headers, addresses and bodies to whoever logs it.
 */
export function fromGoogleError(error: unknown, operation: string, nowMs = Date.now()): AttacheError {
  if (isAttacheError(error)) return error;
  const { status, headers, data } = readFailure(error);
  if (status !== undefined) {
    return fromGoogleAnswer({ status, data, retryAfter: headers?.get('retry-after') ?? undefined }, operation, nowMs);
  }
  const networkCode = networkCodeOf(error);
  if (networkCode !== undefined) {
    return new AttacheError('unavailable', `${operation} did not complete (${networkCode}).`);
  }
  return new AttacheError('bug', `${operation} failed before an answer came (${nameOf(error)}).`);
}

export interface GoogleAnswer {
  readonly status: number;
  /** The body: parsed, or still JSON text. */
  readonly data: unknown;
  /** The `Retry-After` header: seconds or an HTTP date. */
  readonly retryAfter?: string | undefined;
}

/** The error that an answer other than 2xx stands for. */
export function fromGoogleAnswer(answer: GoogleAnswer, operation: string, nowMs = Date.now()): AttacheError {
  const { status } = answer;
  const { reason, message } = readError(answer.data);
  const refusal = oauthRefusals[reason ?? ''];
  if (refusal && status < 500) {
    return new AttacheError('unauthorized', `${operation}: Google gives no token (${reason}).`, refusal);
  }
  const known = recogniseByMessage(status, message);
  if (known) return new AttacheError(known.kind, `${operation}: ${known.message}`, known);

  const suffix = reason === undefined ? `${status}` : `${status} ${reason}`;
  const say = (text: string) => `${operation} ${text} (${suffix}).`;
  const code = reason === undefined ? {} : { code: reason };
  if (status === 429 || (status === 403 && isThrottling(reason))) {
    const retryAfterMs = retryTime(answer.retryAfter, message, reason, nowMs);
    return new AttacheError('rateLimited', say('was throttled'), {
      ...code,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (status >= 500 || status === 408 || status < 400) {
    return new AttacheError('unavailable', say('did not succeed'), code);
  }
  switch (status) {
    case 400:
      return reason === 'failedPrecondition'
        ? new AttacheError('unavailable', say('was refused for now'), code)
        : new AttacheError('invalid', say('was refused as invalid'), code);
    case 401:
      return new AttacheError('unauthorized', say('was refused: the access token is not accepted'), code);
    case 403:
      return new AttacheError('forbidden', say('is not allowed'), { ...code, ...fixFor(reason) });
    case 404:
      return new AttacheError('notFound', say('found nothing'), code);
    case 409:
      return new AttacheError('conflict', say('met something that is already there'), code);
    case 410:
      return syncTokenExpired.has(reason ?? '')
        ? new AttacheError('checkpointExpired', say('knows the checkpoint no more'), code)
        : new AttacheError('notFound', say('found it deleted'), code);
    case 412:
      return new AttacheError('preconditionFailed', say('met a newer version'), code);
    default:
      return new AttacheError('invalid', say('was refused'), code);
  }
}

// ── What Google's words mean ───────────────────────────────────────────────────────────────────────────────────────

const throttling = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'concurrentLimitExceeded',
  'resourceExhausted',
]);

/** Quotas that last: they come back with the next day, or when an administrator raises them. */
const exhausted = new Set(['dailyLimitExceeded', 'quotaExceeded', 'variableTermLimitExceeded']);

/** An hour, because nothing says when the quota's day began: what waited goes out within an hour of its return. */
const exhaustedDeferralMs = 3_600_000;

/** Google has named times hours away; a time beyond this is more likely to be a mistake than a wish. */
const longestDeferralMs = 24 * 3_600_000;

const syncTokenExpired = new Set(['fullSyncRequired', 'updatedMinTooLongAgo']);

const isThrottling = (reason: string | undefined) =>
  reason !== undefined && (throttling.has(reason) || exhausted.has(reason));

const delegationFix =
  'In the Admin console, under Security > Access and data control > API controls > Domain-wide delegation, authorise the ' +
  'client ID of the delegated service account for exactly the scopes that are asked for; a change can take 24 hours.';

/** RFC 6749 errors of the token endpoint that mean "not this user, not these scopes, not any more". */
const oauthRefusals: Readonly<Record<string, { readonly code: string; readonly fix: string }>> = {
  unauthorized_client: { code: 'unauthorizedClient', fix: delegationFix },
  invalid_scope: { code: 'invalidScope', fix: delegationFix },
  access_denied: {
    code: 'accessDenied',
    fix: 'In the Admin console, under Security > Access and data control > API controls > App access control, trust the client ID of the delegated service account.',
  },
  admin_policy_enforced: {
    code: 'adminPolicyEnforced',
    fix: 'In the Admin console, under Security > Access and data control > API controls, allow this app the scopes that are asked for.',
  },
  invalid_client: {
    code: 'invalidClient',
    fix: 'Check that the service account or the OAuth client still exists, is enabled and has this secret.',
  },
  invalid_grant: {
    code: 'invalidGrant',
    fix: 'In the Admin console, under Directory > Users, check that the user exists under this primary address, is active and has the service; a consent that was given by the user has to be given again.',
  },
};

const forbiddenFixes: Readonly<Record<string, string>> = {
  domainPolicy:
    'In the Admin console, under Apps > Google Workspace, turn the service on for this user, or allow API access to it.',
  insufficientPermissions: delegationFix,
  accessTokenScopeInsufficient: delegationFix,
  delegationDenied: delegationFix,
  accessNotConfigured: 'Enable the API in the Google Cloud project.',
  serviceDisabled: 'Enable the API in the Google Cloud project.',
};

function fixFor(reason: string | undefined): { readonly fix?: string } {
  const fix = forbiddenFixes[reason ?? ''];
  return fix === undefined ? {} : { fix };
}

/** Refusals that only their English text tells apart. */
function recogniseByMessage(status: number, text: string) {
  return messagePatterns.find((known) => known.status === status && known.pattern.test(text));
}

const messagePatterns = [
  {
    status: 400,
    pattern: /only one user push notification client allowed/i,
    kind: 'conflict',
    code: 'watchTopicConflict',
    message: 'this mailbox is already watched for another topic of the same OAuth client.',
    fix: 'Use the topic that the mailbox is watched for already, or call users.stop for the mailbox and watch again.',
  },
  {
    status: 400,
    pattern: /test message to cloud pub\/?sub/i,
    kind: 'invalid',
    code: 'watchTopicNotFound',
    message: 'Gmail does not find the topic.',
    fix: 'Create the topic, in the project of the OAuth client or the service account, and watch again.',
  },
  {
    status: 403,
    pattern: /test message to cloud pub\/?sub/i,
    kind: 'forbidden',
    code: 'watchTopicNotWritable',
    message: 'Gmail may not publish to the topic.',
    fix: 'Grant gmail-api-push@system.gserviceaccount.com the role roles/pubsub.publisher on the topic; an organisation policy on allowed member domains can block the grant.',
  },
  {
    status: 403,
    pattern: /delegation denied/i,
    kind: 'forbidden',
    code: 'delegationDenied',
    message: 'the token does not act for this mailbox.',
    fix: delegationFix,
  },
] as const;

/** Epoch milliseconds: the later of what the header and the text say. */
function retryTime(header: string | undefined, message: string, reason: string | undefined, nowMs: number) {
  const named = [
    /^\d+$/.test(header ?? '') ? nowMs + Number(header) * 1000 : Date.parse(header ?? ''),
    Date.parse(/retry after (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))/i.exec(message)?.[1] ?? ''),
    exhausted.has(reason ?? '') ? nowMs + exhaustedDeferralMs : NaN,
  ].filter((time) => !Number.isNaN(time));
  return named.length === 0 ? undefined : Math.min(Math.max(...named), nowMs + longestDeferralMs);
}

// ── Reading what was thrown ────────────────────────────────────────────────────────────────────────────────────────

const failureSchema = z.object({
  status: z.number().optional().catch(undefined),
  response: z
    .object({
      status: z.number().optional(),
      // Not z.instanceof: naming the global here would load all of fetch with this module.
      headers: z
        .custom<Headers>((headers) => headers instanceof Headers)
        .optional()
        .catch(undefined),
      data: z.unknown().optional(),
    })
    .optional()
    .catch(undefined),
});

function readFailure(error: unknown) {
  const { status, response } = failureSchema.safeParse(error).data ?? {};
  return { status: response?.status ?? status, headers: response?.headers, data: response?.data };
}

const text = z.string().optional().catch(undefined);

const errorBodySchema = z.object({
  error: z.union([
    z.string(),
    z.object({
      message: text,
      status: text,
      errors: z.array(z.object({ reason: text })).catch([]),
      details: z.array(z.object({ reason: text })).catch([]),
    }),
  ]),
});

/**
 * The machine-readable reason, in camelCase where Google writes it in capitals (OAuth errors stay as they are), and the
 * text for people. Gmail and Calendar name a reason in `errors`, newer APIs in `details`, all of them a canonical status.
 */
function readError(data: unknown): { readonly reason: string | undefined; readonly message: string } {
  const parsed = errorBodySchema.safeParse(typeof data === 'string' ? parseJson(data) : data);
  if (!parsed.success) return { reason: undefined, message: '' };
  const { error } = parsed.data;
  if (typeof error === 'string') return { reason: identifierOnly(error), message: '' };
  const reason =
    error.errors.find((one) => one.reason)?.reason ?? error.details.find((one) => one.reason)?.reason ?? error.status;
  return { reason: identifierOnly(fromCapitals(reason)), message: error.message ?? '' };
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function fromCapitals(reason: string | undefined): string | undefined {
  if (reason === undefined || !/^[A-Z0-9_]+$/.test(reason)) return reason;
  return reason.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A reason becomes a code and part of a message, so that nothing but an identifier may pass for one. */
function identifierOnly(reason: string | undefined): string | undefined {
  return reason !== undefined && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(reason) ? reason : undefined;
}

const networkFailureSchema = z.object({
  name: text,
  code: text,
  message: text,
  cause: z.unknown().optional(),
  config: z.unknown().optional(),
});

const networkCodes =
  /^(E(CONN|PIPE|TIMEDOUT|AI_|NOTFOUND|HOST|NET|PROTO|ADDR)[A-Z_]*|UND_ERR_\w+|ERR_(TLS|SSL|SOCKET|STREAM|HTTP2)_\w+)$/;

/**
 * The name of a failure on the way (`ECONNRESET`, `TimeoutError`, …); undefined for anything that is not one. Node says
 * `fetch failed` or `terminated` and hides the code in the cause; gaxios wraps that once more and always has a `config`.
 */
function networkCodeOf(error: unknown, depth = 0): string | undefined {
  const failure = networkFailureSchema.safeParse(error).data;
  if (!failure || depth > 3) return undefined;
  const { name, code, message, cause, config } = failure;
  if (code !== undefined && networkCodes.test(code)) return code;
  if (name === 'TimeoutError' || name === 'AbortError') return name;
  const inner = networkCodeOf(cause, depth + 1);
  if (inner !== undefined) return inner;
  return config !== undefined || message === 'fetch failed' || message === 'terminated' ? 'network' : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
