import type { DocumentSnapshot, DocumentValue, Query } from '../domain/ports';
import { compareStrings, compareValues, sameType } from './value-order';

/**
 * What Firestore answers to `query` when the collection holds `documents`: inequalities match values of their own type only,
 * a document without a field of the order is left out, ties are broken by id in the direction of the order.
 */
export function runQuery(
  documents: Iterable<DocumentSnapshot>,
  { where = [], orderBy, startAfter, limit }: Query,
): DocumentSnapshot[] {
  const conditions = where.map(({ field, ...condition }) => ({ read: reader(field), ...condition }));
  const position = orderBy ? reader(orderBy.field) : () => null;
  const thenPosition = orderBy?.thenBy === undefined ? () => null : reader(orderBy.thenBy);
  const sign = orderBy?.direction === 'desc' ? -1 : 1;
  const order = (left: Position, right: Position): number =>
    sign *
    (compareValues(left.value, right.value) ||
      compareValues(left.thenValue, right.thenValue) ||
      compareStrings(left.id, right.id));
  const cursor = startAfter && {
    value: startAfter.value ?? null,
    thenValue: startAfter.thenValue ?? null,
    id: startAfter.id,
  };

  const found: (Position & { readonly document: DocumentSnapshot })[] = [];
  for (const document of documents) {
    const value = position(document);
    const thenValue = thenPosition(document);
    if (value === undefined || thenValue === undefined) continue;
    if (!conditions.every(({ read, op, value: wanted }) => matches(read(document), op, wanted))) continue;
    const candidate = { value, thenValue, id: document.id, document };
    if (cursor === undefined || order(candidate, cursor) > 0) found.push(candidate);
  }
  return found
    .sort(order)
    .slice(0, limit)
    .map(({ document }) => document);
}

interface Position {
  readonly value: DocumentValue;
  readonly thenValue: DocumentValue;
  readonly id: string;
}

type Operator = NonNullable<Query['where']>[number]['op'];

function matches(value: DocumentValue | undefined, op: Operator, wanted: DocumentValue): boolean {
  if (value === undefined) return false;
  switch (op) {
    case '==':
      return compareValues(value, wanted) === 0;
    case 'in':
      return contains(wanted, value);
    case 'array-contains':
      return contains(value, wanted);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return sameType(value, wanted) && !Number.isNaN(value) && inequality[op](compareValues(value, wanted));
  }
}

const inequality = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
};

function contains(list: DocumentValue, wanted: DocumentValue): boolean {
  return Array.isArray(list) && list.some((element: DocumentValue) => compareValues(element, wanted) === 0);
}

/** Reads a field; a dot leads into a map. */
function reader(field: string): (document: DocumentSnapshot) => DocumentValue | undefined {
  if (!field.includes('.')) return ({ data }) => data[field];
  const names = field.split('.');
  return ({ data }) => names.reduce<DocumentValue | undefined>((value, name) => fieldOf(value, name), data);
}

function fieldOf(value: DocumentValue | undefined, name: string): DocumentValue | undefined {
  if (value == null || typeof value !== 'object' || value instanceof Date || Array.isArray(value)) return undefined;
  return (value as { readonly [field: string]: DocumentValue | undefined })[name];
}
