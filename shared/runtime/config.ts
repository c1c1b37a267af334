import * as z from 'zod';
import { AttacheError, type FieldError } from '../domain/errors';

/**
 * The environment, parsed once at start. An empty value counts as absent.
 * Throws AttacheError `invalid` that names every offending key and what is expected there, and never a value.
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>> = process.env,
): z.output<Schema> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const result = schema.safeParse(present);
  if (result.success) return result.data;

  const errors = result.error.issues.map((issue): FieldError => ({
    path: issue.path.join('.'),
    message: expectationOf(issue, present),
  }));
  throw new AttacheError(
    'invalid',
    `The environment is not complete: ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    { code: 'invalidConfig', errors, fix: 'Set these environment variables and start again.' },
  );
}

/** One schema of all keys and rules of several; `extend` and a spread `shape` would drop the rules across keys. */
export function composeConfig<const Parts extends readonly z.ZodObject[]>(
  ...parts: Parts
): z.ZodObject<MergedShape<Parts>> {
  const merged = parts.reduce<z.ZodObject>(
    (whole, part) =>
      whole.safeExtend(part.shape).check(...((part.def.checks ?? []) as z.core.$ZodCheck<Record<string, unknown>>[])),
    z.object({}),
  );
  return merged as z.ZodObject<MergedShape<Parts>>;
}

type MergedShape<Parts extends readonly z.ZodObject[]> = Parts extends readonly [
  infer First extends z.ZodObject,
  ...infer Rest extends readonly z.ZodObject[],
]
  ? First['shape'] & MergedShape<Rest>
  : Record<never, z.ZodType>;

/**
 * The options of a rule across keys: `schema.refine(({ A, B }) => …, keyRule('B', 'required while A is on'))`. The rule runs
 * even when other keys are wrong, so that one start names everything there is to mend; it must bear absent values.
 */
export function keyRule(key: string, message: string) {
  return { path: [key], message, when: () => true };
}

/**
 * The rows of the configuration table, by key: key, functions that read it, default (or `required`), meaning. The keys of
 * `schemas` are the names of the functions.
 */
export function describeConfig(schemas: Readonly<Record<string, z.ZodObject>>): string {
  const rows = new Map<string, { functions: string[]; fallbacks: Set<string>; meaning: string }>();
  for (const [name, schema] of Object.entries(schemas)) {
    for (const [key, field] of Object.entries<z.ZodType>(schema.shape)) {
      const row = rows.get(key) ?? { functions: [], fallbacks: new Set<string>(), meaning: field.description ?? '' };
      row.functions.push(name);
      row.fallbacks.add(fallbackOf(field));
      rows.set(key, row);
    }
  }
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([key, { functions, fallbacks, meaning }]) =>
        `| \`${key}\` | ${functions.sort().join(', ')} | ${[...fallbacks].join(' or ')} | ${meaning.replaceAll('|', '\\|')} |`,
    )
    .join('\n');
}

// ── Pieces ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });
}

export function positiveInteger() {
  return z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'expected a positive integer')
    .transform(Number);
}

export function stringList() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** Comma-separated, lower-cased. */
export function emailList() {
  return stringList().pipe(z.array(z.email('expected addresses, separated by commas').toLowerCase()));
}

/** Comma-separated, lower-cased. */
export function domainList() {
  const domain = z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'expected domains such as example.com, separated by commas');
  return stringList().pipe(z.array(domain));
}

/** JSON text of the given shape. */
export function json<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        // The parser's own message quotes the text, which may hold a secret.
        context.addIssue({ code: 'custom', message: 'expected JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

function expectationOf(issue: z.core.$ZodIssue, present: Readonly<Record<string, unknown>>): string {
  const isAbsent = issue.path.length === 1 && !(String(issue.path[0]) in present);
  return isAbsent && issue.code !== 'custom' ? 'required' : issue.message;
}

function fallbackOf(field: z.ZodType): string {
  const absent = field.safeParse(undefined);
  if (!absent.success) return 'required';
  const { data } = absent;
  if (data === undefined || (Array.isArray(data) && data.length === 0)) return '–';
  return `\`${typeof data === 'string' ? data : JSON.stringify(data)}\``;
}
