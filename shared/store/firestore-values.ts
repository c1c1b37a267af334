import { AttacheError } from '../domain/errors';
import {
  SERVER_TIME,
  type DocumentData,
  type DocumentSnapshot,
  type DocumentValue,
  type Precondition,
  type Query,
  type WhereOperator,
  type Write,
  type WriteData,
} from '../domain/ports';
import type { FirestoreClient } from './firestore-client';

type CommitRequest = NonNullable<Parameters<FirestoreClient['commit']>[0]>;
type QueryRequest = NonNullable<Parameters<FirestoreClient['runQuery']>[0]>;
type StructuredQuery = NonNullable<QueryRequest['structuredQuery']>;
type Filter = NonNullable<StructuredQuery['where']>;
type WireWrite = NonNullable<CommitRequest['writes']>[number];
export type WireDocument = NonNullable<WireWrite['update']>;
type WireFields = NonNullable<WireDocument['fields']>;
type WireValue = WireFields[string];
type WireTimestamp = NonNullable<WireValue['timestampValue']>;

/** `documents` is the name of the root: `projects/…/databases/…/documents`. */
export function encodeWrite(documents: string, write: Write): WireWrite {
  const name = `${documents}/${write.path}`;
  if (write.op === 'delete') return { delete: name, ...encodePrecondition(write.precondition) };
  const fields = encodeFields(write.data);
  const updateTransforms = Object.keys(write.data)
    .filter((field) => write.data[field] === SERVER_TIME)
    .map((field) => ({ fieldPath: quote(field), setToServerValue: 'REQUEST_TIME' as const }));
  const encoded = { update: { name, fields }, updateTransforms };
  switch (write.op) {
    case 'create':
      return { ...encoded, ...encodePrecondition({ exists: false }) };
    case 'set':
      return { ...encoded, ...encodePrecondition(write.precondition) };
    case 'update': {
      const updateMask = { fieldPaths: Object.keys(fields).map(quote) };
      return { ...encoded, updateMask, ...encodePrecondition(write.precondition ?? { exists: true }) };
    }
  }
}

export function encodeQuery(documents: string, query: Query): QueryRequest {
  const { collection, where = [], orderBy, startAfter, limit } = query;
  const slash = collection.lastIndexOf('/');
  const direction = orderBy?.direction === 'desc' ? 'DESCENDING' : 'ASCENDING';
  const position = (id: string): WireValue => ({ referenceValue: `${documents}/${collection}/${id}` });
  return {
    parent: slash < 0 ? documents : `${documents}/${collection.slice(0, slash)}`,
    structuredQuery: {
      from: [{ collectionId: collection.slice(slash + 1) }],
      ...(where.length > 0 && { where: { compositeFilter: { op: 'AND', filters: where.map(encodeCondition) } } }),
      orderBy: [...orderFields(query).map(fieldPath), '__name__'].map((path) => ({
        field: { fieldPath: path },
        direction,
      })),
      ...(startAfter && {
        startAt: {
          values: [
            ...[startAfter.value, startAfter.thenValue].filter((value) => value !== undefined).map(encodeValue),
            position(startAfter.id),
          ],
          before: false,
        },
      }),
      limit: { value: limit },
    },
  };
}

function orderFields({ orderBy }: Query): string[] {
  return [orderBy?.field, orderBy?.thenBy].filter((field) => field !== undefined);
}

export function decodeDocument(documents: string, { name, fields, updateTime }: WireDocument): DocumentSnapshot {
  const path = (name ?? '').slice(documents.length + 1);
  return {
    path,
    id: path.slice(path.lastIndexOf('/') + 1),
    data: decodeFields(fields ?? {}),
    updateTime: decodeVersion(updateTime),
  };
}

/** Versions keep Firestore's full precision, which a Date would cut. */
export function decodeVersion(time: WireTimestamp | null | undefined): string {
  return time ? `${String(time.seconds ?? 0)}.${String(time.nanos ?? 0).padStart(9, '0')}` : '';
}

function encodePrecondition(precondition: Precondition | undefined): Pick<WireWrite, 'currentDocument'> {
  if (!precondition) return {};
  if ('exists' in precondition) return { currentDocument: precondition };
  const [, seconds, nanos] = /^(-?\d+)\.(\d{9})$/.exec(precondition.updateTime) ?? [];
  // What was never a version is not the document's version either.
  if (seconds === undefined)
    throw new AttacheError('preconditionFailed', 'The version named is not one of a document.');
  return { currentDocument: { updateTime: { seconds, nanos: Number(nanos) } } };
}

const operators = {
  '==': 'EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
  in: 'IN',
  'array-contains': 'ARRAY_CONTAINS',
} as const satisfies Record<WhereOperator, string>;

function encodeCondition({ field, op, value }: NonNullable<Query['where']>[number]): Filter {
  const path = { fieldPath: fieldPath(field) };
  if (value === null) return { unaryFilter: { field: path, op: 'IS_NULL' } };
  if (Number.isNaN(value)) return { unaryFilter: { field: path, op: 'IS_NAN' } };
  return { fieldFilter: { field: path, op: operators[op], value: encodeValue(value) } };
}

function encodeFields(data: WriteData): WireFields {
  const fields: WireFields = {};
  for (const name in data) {
    const value = data[name];
    if (value !== undefined && value !== SERVER_TIME) fields[name] = encodeValue(value);
  }
  return fields;
}

function encodeValue(value: DocumentValue): WireValue {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { booleanValue: value };
    case 'number':
      // Minus zero is a double only.
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? { integerValue: value } : { doubleValue: value };
    default:
      break;
  }
  if (value instanceof Date) return { timestampValue: encodeDate(value) };
  if (isList(value)) return { arrayValue: { values: value.map(encodeValue) } };
  return { mapValue: { fields: encodeFields(value) } };
}

function encodeDate(date: Date): WireTimestamp {
  const seconds = Math.floor(date.getTime() / 1_000);
  return { seconds, nanos: (date.getTime() - seconds * 1_000) * 1_000_000 };
}

function decodeFields(fields: WireFields): DocumentData {
  const data: Record<string, DocumentValue> = {};
  for (const name in fields) data[name] = decodeValue(fields[name] ?? {});
  return data;
}

function decodeValue(value: WireValue): DocumentValue {
  if (value.stringValue != null) return value.stringValue;
  if (value.integerValue != null) return Number(value.integerValue);
  if (value.doubleValue != null) return value.doubleValue;
  if (value.booleanValue != null) return value.booleanValue;
  if (value.nullValue != null) return null;
  if (value.mapValue) return decodeFields(value.mapValue.fields ?? {});
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(decodeValue);
  if (value.timestampValue) return decodeDate(value.timestampValue);
  throw new AttacheError('bug', 'A document holds a value of a type that this bundle does not write.');
}

function decodeDate({ seconds, nanos }: WireTimestamp): Date {
  return new Date(Number(seconds) * 1_000 + Math.floor((nanos ?? 0) / 1_000_000));
}

function isList(value: DocumentValue): value is readonly DocumentValue[] {
  return Array.isArray(value);
}

/** In a query a dot leads into a map, in a document it is a character like any other. */
function fieldPath(field: string): string {
  return field.split('.').map(quote).join('.');
}

function quote(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
