/**
 * An answer in Google's error format. Models throw it; the HTTP layer writes `toBody()` with status `code`.
 * `reason` is the machine-readable cause (`notFound`, `rateLimitExceeded`, …), `retryAfter` an RFC 3339 time.
 */
export class GoogleApiError extends Error {
  override readonly name = 'GoogleApiError';
  readonly retryAfter: string | undefined;
  readonly details: readonly object[];

  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    options: { readonly retryAfter?: string; readonly details?: readonly object[] } = {},
  ) {
    super(message);
    this.retryAfter = options.retryAfter;
    this.details = options.details ?? [];
  }

  toBody() {
    const { code, message, reason } = this;
    return {
      error: {
        code,
        message,
        errors: [{ message, domain: domainOf(reason), reason }],
        status: reason === 'failedPrecondition' ? 'FAILED_PRECONDITION' : (canonicalStatuses[code] ?? 'UNKNOWN'),
        ...(this.details.length > 0 && { details: this.details }),
      },
    };
  }
}

export const notFound = () => new GoogleApiError(404, 'notFound', 'Requested entity was not found.');
export const invalidArgument = (message: string) => new GoogleApiError(400, 'invalidArgument', message);

function domainOf(reason: string): string {
  if (usageReasons.has(reason)) return 'usageLimits';
  return calendarReasons.has(reason) ? 'calendar' : 'global';
}

const calendarReasons = new Set(['timeRangeEmpty', 'timeRangeTooLong', 'fullSyncRequired', 'forbiddenForNonOrganizer']);

const usageReasons = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'dailyLimitExceeded',
  'quotaExceeded',
  'accessNotConfigured',
]);

const canonicalStatuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  410: 'FAILED_PRECONDITION',
  412: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
