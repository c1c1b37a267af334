import type { Write } from '../domain/ports';
import { translateFirestoreError } from './firestore-errors';

const create: Write = { op: 'create', path: 'locks/new', data: {} };
const update: Write = { op: 'update', path: 'mailboxes/ana', data: {} };
const compareAndSet: Write = { ...update, precondition: { updateTime: '1.000000000' } };
const setIfMissing: Write = { op: 'set', path: 'mailboxes/bo', data: {}, precondition: { exists: false } };
const deleteIfThere: Write = { op: 'delete', path: 'mailboxes/bo', precondition: { exists: true } };

describe("Firestore's errors become the product's own", () => {
  test.each<[number, string, Write[], string]>([
    [6, 'already exists', [create], 'conflict'],
    [6, 'already exists', [create, compareAndSet], 'conflict'],
    [6, 'already exists', [setIfMissing, update], 'preconditionFailed'],
    [
      6,
      'Document already exists: projects/p/databases/(default)/documents/locks/new',
      [create, setIfMissing],
      'conflict',
    ],
    [6, 'entity already exists: EntityRef{partitionRef=dev~p, path=/locks/new}', [create, setIfMissing], 'conflict'],
    [
      6,
      'entity already exists: EntityRef{partitionRef=dev~p, path=/mailboxes/bo}',
      [create, setIfMissing],
      'preconditionFailed',
    ],
    [5, 'no entity to update', [create, update], 'notFound'],
    [5, 'no entity to update', [create, deleteIfThere], 'preconditionFailed'],
    [
      5,
      'No document to update: projects/p/databases/(default)/documents/mailboxes/ana',
      [update, deleteIfThere],
      'notFound',
    ],
    [
      5,
      'No document to update: projects/p/databases/(default)/documents/mailboxes/bo',
      [update, deleteIfThere],
      'preconditionFailed',
    ],
    [5, 'The database (default) does not exist', [], 'bug'],
    [
      9,
      'the stored version (2) does not match the required base version (1)',
      [create, compareAndSet],
      'preconditionFailed',
    ],
    [9, 'The query requires an index.', [], 'bug'],
    [9, 'not available for Firestore in Datastore Mode', [create], 'bug'],
    [3, 'name is longer than 1500 bytes', [create], 'invalid'],
    [11, 'out of range', [create], 'invalid'],
    [7, 'Missing or insufficient permissions.', [create], 'forbidden'],
    [10, 'Transaction lock timeout.', [create], 'unavailable'],
    [1, 'cancelled', [create], 'unavailable'],
    [2, 'unknown', [create], 'unavailable'],
    [4, 'Deadline exceeded', [create], 'unavailable'],
    [8, 'quota', [create], 'unavailable'],
    [13, 'RST_STREAM', [create], 'unavailable'],
    [14, 'connect ECONNREFUSED', [create], 'unavailable'],
    [16, 'token', [create], 'unavailable'],
  ])('code %i, %s', (code, message, writes, kind) => {
    const error = Object.assign(new Error(`${code} CODE: ${message}`), { code });
    const translated = translateFirestoreError(error, writes);
    expect(translated).toMatchObject({ name: 'AttacheError', kind, cause: error });
  });

  test('an error of ours stays what it is, one without a gRPC code is a bug', () => {
    const ours = translateFirestoreError(Object.assign(new Error('x'), { code: 14 }));
    expect(translateFirestoreError(ours)).toBe(ours);
    const strange = Object.assign(new Error('x'), { code: 'ENOENT' });
    expect(translateFirestoreError(strange)).toMatchObject({ kind: 'bug', cause: strange });
  });
});
