import * as fc from 'fast-check';
import { createRouter, parameterNames, type Routable } from './match-path';

const routes = [
  { method: 'GET', path: '/v1/mailboxes' },
  { method: 'GET', path: '/v1/mailboxes/{email}' },
  { method: 'PUT', path: '/v1/mailboxes/{email}' },
  { method: 'POST', path: '/v1/mailboxes/{email}:sync' },
  { method: 'GET', path: '/v1/mailboxes/{email}/messages/{id}' },
  { method: 'POST', path: '/v1/mailboxes/{email}/messages:send' },
  { method: 'POST', path: '/v1/mailboxes/{email}/messages/{id}:modifyLabels' },
  { method: 'GET', path: '/v1/meetings/{id}' },
  { method: 'GET', path: '/v1/meetings/upcoming' },
  { method: 'DELETE', path: '/v1/meetings/{id}' },
] satisfies Routable[];
const router = createRouter(routes);

function found(method: string, path: string): unknown {
  const match = router.find(method, path);
  return match.kind === 'found' ? [match.route.path, match.params] : match;
}

test.each([
  ['GET', '/v1/mailboxes', '/v1/mailboxes', {}],
  ['GET', '/v1/mailboxes/ana%40example.com', '/v1/mailboxes/{email}', { email: 'ana@example.com' }],
  ['GET', '/v1/mailboxes/ana@example.com', '/v1/mailboxes/{email}', { email: 'ana@example.com' }],
  ['POST', '/v1/mailboxes/ana@example.com:sync', '/v1/mailboxes/{email}:sync', { email: 'ana@example.com' }],
  ['POST', '/v1/mailboxes/a/messages:send', '/v1/mailboxes/{email}/messages:send', { email: 'a' }],
  ['POST', '/v1/mailboxes/a/messages/7:modifyLabels', routes[6]!.path, { email: 'a', id: '7' }],
  ['GET', '/v1/meetings/upcoming', '/v1/meetings/upcoming', {}],
  ['DELETE', '/v1/meetings/upcoming', '/v1/meetings/{id}', { id: 'upcoming' }],
  ['HEAD', '/v1/mailboxes', '/v1/mailboxes', {}],
  ['GET', '/v1/meetings/a%2Fb%3Ac', '/v1/meetings/{id}', { id: 'a/b:c' }],
])('%s %s is %s', (method, path, template, params) => {
  expect(found(method, path)).toEqual([template, params]);
});

test.each([
  '/',
  '',
  '/v1',
  '/v1/mailboxes/',
  '/v1/mailboxes/a:unknownVerb',
  '/v1/mailboxes/:sync',
  '/v1/mailboxes/a%3Async:other',
  '/v1//mailboxes',
  'v1/mailboxes',
  '/x/v1/mailboxes',
  'http://evil.org/v1/mailboxes',
])('%j is nowhere', (path) => {
  expect(router.find('POST', path)).toEqual({ kind: 'notFound' });
});

test('an encoded colon is part of the id, never a verb', () => {
  expect(router.find('POST', '/v1/mailboxes/a%3Async')).toEqual({
    kind: 'methodNotAllowed',
    allow: ['GET', 'HEAD', 'PUT'],
  });
});

test('a known path with another method names the methods it has', () => {
  expect(router.find('PATCH', '/v1/meetings/upcoming')).toEqual({
    kind: 'methodNotAllowed',
    allow: ['GET', 'HEAD', 'DELETE'],
  });
});

test.each(['/v1/meetings/%', '/v1/meetings/%zz', '/v1/meetings/%ff'])('%s is refused as malformed', (path) => {
  expect(() => router.find('GET', path)).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'malformedPath' }) as Error,
  );
});

test('two routes for the same request are a bug, found at start', () => {
  const twice = [
    { method: 'GET', path: '/a/{x}' },
    { method: 'GET', path: '/a/{y}' },
  ];
  expect(() => createRouter(twice)).toThrow('Two routes answer GET a/{}');
});

test('parameter names are read from the path', () => {
  expect(parameterNames('/v1/mailboxes/{email}/messages/{id}:modifyLabels')).toEqual(['email', 'id']);
});

const id = fc.string({ unit: 'binary', minLength: 1 });

test('every encoded id comes out as it went in, at its own route', () => {
  fc.assert(
    fc.property(id, id, (email, message) => {
      const path = `/v1/mailboxes/${encodeURIComponent(email)}/messages/${encodeURIComponent(message)}`;
      expect(found('GET', path)).toEqual(['/v1/mailboxes/{email}/messages/{id}', { email, id: message }]);
      expect(found('POST', `${path}:modifyLabels`)).toEqual([routes[6]!.path, { email, id: message }]);
    }),
  );
});

test('no path at all makes the router throw anything but malformedPath', () => {
  const hostile = fc.array(
    fc.constantFrom('/', 'v1', 'mailboxes', 'a', ':', 'sync', '%', '%2F', '..', '{email}', '\0'),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom('GET', 'POST', 'TRACE'), (parts, method) => {
      try {
        router.find(method, `/${parts.join('')}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'malformedPath' });
      }
    }),
  );
});
