import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { AttacheError, type FieldError } from '../domain/errors';
import { type Caller, requireCapability, requireMailbox } from '../domain/grants';
import type { Logger } from './logger';
import type { Route } from './route';

export interface RouteInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** Called once the caller is known to be allowed; undefined is no body. */
  readonly readBody: () => Promise<unknown>;
}

export interface RouteContext {
  /** Undefined only on public routes. */
  readonly caller: Caller | undefined;
  readonly logger: Logger;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/**
 * One call of one route by one caller, whatever brought it here: is the mailbox visible, is the capability granted, is the
 * input valid, and only then the work. Throws what `requireMailbox` and `requireCapability` throw, AttacheError `invalid`
 * with every field that is wrong, and what the route's handler throws.
 */
export async function callRoute<Deps>(
  route: Route<Deps>,
  deps: Deps,
  input: RouteInput,
  context: RouteContext,
): Promise<unknown> {
  const { caller } = context;
  if (route.capability !== 'public') {
    if (!caller) throw new AttacheError('bug', `${route.operationId} was called without a caller.`);
    const mailbox = route.mailboxParam === undefined ? undefined : input.params[route.mailboxParam];
    if (mailbox !== undefined) requireMailbox(caller, mailbox);
    if (route.capability !== 'authenticated') requireCapability(caller, route.capability);
  }

  const body = await input.readBody();
  const errors: FieldError[] = [];
  const parsed = <Schema extends z.ZodType>(schema: Schema, part: string, value: unknown): unknown => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    errors.push(...result.error.issues.flatMap((issue) => fieldErrors(part, issue)));
    return undefined;
  };
  const request = {
    ...context,
    params: parsed(strict(route.params), 'params', input.params),
    query: parsed(strict(route.query), 'query', input.query),
    headers: { ...input.headers, ...(parsed(route.headers, 'header', declared(route.headers, input.headers)) ?? {}) },
    body: parsed(strict(route.body ?? NO_BODY), 'body', body),
  };
  if (errors.length > 0) throw invalidInput(errors);
  return route.handle(deps, request);
}

/** Whether a query parameter may be repeated. */
export function takesList(schema: z.core.$ZodType | undefined): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return takesList(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return takesList(schema.def.in);
  return schema instanceof z.ZodArray;
}

/** An empty object is what some clients send with every POST. */
const NO_BODY = z.strictObject({}).optional();

const strictCopies = new WeakMap<z.ZodType, z.ZodType>();

/** Unknown fields are refused by name, also where a route's author wrote `z.object`. */
function strict(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodObject) || schema.def.catchall) return schema;
  const known = strictCopies.get(schema) ?? schema.strict();
  strictCopies.set(schema, known);
  return known;
}

function declared(schema: z.ZodObject, headers: IncomingHttpHeaders): Record<string, unknown> {
  const names = Object.keys(schema.shape).filter((name) => headers[name.toLowerCase()] !== undefined);
  return Object.fromEntries(names.map((name) => [name, headers[name.toLowerCase()]]));
}

function fieldErrors(part: string, issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.reduce<string>(
    (whole, step) => (typeof step === 'number' ? `${whole}[${step}]` : `${whole}.${String(step)}`),
    part,
  );
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}.${key}`, message: 'unknown field' }));
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ path, message: isMissing ? 'required' : issue.message }];
}

function invalidInput(errors: readonly FieldError[]): AttacheError {
  const isHeader = errors.every(({ path }) => path.startsWith('header.'));
  const [{ path, message } = { path: '', message: '' }, ...more] = errors;
  return new AttacheError('invalid', `${path}: ${message}${more.length > 0 ? ` (and ${more.length} more)` : ''}`, {
    code: isHeader ? 'invalidHeader' : 'invalidInput',
    errors,
    fix: 'Mend the fields that errors names and send the request again.',
  });
}
