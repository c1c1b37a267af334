import { AttacheError, asAttacheError, isAttacheError, type ErrorKind } from '../domain/errors';
import type { Write } from '../domain/ports';

/** gRPC's status codes. */
export const GrpcCode = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The gRPC status code of an error; undefined when it did not come from a call. */
export function grpcCode(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

/**
 * What went wrong in a call to Firestore, as the product's own error. `writes` are those that the call was to commit. The
 * service's own words name documents and hosts, so they stay in the cause.
 */
export function translateFirestoreError(error: unknown, writes: readonly Write[] = []): AttacheError {
  if (isAttacheError(error)) return error;
  const details = error instanceof Error ? error.message : '';
  const say = (kind: ErrorKind, message: string, code?: string, fix?: string): AttacheError =>
    new AttacheError(kind, message, { cause: error, ...(code && { code }), ...(fix && { fix }) });
  switch (grpcCode(error)) {
    case GrpcCode.alreadyExists:
      return failedBy(writes, details, ({ op }) => op === 'create')
        ? say('conflict', 'The document already exists.')
        : say('preconditionFailed', 'The document exists, which it was expected not to.');
    case GrpcCode.notFound:
      if (writes.length === 0) return say('bug', 'Firestore knows no such database.', 'databaseMissing');
      return failedBy(writes, details, (write) => write.op === 'update')
        ? say('notFound', 'There is no such document to update.')
        : say('preconditionFailed', 'The document does not exist, which it was expected to.');
    case GrpcCode.failedPrecondition:
      return writes.some(hasVersion)
        ? say('preconditionFailed', 'The document was changed in between.')
        : say('bug', 'Firestore is not set up for this.', 'storeSetup', 'Deploy the index that the log names.');
    case GrpcCode.invalidArgument:
    case GrpcCode.outOfRange:
      return say('invalid', 'Firestore refused the request.');
    case GrpcCode.permissionDenied:
      return say(
        'forbidden',
        'The function may not use Firestore.',
        'storeForbidden',
        'Grant it roles/datastore.user.',
      );
    case GrpcCode.aborted:
      return say('unavailable', 'Others changed the documents at every try.', 'contention');
    case GrpcCode.cancelled:
    case GrpcCode.unknown:
    case GrpcCode.deadlineExceeded:
    case GrpcCode.resourceExhausted:
    case GrpcCode.internal:
    case GrpcCode.unavailable:
    case GrpcCode.unauthenticated:
      return say(
        'unavailable',
        'Firestore did not answer.',
        'storeUnavailable',
        'Try again; on a laptop, see that the emulator runs.',
      );
    default:
      return asAttacheError(error);
  }
}

function hasVersion(write: Write): boolean {
  return 'precondition' in write && write.precondition !== undefined && 'updateTime' in write.precondition;
}

function demandsExistence(write: Write): boolean {
  return 'precondition' in write && write.precondition !== undefined && 'exists' in write.precondition;
}

/**
 * Whether it was a write of this kind that failed. Firestore answers for a whole commit with one code, which a demand for
 * existence may have earned as well; then the path at the end of the message decides.
 */
function failedBy(writes: readonly Write[], details: string, isOfKind: (write: Write) => boolean): boolean {
  const suspects = writes.filter((write) => isOfKind(write) && !demandsExistence(write));
  if (suspects.length === 0 || !writes.some(demandsExistence)) return suspects.length > 0;
  return suspects.some(({ path }) => details.replace(/}$/, '').endsWith(`/${path}`));
}
