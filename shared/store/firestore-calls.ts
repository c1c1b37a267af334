import { setTimeout as sleep } from 'node:timers/promises';
import { AttacheError } from '../domain/errors';
import type { FirestoreClient } from './firestore-client';
import { grpcCode } from './firestore-errors';

export interface FirestoreCallOptions {
  readonly database: string;
  /** `host:port`. */
  readonly emulatorHost: string | undefined;
  /** For one call with all its repetitions. */
  readonly timeoutMs: number;
}

type CallOptions = NonNullable<Parameters<FirestoreClient['batchGetDocuments']>[1]>;

/** One call as the generated client wants it: with a client, and options that carry its deadline. */
export type Send<T> = (client: FirestoreClient, options: CallOptions) => Promise<T>;

export interface FirestoreCalls {
  /** Throws the client's own errors. Is over within the timeout, repeated at most four times on the given gRPC codes. */
  call<T>(send: Send<T>, repeatedCodes?: ReadonlySet<number>): Promise<T>;
  close(): Promise<void>;
}

export const maxAttempts = 5;

export function createFirestoreCalls({ database, emulatorHost, timeoutMs }: FirestoreCallOptions): FirestoreCalls {
  let opening: Promise<FirestoreClient> | undefined;

  /** One client for all; one that could not be opened is forgotten, so that the next call tries again. */
  function open(): Promise<FirestoreClient> {
    opening ??= import('./firestore-client')
      .then(({ connect }) => connect(emulatorHost))
      .catch((cause: unknown) => {
        opening = undefined;
        throw new AttacheError('unavailable', 'The Firestore client could not be opened.', {
          code: 'storeUnavailable',
          fix: 'Set FIRESTORE_EMULATOR_HOST, or log in with `gcloud auth application-default login`.',
          cause,
        });
      });
    return opening;
  }

  const headers = {
    'google-cloud-resource-prefix': database,
    // Makes the emulator skip security rules, which the real service does for service accounts.
    ...(emulatorHost !== undefined && { authorization: 'Bearer owner' }),
  };

  return {
    async call(send, repeatedCodes) {
      const deadlineMs = Date.now() + timeoutMs;
      for (let attempt = 1; ; attempt++) {
        try {
          return await send(await open(), {
            timeout: Math.max(1, deadlineMs - Date.now()),
            // The client would repeat some calls for ten minutes, and writes whose outcome is unknown.
            retry: null,
            retryRequestOptions: { retries: 0, noResponseRetries: 0 },
            otherArgs: { headers: { ...headers } },
          });
        } catch (error) {
          const delayMs = Math.random() * 100 * 2 ** attempt;
          const isRepeated = repeatedCodes?.has(grpcCode(error) ?? 0) ?? false;
          if (!isRepeated || attempt === maxAttempts || Date.now() + delayMs >= deadlineMs) throw error;
          await sleep(delayMs);
        }
      }
    },

    async close() {
      const client = await opening?.catch(() => undefined);
      opening = undefined;
      await client?.close();
    },
  };
}
