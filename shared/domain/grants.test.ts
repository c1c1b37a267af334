import * as fc from 'fast-check';
import { AttacheError } from './errors';
import {
  type Caller,
  agentGrants,
  callerOf,
  can,
  requireCapability,
  requireMailbox,
  sees,
  unknownMailbox,
} from './grants';

const nobody: Caller = { id: 'nobody', capabilities: [], mailboxes: [], domains: [] };
const ana: Caller = { ...nobody, id: 'ana', mailboxes: ['ana@example.com'], capabilities: ['messages.read'] };
const everyone: Caller = { ...nobody, id: 'everyone', domains: ['example.com'] };

test('a caller without grants sees no mailbox and can do nothing', () => {
  fc.assert(fc.property(fc.emailAddress(), (email) => !sees(nobody, email)));
  expect(can(nobody, 'messages.read')).toBe(false);
});

test('a listed mailbox is seen in any case of letters, and no other mailbox is', () => {
  expect(sees(ana, 'Ana@EXAMPLE.com')).toBe(true);
  expect(sees(ana, 'bob@example.com')).toBe(false);
  expect(sees(ana, 'xana@example.com')).toBe(false);
});

test.each(['bob@example.com', 'Bob@Example.Com'])('a domain covers %s', (mailbox) => {
  expect(sees(everyone, mailbox)).toBe(true);
});

test.each([
  'bob@evil-example.com',
  'bob@sub.example.com',
  'bob@example.com.evil.org',
  'bob@example.co',
  'bob@example.com@evil.org',
  'bob@evil.org@example.com',
  '@example.com',
  'example.com',
  'bob@',
  '',
])('a domain does not cover %j', (mailbox) => {
  expect(sees(everyone, mailbox)).toBe(false);
});

test('a capability is granted by its whole name', () => {
  expect(can(ana, 'messages.read')).toBe(true);
  expect(can(ana, 'mailboxes.read')).toBe(false);
  expect(() => requireCapability(ana, 'messages.read')).not.toThrow();
  const refusal = {
    kind: 'forbidden',
    code: 'missingCapability',
    fix: expect.stringContaining('tasks.write') as string,
  };
  expect(() => requireCapability(ana, 'tasks.write')).toThrow(expect.objectContaining(refusal) as Error);
});

test('a mailbox that may not be seen is refused like one that does not exist', () => {
  expect(() => requireMailbox(ana, 'ana@example.com')).not.toThrow();
  const refused = ((): unknown => {
    try {
      return requireMailbox(ana, 'bob@example.com');
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(AttacheError);
  expect(refused).toEqual(unknownMailbox('bob@example.com'));
});

test('the agents map is normalised to lower case, with nothing granted that is not named', () => {
  const { writer } = agentGrants.parse({
    writer: {
      emails: ['Bot@Example.com'],
      domains: ['Example.COM'],
      capabilities: [],
      apiKeySha256: ['AB'.repeat(32)],
    },
  });
  expect(writer).toEqual({
    emails: ['bot@example.com'],
    apiKeySha256: ['ab'.repeat(32)],
    mailboxes: [],
    domains: ['example.com'],
    capabilities: [],
  });
  expect(callerOf('writer', writer!)).toEqual({
    id: 'writer',
    capabilities: [],
    mailboxes: [],
    domains: ['example.com'],
    ratePerMinute: undefined,
  });
});

test.each([
  ['an unknown capability', { a: { capabilities: ['everything'] } }],
  ['no capabilities at all', { a: {} }],
  ['an unknown field', { a: { capabilities: [], admin: true } }],
  ['a domain with a wildcard', { a: { capabilities: [], domains: ['*.example.com'] } }],
  ['a domain with an at sign', { a: { capabilities: [], domains: ['@example.com'] } }],
  ['a mailbox that is no address', { a: { capabilities: [], mailboxes: ['example.com'] } }],
  ['an API key in place of its digest', { a: { capabilities: [], apiKeySha256: ['atk_secret'] } }],
  [
    'one account for two agents',
    { a: { capabilities: [], emails: ['x@y.zz'] }, b: { capabilities: [], emails: ['X@y.zz'] } },
  ],
])('the agents map is refused with %s', (_, agents) => {
  expect(agentGrants.safeParse(agents).success).toBe(false);
});
