import { GoogleApiError } from './google-api-error';

type Mask = Map<string, Mask>;

/** Keeps what Google's `fields` parameter names: `a,b/c,d(e,f)`, with `*` for any field. Arrays are masked by element. */
export function applyFieldMask(value: unknown, fields: string): unknown {
  const tokens = fields.match(/[^,/()\s]+|[,/()]/g) ?? [];
  const mask = parseList(tokens, fields);
  if (tokens.length > 0) throw invalidSelection(fields);
  return keep(value, mask);
}

function keep(value: unknown, mask: Mask): unknown {
  if (mask.size === 0 || mask.has('*') || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((element: unknown) => keep(element, mask));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      const inner = mask.get(name);
      return inner ? [[name, keep(field, inner)]] : [];
    }),
  );
}

function parseList(tokens: string[], fields: string): Mask {
  const mask: Mask = new Map();
  do {
    const name = tokens.shift();
    if (name === undefined || /^[,/()]$/.test(name)) throw invalidSelection(fields);
    mask.set(name, parseInner(tokens, fields));
  } while (tokens[0] === ',' && tokens.shift());
  return mask;
}

function parseInner(tokens: string[], fields: string): Mask {
  if (tokens[0] === '/') {
    tokens.shift();
    const name = tokens.shift();
    if (name === undefined || /^[,/()]$/.test(name)) throw invalidSelection(fields);
    return new Map([[name, parseInner(tokens, fields)]]);
  }
  if (tokens[0] !== '(') return new Map();
  tokens.shift();
  const mask = parseList(tokens, fields);
  if (tokens.shift() !== ')') throw invalidSelection(fields);
  return mask;
}

function invalidSelection(fields: string): GoogleApiError {
  return new GoogleApiError(400, 'invalidParameter', `Invalid field selection ${fields}`);
}
