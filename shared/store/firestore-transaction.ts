import { setTimeout as sleep } from 'node:timers/promises';
import { AttacheError } from '../domain/errors';
import type { DocumentSnapshot, Query, Transaction, Write } from '../domain/ports';
import { maxAttempts } from './firestore-calls';
import { GrpcCode, grpcCode, translateFirestoreError } from './firestore-errors';

/** The transaction that a read belongs to, or the wish for a new one, which the same read then opens. */
export type Within =
  | { readonly transaction: Uint8Array }
  | { readonly newTransaction: { readonly readWrite: { readonly retryTransaction?: Uint8Array } } };

export interface Found<T> {
  readonly found: T;
  /** Present when the read opened a transaction. */
  readonly transaction?: Uint8Array | undefined;
}

/** The calls that a transaction is made of. They throw the client's own errors. */
export interface TransactionCalls {
  getAll(paths: readonly string[], within?: Within): Promise<Found<(DocumentSnapshot | undefined)[]>>;
  query(query: Query, within?: Within): Promise<Found<DocumentSnapshot[]>>;
  commit(writes: readonly Write[], transaction?: Uint8Array): Promise<string[]>;
  rollBack(transaction: Uint8Array): Promise<void>;
}

/** Runs again, up to five times in all, what lost to others; what may have been committed is not tried again. */
export async function runFirestoreTransaction<T>(
  calls: TransactionCalls,
  run: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  let retryTransaction: Uint8Array | undefined;
  for (let attempt = 1; ; attempt++) {
    const outcome = await runOnce(calls, run, retryTransaction);
    if (!('lostTo' in outcome)) return outcome.result;
    if (attempt === maxAttempts) throw translateFirestoreError(outcome.lostTo);
    retryTransaction = outcome.transaction;
    await sleep(backOffMs(outcome.lostTo, attempt));
  }
}

/** Others need time to release their locks: with less of it, twenty contenders on the emulator starved each other for good. */
function backOffMs(lostTo: unknown, attempt: number): number {
  const baseMs = contended.has(grpcCode(lostTo)) ? 1_000 : 100;
  return (0.5 + Math.random()) * baseMs * 1.5 ** (attempt - 1);
}

type Outcome<T> = { readonly result: T } | { readonly lostTo: unknown; readonly transaction: Uint8Array | undefined };

async function runOnce<T>(
  calls: TransactionCalls,
  run: (transaction: Transaction) => Promise<T>,
  retryTransaction: Uint8Array | undefined,
): Promise<Outcome<T>> {
  const writes: Write[] = [];
  let begun: Promise<Uint8Array> | undefined;
  let lostTo: unknown;

  /** The first read opens the transaction, which therefore costs no round trip of its own; the others wait for it. */
  async function read<F>(send: (within: Within) => Promise<Found<F>>): Promise<F> {
    if (writes.length > 0) throw new AttacheError('bug', 'All reads of a transaction come before its first write.');
    try {
      if (begun) return (await send({ transaction: await begun })).found;
      const first = send({ newTransaction: { readWrite: { ...(retryTransaction && { retryTransaction }) } } });
      begun = first.then(({ transaction }) => transaction ?? Promise.reject(new Error('No transaction was opened.')));
      begun.catch(() => undefined);
      return (await first).found;
    } catch (error) {
      if (isLostRead(error)) lostTo ??= error;
      throw translateFirestoreError(error);
    }
  }

  /** Nobody waits for the roll-back: locks that it fails to release expire. */
  async function giveUp(): Promise<Uint8Array | undefined> {
    const transaction = await begun?.catch(() => undefined);
    if (transaction) calls.rollBack(transaction).catch(() => undefined);
    return transaction;
  }

  let result: T;
  try {
    result = await run({
      get: async (path) => (await read((within) => calls.getAll([path], within)))[0],
      query: (query) => read((within) => calls.query(query, within)),
      write: (write) => void writes.push(write),
    });
  } catch (error) {
    const transaction = await giveUp();
    if (lostTo === undefined) throw error;
    return { lostTo, transaction };
  }

  try {
    const transaction = await begun;
    if (transaction || writes.length > 0) await calls.commit(writes, transaction);
    return { result };
  } catch (error) {
    const transaction = await giveUp();
    if (!contended.has(grpcCode(error))) throw translateFirestoreError(error, writes);
    return { lostTo: error, transaction };
  }
}

const contended: ReadonlySet<number | undefined> = new Set([GrpcCode.aborted, GrpcCode.resourceExhausted]);
const interrupted: ReadonlySet<number | undefined> = new Set([GrpcCode.unavailable, GrpcCode.internal]);

/** Nothing is written before the commit, so after a failed read everything can be tried again. */
function isLostRead(error: unknown): boolean {
  const code = grpcCode(error);
  return contended.has(code) || interrupted.has(code) || isExpired(error);
}

function isExpired(error: unknown): boolean {
  return grpcCode(error) === GrpcCode.invalidArgument && /transaction has expired/.test(String(error));
}
