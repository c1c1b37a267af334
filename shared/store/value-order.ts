import type { DocumentValue } from '../domain/ports';

/**
 * Firestore's order of values: null, booleans, numbers (NaN first), timestamps, strings by their UTF-8 bytes, arrays, maps.
 * Negative, zero or positive, as for `Array.sort`. Zero and minus zero are equal.
 */
export function compareValues(left: DocumentValue, right: DocumentValue): number {
  const type = typeOf(left);
  const byType = type - typeOf(right);
  if (byType !== 0) return byType;
  switch (type) {
    case ValueType.null:
      return 0;
    case ValueType.string:
      return compareStrings(left as string, right as string);
    case ValueType.array:
      return compareLists(left as readonly DocumentValue[], right as readonly DocumentValue[]);
    case ValueType.map:
      return compareLists(sortedEntries(left as DocumentMap).flat(), sortedEntries(right as DocumentMap).flat());
    case ValueType.boolean:
    case ValueType.number:
    case ValueType.date:
      return compareNumbers(Number(left), Number(right));
  }
}

/** By the bytes of their UTF-8 form, which is not JavaScript's order: there a surrogate sorts below U+E000. */
export function compareStrings(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const difference = inCodePointOrder(left.charCodeAt(i)) - inCodePointOrder(right.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Inequalities match values of the same type only. */
export function sameType(left: DocumentValue, right: DocumentValue): boolean {
  return typeOf(left) === typeOf(right);
}

/** Stricter than the order: a write that turns 0 into -0 is a change. */
export function sameValue(left: DocumentValue | undefined, right: DocumentValue | undefined): boolean {
  if (Object.is(left, right)) return true;
  if (left == null || right == null || typeof left !== 'object' || typeof right !== 'object') return false;
  if (!sameType(left, right)) return false;
  if (left instanceof Date) return Number(left) === Number(right);
  const [leftFields, rightFields] = [left as DocumentMap, right as DocumentMap];
  const names = Object.keys(leftFields);
  return (
    names.length === Object.keys(rightFields).length &&
    names.every((name) => name in rightFields && sameValue(leftFields[name], rightFields[name]))
  );
}

type DocumentMap = { readonly [field: string]: DocumentValue | undefined };

enum ValueType {
  null,
  boolean,
  number,
  date,
  string,
  array,
  map,
}

function typeOf(value: DocumentValue): ValueType {
  if (value === null) return ValueType.null;
  switch (typeof value) {
    case 'boolean':
      return ValueType.boolean;
    case 'number':
      return ValueType.number;
    case 'string':
      return ValueType.string;
    default:
      if (value instanceof Date) return ValueType.date;
      return Array.isArray(value) ? ValueType.array : ValueType.map;
  }
}

function compareNumbers(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return Number(Number.isNaN(right)) - Number(Number.isNaN(left));
}

function compareLists(left: readonly DocumentValue[], right: readonly DocumentValue[]): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const difference = compareValues(left[i] ?? null, right[i] ?? null);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function sortedEntries(map: DocumentMap): [string, DocumentValue][] {
  return Object.entries(map)
    .map(([name, value]): [string, DocumentValue] => [name, value ?? null])
    .sort(([left], [right]) => compareStrings(left, right));
}

/** Lifts surrogates, which stand for code points above U+FFFF, over the code units U+E000 to U+FFFF. */
function inCodePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
