import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import { parameterNames } from './match-path';
import { problem } from './problem';
import type { Route } from './route';

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The OpenAPI 3.1 document of the routes, the same for the same routes, whatever their order. Schemas with `.meta({ id })`
 * become components; one that reads differently in requests and in answers needs two ids, else this throws.
 */
export function buildOpenApi(routes: readonly Route<never>[], { title, version, servers }: ApiDescription): Json {
  const requests = new SchemaWriter('input');
  const answers = new SchemaWriter('output');
  const problemSchema = answers.write(problem);

  const paths: Record<string, Record<string, Json>> = {};
  for (const route of [...routes].sort(byPathAndMethod)) {
    const operations = (paths[route.path] ??= {});
    const method = route.method.toLowerCase();
    if (operations[method]) throw new AttacheError('bug', `Two routes answer ${route.method} ${route.path}.`);
    operations[method] = operationOf(route, requests, answers);
  }

  const statuses = [...new Set(routes.flatMap(errorStatuses))].sort();
  return {
    openapi: '3.1.0',
    info: { title, version },
    ...(servers && { servers }),
    security: [{ googleIdToken: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: mergedSchemas(requests.components, answers.components),
      responses: Object.fromEntries(
        statuses.map((status) => [problemName(status), problemResponse(status, problemSchema)]),
      ),
      securitySchemes: {
        googleIdToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A Google-signed ID token of a configured account, or an API key',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

function operationOf(route: Route<never>, requests: SchemaWriter, answers: SchemaWriter): Json {
  const { response } = route;
  const parameters = [
    ...parametersOf('path', route.params, requests, parameterNames(route.path)),
    ...parametersOf('query', route.query, requests),
    ...parametersOf('header', route.headers, requests),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    'x-capability': route.capability,
    ...(route.capability === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: requests.write(route.body, { isBody: true }) } },
      },
    }),
    responses: {
      [response.status]: {
        description: STATUS_CODES[response.status] ?? 'Success',
        ...(response.headers && {
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, description]) => [
              name,
              { description, schema: { type: 'string' } },
            ]),
          ),
        }),
        ...(response.schema && {
          content: { [response.contentType ?? 'application/json']: { schema: answers.write(response.schema) } },
        }),
      },
      ...Object.fromEntries(
        errorStatuses(route).map((status) => [status, { $ref: `#/components/responses/${problemName(status)}` }]),
      ),
    },
  };
}

function parametersOf(
  place: string,
  schema: z.ZodObject,
  requests: SchemaWriter,
  names = Object.keys(schema.shape),
): Json[] {
  const shape: Readonly<Record<string, z.ZodType>> = schema.shape;
  return names.flatMap((name) => {
    const field = shape[name];
    if (!field) return [];
    const { description, ...json } = requests.write(field);
    return {
      name,
      in: place,
      required: place === 'path' || !field.safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema: json,
    };
  });
}

/** What can go wrong on any route of this kind, and what the route adds. */
function errorStatuses(route: Route<never>): number[] {
  const takesInput = [route.params, route.query, route.headers].some(({ shape }) => Object.keys(shape).length > 0);
  const statuses = [500, 503, ...route.errors];
  if (route.capability !== 'public') statuses.push(401, 429);
  if (route.capability !== 'public' && route.capability !== 'authenticated') statuses.push(403);
  if (route.mailboxParam !== undefined) statuses.push(404);
  if (route.body) statuses.push(400, 413, 415);
  if (Object.keys(route.headers.shape).length > 0) statuses.push(400);
  if (route.body || takesInput) statuses.push(422);
  return [...new Set(statuses)].sort();
}

function problemName(status: number): string {
  return (STATUS_CODES[status] ?? `Status ${status}`).replaceAll(/[^A-Za-z0-9]/g, '');
}

function problemResponse(status: number, schema: Json): Json {
  const headers = {
    ...(status === 401 && { 'WWW-Authenticate': { schema: { type: 'string' } } }),
    ...((status === 429 || status === 503) && {
      'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
    }),
  };
  return {
    description: STATUS_CODES[status] ?? 'Error',
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/problem+json': { schema } },
  };
}

/** Writes zod schemas as JSON Schema, with references into the components, which it collects. */
class SchemaWriter {
  readonly components = new Map<string, Json>();

  constructor(private readonly io: 'input' | 'output') {}

  write(schema: z.ZodType, { isBody = false }: { readonly isBody?: boolean } = {}): Json {
    const {
      $schema: _,
      $defs = {},
      ...json
    } = z.toJSONSchema(schema, {
      io: this.io,
      override: ({ zodSchema, jsonSchema }) => {
        if (!(zodSchema instanceof z.ZodObject) || zodSchema.def.catchall) return;
        // Answers may grow. What a request carries is refused by name where it is unknown: `callRoute` sees to that for
        // the outermost object, whoever wrote the route must for the ones inside.
        if (!isBody) delete jsonSchema.additionalProperties;
        else if (zodSchema === schema) jsonSchema.additionalProperties = false;
        else throw new AttacheError('bug', 'An object inside a request body is not declared with z.strictObject.');
      },
    });
    for (const [id, definition] of Object.entries($defs)) {
      const written = referring(definition);
      const known = this.components.get(id);
      if (known && JSON.stringify(known) !== JSON.stringify(written)) throw ambiguousId(id);
      this.components.set(id, written);
    }
    return referring(json);
  }
}

function referring(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : value,
  ) as Json;
}

function mergedSchemas(...sources: readonly ReadonlyMap<string, Json>[]): Json {
  const merged = new Map<string, Json>();
  for (const [id, schema] of sources.flatMap((source) => [...source])) {
    const known = merged.get(id);
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) throw ambiguousId(id);
    merged.set(id, schema);
  }
  return Object.fromEntries([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ambiguousId(id: string): AttacheError {
  return new AttacheError('bug', `The schema ${id} reads differently in different places: give each its own id.`);
}

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];

function byPathAndMethod(a: Route<never>, b: Route<never>): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return METHODS.indexOf(a.method) - METHODS.indexOf(b.method);
}
