import { AttacheError } from '../domain/errors';

/** What a router needs of a route. */
export interface Routable {
  readonly method: string;
  /** Segments are literals, `{name}` or `{name}:verb`; `/v1/mailboxes/{email}:sync`. */
  readonly path: string;
}

export type Match<R> =
  | { readonly kind: 'found'; readonly route: R; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'methodNotAllowed'; readonly allow: readonly string[] }
  | { readonly kind: 'notFound' };

/**
 * Finds the route of a method and a raw, still encoded path. Literals win over parameters, and `HEAD` is served by `GET`.
 * A `:` in the path starts a verb; one that is part of an id is written `%3A`.
 * `find` throws AttacheError `invalid` with code `malformedPath` where a parameter cannot be decoded.
 */
export function createRouter<R extends Routable>(routes: readonly R[]) {
  const compiled = routes.map((route) => ({ route, segments: compile(route.path) }));
  compiled.sort((a, b) => rankOf(a.segments).localeCompare(rankOf(b.segments)));
  const seen = new Set<string>();
  for (const { route, segments } of compiled) {
    const shape = `${route.method} ${segments.map((segment) => segment.literal ?? `{}${segment.suffix}`).join('/')}`;
    if (seen.has(shape)) throw new AttacheError('bug', `Two routes answer ${shape}.`);
    seen.add(shape);
  }

  return {
    find(method: string, rawPath: string): Match<R> {
      const parts = rawPath.split('/').slice(1);
      const candidates = rawPath.startsWith('/') ? compiled.filter(({ segments }) => fits(segments, parts)) : [];
      if (candidates.length === 0) return { kind: 'notFound' };
      const wanted = method === 'HEAD' ? 'GET' : method;
      const found = candidates.find(({ route }) => route.method === wanted);
      if (found) return { kind: 'found', route: found.route, params: paramsOf(found.segments, parts) };
      const methods = candidates.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
      return { kind: 'methodNotAllowed', allow: [...new Set(methods)] };
    },
  };
}

/** The names of a path's parameters, in order. */
export function parameterNames(path: string): string[] {
  return compile(path).flatMap(({ param }) => param ?? []);
}

/** Either a literal, or a parameter with what must follow it: nothing or `:verb`. */
type Segment =
  | { readonly literal: string; readonly param?: undefined }
  | { readonly literal?: undefined; readonly param: string; readonly suffix: string };

function compile(path: string): Segment[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => {
      const [, param, suffix] = /^\{(\w+)\}((?::\w+)?)$/.exec(part) ?? [];
      return param === undefined || suffix === undefined ? { literal: part } : { param, suffix };
    });
}

function rankOf(segments: readonly Segment[]): string {
  return segments.map(({ param }) => (param === undefined ? '0' : '1')).join('');
}

function fits(segments: readonly Segment[], parts: readonly string[]): boolean {
  return (
    segments.length === parts.length &&
    segments.every((segment, index) => {
      const part = parts[index] ?? '';
      if (segment.param === undefined) return part === segment.literal;
      const value = valueOf(segment.suffix, part);
      return part.endsWith(segment.suffix) && value !== '' && !value.includes(':');
    })
  );
}

function paramsOf(segments: readonly Segment[], parts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  segments.forEach((segment, index) => {
    if (segment.param !== undefined) params[segment.param] = decoded(valueOf(segment.suffix, parts[index] ?? ''));
  });
  return params;
}

function valueOf(suffix: string, part: string): string {
  return part.slice(0, part.length - suffix.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new AttacheError('invalid', 'The path is not valid percent-encoded UTF-8.', {
      code: 'malformedPath',
      errors: [{ path: 'path', message: 'expected percent-encoded UTF-8' }],
      fix: 'Encode each part of the path as UTF-8, percent-encoded.',
      cause,
    });
  }
}
