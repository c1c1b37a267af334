import { AttacheError } from '../domain/errors';
import { SERVER_TIME, type DocumentValue, type Query, type Write, type WriteData } from '../domain/ports';

/**
 * What Firestore accepts, checked before anything is sent or stored, so that both adapters refuse the same things with the
 * same sentence, and a test on the memory store fails where production would. Each check throws AttacheError `invalid`.
 */
export const maxDocumentBytes = 1_048_576;
export const maxCommitBytes = 10 * 1_048_576;

export function checkDocumentPath(path: string): void {
  checkPath(path, 0);
}

export function checkQuery({ collection, where = [], orderBy, startAfter, limit }: Query): void {
  checkPath(collection, 1);
  if (!Number.isInteger(limit) || limit < 1) refuse('A query needs a limit: a whole number from 1.');
  let disjunctions = 1;
  for (const { field, op, value } of where) {
    const values = op === 'in' ? listOf(value) : [value];
    disjunctions *= values.length;
    if (op !== '==' && values.some((one) => one === null || Number.isNaN(one)))
      refuse(`\`${field} ${op}\` cannot be asked with null or NaN: nothing compares with them but ==.`);
    if ((op === '<' || op === '<=' || op === '>' || op === '>=') && field !== orderBy?.field)
      refuse(`A query with \`${field} ${op}\` has to be ordered by ${field}, so that one composite index serves it.`);
  }
  if (disjunctions < 1 || disjunctions > 30) refuse('The lists of `in` make 1 to 30 combinations together.');
  if (where.filter(({ op }) => op === 'array-contains').length > 1)
    refuse('`array-contains` can be asked once a query.');
  if (startAfter && (startAfter.value === undefined) !== (orderBy === undefined))
    refuse('`startAfter` carries a value exactly when the query has an order.');
  if (startAfter && (startAfter.thenValue === undefined) !== (orderBy?.thenBy === undefined))
    refuse('`startAfter` carries a `thenValue` exactly when the order has a `thenBy`.');
  if (startAfter) checkDocumentPath(`${collection}/${startAfter.id}`);
}

export function checkWrites(writes: readonly Write[]): void {
  const leavesDocument = new Map<string, boolean>();
  let commitAtMost = 0;
  for (const write of writes) {
    const { op, path } = write;
    checkDocumentPath(path);
    const isThere = leavesDocument.get(path);
    if (isThere !== undefined && needsDocument(write) === !isThere)
      refuse(`One commit cannot ${op} a document after what an earlier write of the same commit did to it.`);
    leavesDocument.set(path, op !== 'delete');

    // UTF-8 needs at most three bytes for a UTF-16 code unit; only when that bound is too large is it worth to count.
    const atMost = sizeOf(write, (text) => text.length * 3);
    const bytes = atMost > maxDocumentBytes ? sizeOf(write, countBytes) : atMost;
    if (bytes > maxDocumentBytes) refuse(`${kindOf(path)} would have ${bytes} bytes, more than ${maxDocumentBytes}.`);
    commitAtMost += atMost;
  }
  if (commitAtMost <= maxCommitBytes) return;
  const bytes = writes.reduce((sum, write) => sum + sizeOf(write, countBytes), 0);
  if (bytes > maxCommitBytes) refuse(`A commit of ${bytes} bytes is larger than ${maxCommitBytes}.`);
}

/** Whether the write can succeed only where there is (true) or is not (false) a document; undefined when either will do. */
function needsDocument(write: Write): boolean | undefined {
  if (write.op === 'create') return false;
  if (write.precondition && 'exists' in write.precondition) return write.precondition.exists;
  return write.op === 'update' || write.precondition ? true : undefined;
}

type Measure = (text: string) => number;

const countBytes: Measure = (text) => Buffer.byteLength(text);

/** By Firestore's published rules for the size of a document. */
function sizeOf(write: Write, measure: Measure): number {
  const documentBytes = measure(write.path) + 1 + 48;
  return write.op === 'delete' ? documentBytes : documentBytes + sizeOfMap(kindOf(write.path), write.data, measure, 1);
}

function sizeOfMap(where: string, map: WriteData, measure: Measure, depth: number): number {
  if (depth > 20) refuse(`${where} is nested deeper than 20 levels.`);
  let bytes = 0;
  for (const name in map) {
    const value = map[name];
    if (value === undefined) continue;
    if (name === '' || isReserved(name) || loneSurrogate.test(name)) refuse(`${where} has a field with a bad name.`);
    bytes += measure(name) + 1 + (value === SERVER_TIME ? 8 : sizeOfValue(`${where} ${name}`, value, measure, depth));
  }
  return bytes;
}

function sizeOfValue(where: string, value: DocumentValue, measure: Measure, depth: number): number {
  switch (typeof value) {
    case 'string':
      if (loneSurrogate.test(value)) refuse(`${where} is not well-formed text: it holds half a surrogate pair.`);
      return measure(value) + 1;
    case 'number':
      return 8;
    case 'boolean':
      return 1;
    case 'object':
      break;
    default:
      return refuse(`${where} is of a type that no document holds.`);
  }
  if (value === null) return 1;
  if (value instanceof Date) {
    const epochMs = value.getTime();
    if (!(epochMs >= firstDateMs && epochMs <= lastDateMs)) refuse(`${where} is not a date of the years 1 to 9999.`);
    return 8;
  }
  if (isList(value)) {
    let bytes = 0;
    for (const element of value) {
      if (isList(element)) refuse(`${where} is a list directly within a list.`);
      bytes += sizeOfValue(where, element, measure, depth + 1);
    }
    return bytes;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    refuse(`${where} is an object with a class of its own.`);
  return sizeOfMap(where, value, measure, depth + 1);
}

function listOf(value: DocumentValue): readonly DocumentValue[] {
  return isList(value) ? value : refuse('`in` takes a list of values.');
}

function isList(value: DocumentValue): value is readonly DocumentValue[] {
  return Array.isArray(value);
}

function checkPath(path: string, parity: 0 | 1): void {
  const segments = path.split('/');
  const good =
    segments.length % 2 === parity &&
    segments.every(
      (segment) =>
        segment !== '' &&
        segment !== '.' &&
        segment !== '..' &&
        !isReserved(segment) &&
        !loneSurrogate.test(segment) &&
        (segment.length <= 500 || Buffer.byteLength(segment) <= 1500),
    );
  if (!good)
    refuse(`A path beginning with ${kindOf(path)} is not that of a ${parity === 0 ? 'document' : 'collection'}.`);
}

/** Errors name the collection only: ids may be addresses. */
function kindOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

function isReserved(name: string): boolean {
  return name.startsWith('__') && name.endsWith('__');
}

function refuse(message: string): never {
  throw new AttacheError('invalid', message);
}

// With the u flag a surrogate matches only where it is not half of a pair.
const loneSurrogate = /\p{Surrogate}/u;
const firstDateMs = Date.parse('0001-01-01T00:00:00Z');
const lastDateMs = Date.parse('9999-12-31T23:59:59.999Z');
