import * as z from 'zod';
import { buildOpenApi } from './openapi';
import { defineRoute } from './route';

const email = z.email().meta({ id: 'EmailAddress', description: 'An address' });
const meeting = z.object({ id: z.string(), host: email, next: z.array(email).optional() }).meta({ id: 'Meeting' });

const createMeeting = defineRoute({
  method: 'POST',
  path: '/v1/meetings',
  operationId: 'createMeeting',
  summary: 'Create a meeting',
  description: 'Books a slot.',
  capability: 'meetings.write',
  headers: z.object({ 'Idempotency-Key': z.string().describe('Chosen by the caller') }),
  body: z.object({ host: email, durationMinutes: z.int().default(30) }),
  response: { status: 201, schema: meeting, headers: { ETag: 'Version of the meeting' } },
  errors: [409],
  handle: async () => ({ id: '1', host: 'a@b.cc' }),
});

const listMessages = defineRoute({
  method: 'GET',
  path: '/v1/mailboxes/{email}/messages',
  operationId: 'listMessages',
  summary: 'List messages',
  capability: 'messages.read',
  mailboxParam: 'email',
  params: z.object({ email }),
  query: z.object({
    pageSize: z.coerce.number().int().max(500).default(100),
    labelIds: z.array(z.string()).optional(),
    q: z.string(),
  }),
  response: { status: 200, schema: z.object({ items: z.array(z.string()) }) },
  handle: async () => ({ items: [] }),
});

const callback = defineRoute({
  method: 'GET',
  path: '/v1/callback',
  operationId: 'callback',
  summary: 'Callback',
  capability: 'public',
  response: { status: 200, schema: z.string(), contentType: 'text/html' },
  handle: async () => '',
});

const description = { title: 'Attaché', version: '1.0.0', servers: [{ url: 'https://attache.example.com' }] };
const routes = [createMeeting, listMessages, callback];
const document = buildOpenApi(routes, description) as {
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: Record<string, Record<string, unknown>>;
};

test('it is an OpenAPI 3.1 document of all routes', () => {
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Attaché', version: '1.0.0' },
    servers: [{ url: 'https://attache.example.com' }],
  });
  expect(Object.keys(document.paths)).toEqual(['/v1/callback', '/v1/mailboxes/{email}/messages', '/v1/meetings']);
});

test('the order of the routes does not matter', () => {
  expect(JSON.stringify(buildOpenApi([...routes].reverse(), description))).toBe(JSON.stringify(document));
});

test('an operation has its parameters, body, answer, errors and capability', () => {
  expect(document.paths['/v1/meetings']?.post).toEqual({
    operationId: 'createMeeting',
    summary: 'Create a meeting',
    description: 'Books a slot.',
    'x-capability': 'meetings.write',
    parameters: [
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: true,
        description: 'Chosen by the caller',
        schema: { type: 'string' },
      },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              host: { $ref: '#/components/schemas/EmailAddress' },
              durationMinutes: expect.objectContaining({ type: 'integer', default: 30 }) as unknown,
            },
            required: ['host'],
            additionalProperties: false,
          },
        },
      },
    },
    responses: {
      201: {
        description: 'Created',
        headers: { ETag: { description: 'Version of the meeting', schema: { type: 'string' } } },
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Meeting' } } },
      },
      400: { $ref: '#/components/responses/BadRequest' },
      401: { $ref: '#/components/responses/Unauthorized' },
      403: { $ref: '#/components/responses/Forbidden' },
      409: { $ref: '#/components/responses/Conflict' },
      413: { $ref: '#/components/responses/PayloadTooLarge' },
      415: { $ref: '#/components/responses/UnsupportedMediaType' },
      422: { $ref: '#/components/responses/UnprocessableEntity' },
      429: { $ref: '#/components/responses/TooManyRequests' },
      500: { $ref: '#/components/responses/InternalServerError' },
      503: { $ref: '#/components/responses/ServiceUnavailable' },
    },
  });
});

test('parameters are required unless they may be left out', () => {
  expect(document.paths['/v1/mailboxes/{email}/messages']?.get?.parameters).toEqual([
    { name: 'email', in: 'path', required: true, schema: { $ref: '#/components/schemas/EmailAddress' } },
    {
      name: 'pageSize',
      in: 'query',
      required: false,
      schema: expect.objectContaining({ type: 'integer', maximum: 500 }) as unknown,
    },
    { name: 'labelIds', in: 'query', required: false, schema: { type: 'array', items: { type: 'string' } } },
    { name: 'q', in: 'query', required: true, schema: { type: 'string' } },
  ]);
});

test('a public route needs no credentials and says so', () => {
  expect(document.paths['/v1/callback']?.get).toMatchObject({
    security: [],
    responses: { 200: { content: { 'text/html': { schema: { type: 'string' } } } } },
  });
  expect(document.paths['/v1/callback']?.get?.responses).not.toHaveProperty('401');
});

test('schemas with an id are components, and answers may grow', () => {
  expect(Object.keys(document.components.schemas ?? {})).toEqual(['EmailAddress', 'Meeting', 'Problem']);
  expect(document.components.schemas?.Meeting).toEqual({
    type: 'object',
    properties: {
      id: { type: 'string' },
      host: { $ref: '#/components/schemas/EmailAddress' },
      next: { type: 'array', items: { $ref: '#/components/schemas/EmailAddress' } },
    },
    required: ['id', 'host'],
  });
});

test('every reference has its target', () => {
  const text = JSON.stringify(document);
  const targets = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(targets.length).toBeGreaterThan(10);
  for (const [, kind, name] of targets) expect(document.components[kind!]).toHaveProperty([name!]);
  expect(text).not.toContain('$defs');
});

test('an id for two different schemas is refused', () => {
  const other = {
    ...callback,
    path: '/v1/other',
    response: { status: 200, schema: z.object({ x: z.number() }).meta({ id: 'Twice' }) },
  };
  const another = { ...callback, body: z.strictObject({ y: z.number() }).meta({ id: 'Twice' }) };
  expect(() => buildOpenApi([other, another], description)).toThrow('Twice');
});

test('two routes for the same request are refused', () => {
  expect(() => buildOpenApi([callback, { ...callback, operationId: 'again' }], description)).toThrow(
    'GET /v1/callback',
  );
});

test('an object inside a body that would take unknown fields is refused', () => {
  const body = z.object({ attendees: z.array(z.object({ email })) });
  expect(() => buildOpenApi([{ ...createMeeting, body }], description)).toThrow('z.strictObject');
});
