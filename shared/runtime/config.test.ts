import * as z from 'zod';
import { AttacheError } from '../domain/errors';
import {
  composeConfig,
  describeConfig,
  domainList,
  emailList,
  httpUrl,
  json,
  keyRule,
  loadConfig,
  positiveInteger,
  stringList,
} from './config';

const SECRET = 'hunter2-canary';

function failureOf(schema: z.ZodObject, env: Record<string, string>): AttacheError {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof AttacheError) return error;
  }
  throw new Error('expected an AttacheError');
}

test('the environment is parsed into typed values; what the schema does not name is left out', () => {
  const schema = z.object({
    URL: httpUrl(),
    PAGE_SIZE: positiveInteger().default(100),
    DENIED: emailList().default([]),
    AGENTS: json(z.record(z.string(), z.number())),
  });
  const config = loadConfig(schema, {
    URL: 'http://127.0.0.1:8080/',
    DENIED: 'A@x.org, b@x.org,',
    AGENTS: '{"a":1}',
    HOME: '/',
  });
  expect(config).toEqual({
    URL: 'http://127.0.0.1:8080/',
    PAGE_SIZE: 100,
    DENIED: ['a@x.org', 'b@x.org'],
    AGENTS: { a: 1 },
  });
});

test('an empty or blank value counts as absent', () => {
  const schema = z.object({ PAGE_SIZE: positiveInteger().default(100), NAME: z.string() });
  expect(loadConfig(schema, { PAGE_SIZE: '', NAME: 'x' }).PAGE_SIZE).toBe(100);
  expect(failureOf(schema, { NAME: ' ' }).errors).toEqual([{ path: 'NAME', message: 'required' }]);
});

test('every offending key is named at once, with what is expected', () => {
  const schema = z
    .object({ A: positiveInteger(), B: httpUrl(), C: z.enum(['x', 'y']), D: z.string(), E: z.string().optional() })
    .refine(({ C, E }) => C !== 'x' || E, keyRule('E', 'required while C is x'));
  const error = failureOf(schema, { A: '0', B: 'ftp://x', C: 'x' });
  expect(error.kind).toBe('invalid');
  expect(error.errors).toEqual([
    { path: 'A', message: 'expected a positive integer' },
    { path: 'B', message: 'expected an http or https URL' },
    { path: 'D', message: 'required' },
    { path: 'E', message: 'required while C is x' },
  ]);
  expect(error.message).toContain('A: expected a positive integer; B: expected an http or https URL; D: required');
});

test.each([
  ['httpUrl', httpUrl()],
  ['positiveInteger', positiveInteger()],
  ['emailList', emailList()],
  ['domainList', domainList()],
  ['enum', z.enum(['a', 'b'])],
  ['json that is no JSON', json(z.object({}))],
  ['a literal', z.literal('a')],
])('no value shows in an error: %s', (_, field) => {
  const error = failureOf(z.object({ KEY: field }), { KEY: `{${SECRET}` });
  expect(error.errors.map(({ path }) => path.split('.')[0])).toEqual(['KEY']);
  expect(JSON.stringify([error.message, error.errors, error.cause])).not.toContain(SECRET);
});

test('a fault inside JSON is named by its path', () => {
  const schema = z.object({ AGENTS: json(z.record(z.string(), z.strictObject({ rate: z.number() }))) });
  expect(failureOf(schema, { AGENTS: `{"a":{"rate":"${SECRET}"}}` }).errors).toEqual([
    { path: 'AGENTS.a.rate', message: 'Invalid input: expected number, received string' },
  ]);
});

test.each(['1e3', '-1', '1.5', '0x10', '01', '9'.repeat(16)])('%s is no positive integer', (text) => {
  expect(positiveInteger().safeParse(text).success).toBe(false);
});

test('composed schemas keep every key and every rule', () => {
  const first = z.object({ A: z.string().optional() }).refine(({ A }) => A !== 'bad', keyRule('A', 'not that one'));
  const second = z.object({ B: z.string().optional() }).refine(({ B }) => B !== 'bad', keyRule('B', 'nor that one'));
  const whole = composeConfig(first, second, z.object({ C: positiveInteger(), A: z.string().optional() }));
  const config = loadConfig(whole, { A: 'good', C: '3' });
  const typed: { A?: string | undefined; B?: string | undefined; C: number } = config;
  expect(typed).toEqual({ A: 'good', C: 3 });
  expect(failureOf(whole, { A: 'bad', B: 'bad' }).errors.map(({ path }) => path)).toEqual(['C', 'A', 'B']);
});

test('the table has one row per key, with every function that reads it', () => {
  const shared = z.object({
    PROJECT: z.string().describe('The project | its id'),
    RULES: stringList().default([]).describe('Rules'),
  });
  const table = describeConfig({
    tasks: composeConfig(shared, z.object({ LIMIT: positiveInteger().default(5).describe('Limit') })),
    meetings: composeConfig(shared, z.object({ LIMIT: positiveInteger().default(9).describe('Limit') })),
  });
  expect(table.split('\n')).toEqual([
    '| `LIMIT` | meetings, tasks | `5` or `9` | Limit |',
    '| `PROJECT` | meetings, tasks | required | The project \\| its id |',
    '| `RULES` | meetings, tasks | – | Rules |',
  ]);
});
