import type { DocumentSnapshot, DocumentStore, Write } from '../domain/ports';
import { checkDocumentPath, checkQuery, checkWrites } from './document-rules';
import { createFirestoreCalls } from './firestore-calls';
import { GrpcCode, translateFirestoreError } from './firestore-errors';
import { runFirestoreTransaction, type TransactionCalls } from './firestore-transaction';
import { decodeDocument, decodeVersion, encodeQuery, encodeWrite, type WireDocument } from './firestore-values';

export interface FirestoreStoreOptions {
  readonly projectId: string;
  /** Defaults to `(default)`. */
  readonly databaseId?: string;
  /** `host:port` of the emulator; without it the real service with the default credentials. */
  readonly emulatorHost?: string;
  /** Within which a call has succeeded or failed, and each call of a transaction. Defaults to 10,000. */
  readonly timeoutMs?: number;
}

export interface FirestoreStore extends DocumentStore {
  /** Ends the connection, so that the process can end. */
  close(): Promise<void>;
}

/** Documents in Firestore. The client is loaded and connected by the first call. */
export function createFirestoreStore(options: FirestoreStoreOptions): FirestoreStore {
  const { projectId, databaseId = '(default)', emulatorHost, timeoutMs = 10_000 } = options;
  const database = `projects/${projectId}/databases/${databaseId}`;
  const documents = `${database}/documents`;
  const connection = createFirestoreCalls({ database, emulatorHost, timeoutMs });

  const calls: TransactionCalls = {
    async getAll(paths, within) {
      paths.forEach(checkDocumentPath);
      const request = { database, documents: [...new Set(paths)].map((path) => `${documents}/${path}`), ...within };
      const answers = await connection.call(
        (client, callOptions) => collect<BatchGetAnswer>(client.batchGetDocuments(request, callOptions)),
        within ? never : readAgainOn,
      );
      const snapshots = new Map<string, DocumentSnapshot>();
      for (const { found } of answers) {
        if (!found) continue;
        const snapshot = decodeDocument(documents, found);
        snapshots.set(snapshot.path, snapshot);
      }
      return { found: paths.map((path) => snapshots.get(path)), transaction: openedBy(answers) };
    },

    async query(query, within) {
      checkQuery(query);
      const request = { ...encodeQuery(documents, query), ...within };
      const answers = await connection.call(
        (client, callOptions) => collect<QueryAnswer>(client.runQuery(request, callOptions)),
        within ? never : readAgainOn,
      );
      const found = answers.flatMap(({ document }) => (document ? [decodeDocument(documents, document)] : []));
      return { found, transaction: openedBy(answers) };
    },

    async commit(writes, transaction) {
      checkWrites(writes);
      const encoded = writes.map((write) => encodeWrite(documents, write));
      const [{ writeResults }] = await connection.call(
        (client, callOptions) =>
          client.commit({ database, writes: encoded, ...(transaction && { transaction }) }, callOptions),
        transaction ? never : commitAgainOn,
      );
      return writes.map(({ op }, i) => (op === 'delete' ? '' : decodeVersion(writeResults?.[i]?.updateTime)));
    },

    async rollBack(transaction) {
      await connection.call((client, callOptions) => client.rollback({ database, transaction }, callOptions), never);
    },
  };

  return {
    get: async (path) => (await translated(calls.getAll([path]))).found[0],
    getAll: async (paths) => (paths.length === 0 ? [] : (await translated(calls.getAll(paths))).found),
    query: async (query) => (await translated(calls.query(query))).found,
    commit: async (writes) => (writes.length === 0 ? [] : translated(calls.commit(writes), writes)),
    runTransaction: (run) => runFirestoreTransaction(calls, run),
    close: () => connection.close(),
  };
}

// Reads can be repeated whatever happened to them; a commit only when it is certain that nothing was written.
const readAgainOn: ReadonlySet<number> = new Set([
  GrpcCode.aborted,
  GrpcCode.internal,
  GrpcCode.resourceExhausted,
  GrpcCode.unavailable,
]);
const commitAgainOn: ReadonlySet<number> = new Set([GrpcCode.aborted, GrpcCode.resourceExhausted]);
const never: ReadonlySet<number> = new Set();

interface BatchGetAnswer {
  readonly found?: WireDocument | null;
  readonly transaction?: Uint8Array | null;
}

interface QueryAnswer {
  readonly document?: WireDocument | null;
  readonly transaction?: Uint8Array | null;
}

function collect<T>(stream: NodeJS.EventEmitter): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const answers: T[] = [];
    stream
      .on('data', (answer: T) => answers.push(answer))
      .on('error', reject)
      .on('end', () => resolve(answers));
  });
}

/** The answer that opens a transaction names it; in all others the field is empty. */
function openedBy(answers: readonly { readonly transaction?: Uint8Array | null }[]): Uint8Array | undefined {
  return answers.find(({ transaction }) => transaction?.length)?.transaction ?? undefined;
}

async function translated<T>(attempt: Promise<T>, writes?: readonly Write[]): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    throw translateFirestoreError(error, writes);
  }
}
