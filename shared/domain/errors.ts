/**
 * The one error union of the bundle. Everything that can go wrong is one of these kinds; SDK errors become one in
 * `shared/google/errors.ts` and `shared/store/firestore.ts`, bad input in `shared/runtime`. `isTransient` is the single
 * answer to "what is retried?".
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'preconditionFailed'
  | 'checkpointExpired'
  | 'rateLimited'
  | 'unavailable'
  | 'bug';

export interface FieldError {
  /** Where in the request, e.g. `body.labelIds[0]`. */
  readonly path: string;
  readonly message: string;
}

export interface AttacheErrorOptions {
  /** Stable camelCase identifier for programs; defaults to the kind. */
  readonly code?: string;
  /** The next thing to do, in one sentence. */
  readonly fix?: string;
  readonly errors?: readonly FieldError[];
  /** rateLimited only: epoch milliseconds before which a retry is pointless. */
  readonly retryAfterMs?: number;
  /** Further members of the HTTP answer, e.g. the alternatives to a slot that is taken. JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class AttacheError extends Error {
  override readonly name = 'AttacheError';
  readonly code: string;
  readonly fix: string | undefined;
  readonly errors: readonly FieldError[];
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly kind: ErrorKind,
    message: string,
    options: AttacheErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? kind;
    this.fix = options.fix;
    this.errors = options.errors ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }
}

export function isAttacheError(error: unknown, ...kinds: ErrorKind[]): error is AttacheError {
  // By name, not by instanceof: a lazily loaded chunk may carry its own copy of this class.
  return (
    error instanceof Error &&
    error.name === 'AttacheError' &&
    (kinds.length === 0 || kinds.includes((error as AttacheError).kind))
  );
}

/** Any thrown value as an AttacheError; what nobody translated is a bug, with its cause kept. */
export function asAttacheError(error: unknown): AttacheError {
  if (isAttacheError(error)) return error;
  return new AttacheError('bug', error instanceof Error ? error.message : String(error), { cause: error });
}

/** Whether the same call may succeed later without anybody changing anything. A bug may be fixed by the next deployment. */
export function isTransient(error: AttacheError): boolean {
  switch (error.kind) {
    case 'rateLimited':
    case 'unavailable':
    case 'preconditionFailed':
    case 'bug':
      return true;
    case 'invalid':
    case 'unauthorized':
    case 'forbidden':
    case 'notFound':
    case 'conflict':
    case 'checkpointExpired':
      return false;
  }
}

/** A mistake of the deployment or of an OAuth app, not of one mailbox or task: it hits all at once and is mended for all at once. */
export function isDeploymentFault({ code }: AttacheError): boolean {
  return deploymentCodes.includes(code);
}

const deploymentCodes = ['signJwtDenied', 'invalidClient', 'oauthAppRefused', 'serviceDisabled', 'accessNotConfigured'];
