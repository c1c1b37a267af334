import * as z from 'zod';
import { defineRoute } from './route';
import type { Deps } from './serve-routes.fixture';

describe('definitions', () => {
  test('params that do not fit the path are a bug at definition', () => {
    const define = (): unknown =>
      defineRoute({
        method: 'GET',
        path: '/v1/x/{id}',
        operationId: 'getX',
        summary: 'x',
        capability: 'public',
        params: z.object({ name: z.string() }),
        response: { status: 204 },
        handle: async (_deps: Deps) => undefined,
      });
    expect(define).toThrow('getX: params must declare exactly id.');
  });

  test('what a handler sees is typed by its schemas', () => {
    defineRoute({
      method: 'POST',
      path: '/v1/x/{id}/y/{name}:do',
      operationId: 'typed',
      summary: 'types only',
      capability: 'authenticated',
      query: z.object({ n: z.coerce.number() }),
      body: z.strictObject({ list: z.array(z.string()).default([]) }),
      response: { status: 200, schema: z.object({ n: z.number() }) },
      handle: async (deps: Deps, { params, query, body, caller }) => {
        const typed: [string, string, number, string[], string, readonly string[]] = [
          params.id,
          params.name,
          query.n,
          body.list,
          caller.id,
          deps.registered,
        ];
        // @ts-expect-error The path has no such parameter.
        void params.other;
        return { n: typed.length };
      },
    });
    defineRoute({
      method: 'GET',
      path: '/v1/x',
      operationId: 'wrong',
      summary: 'types only',
      capability: 'public',
      response: { status: 200, schema: z.object({ n: z.number() }) },
      // @ts-expect-error The answer does not fit its schema.
      handle: async (_deps: Deps) => ({ n: 'x' }),
    });
  });
});
