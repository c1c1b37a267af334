import { asAttacheError } from '../domain/errors';
import { scrub } from './scrub';
import type { TraceContext } from './trace-context';

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose every line carries these fields, and the trace where one is given. */
  child(fields: LogFields, trace?: TraceContext): Logger;
}

/** Fields that may stand in a log line. Add a name here when a line needs it; ids and numbers, never content. */
const FIELD_NAMES = [
  'attempt',
  'callerId',
  'calendarId',
  'channelId',
  'code',
  'connectionId',
  'count',
  'counts',
  'delayMs',
  'deliveryAttempt',
  'durationMs',
  'eventId',
  'eventType',
  'expiresAtMs',
  'fence',
  'function',
  'gmailMessageId',
  'historyId',
  'holdId',
  'job',
  'kind',
  'lagMs',
  'mailboxId',
  'meetingId',
  'messageId',
  'method',
  'operationId',
  'outcome',
  'provider',
  'reason',
  'requestId',
  'retryAfterMs',
  'route',
  'sequence',
  'skipReason',
  'stage',
  'startHistoryId',
  'status',
  'subscription',
  'taskId',
  'threadId',
  'topic',
  'webhookEndpointId',
] as const;

type FieldName = (typeof FIELD_NAMES)[number];
type FieldValue = string | number | boolean | undefined;

export type LogFields = {
  readonly [Name in FieldName]?: Name extends 'counts' ? Readonly<Record<string, number>> | undefined : FieldValue;
} & { readonly error?: unknown };

const SEVERITIES = ['debug', 'info', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface LoggerOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Receives one line without its end. Standard output by default. */
  readonly write?: (line: string) => void;
  /** The least severity that is written; `info` by default. */
  readonly severity?: Severity;
  /** Completes trace names, so that Cloud Logging groups the lines of one request. */
  readonly projectId?: string | undefined;
}

/**
 * One JSON object a line, as Cloud Logging reads it. Only fields named above pass, at run time too; every string is
 * scrubbed of addresses and credentials. `error` is any thrown value: a bug's stack also goes to Error Reporting.
 */
export function createLogger({
  now,
  write = (line) => void process.stdout.write(`${line}\n`),
  severity: threshold = 'info',
  projectId,
}: LoggerOptions): Logger {
  const loggerWith = (base: Readonly<Record<string, unknown>>): Logger => {
    const log =
      (severity: Severity) =>
      (message: string, fields: LogFields = {}) => {
        if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(threshold)) return;
        write(
          JSON.stringify({
            severity: severity.toUpperCase(),
            message: scrub(message),
            time: new Date(now()).toISOString(),
            ...base,
            ...allowed(fields),
          }),
        );
      };
    return {
      debug: log('debug'),
      info: log('info'),
      warning: log('warning'),
      error: log('error'),
      child: (fields, trace) => loggerWith({ ...base, ...allowed(fields), ...traceFields(trace, projectId) }),
    };
  };
  return loggerWith({});
}

const ALLOWED: ReadonlySet<string> = new Set(FIELD_NAMES);

function allowed(fields: LogFields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries<unknown>(fields)) {
    if (name === 'error') Object.assign(result, errorFields(value));
    else if (ALLOWED.has(name)) result[name] = loggable(value);
  }
  return result;
}

function loggable(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, count]) => typeof count === 'number')
      .map(([name, count]) => [scrub(name), count as number]),
  );
}

function errorFields(thrown: unknown): Record<string, unknown> {
  if (thrown === undefined) return {};
  const error = asAttacheError(thrown);
  const { kind, code, cause } = error;
  const fields = {
    error: {
      kind,
      code,
      message: scrub(error.message),
      cause: cause instanceof Error && cause.message !== error.message ? scrub(cause.message) : undefined,
    },
  };
  if (kind !== 'bug') return fields;
  // Error Reporting groups by the stack; the place where the bug was thrown says more than the place that caught it.
  const { stack } = cause instanceof Error ? cause : error;
  return {
    ...fields,
    '@type': 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent',
    stack_trace: scrub(stack ?? ''),
  };
}

function traceFields(trace: TraceContext | undefined, projectId: string | undefined): Record<string, unknown> {
  if (!trace) return {};
  return {
    'logging.googleapis.com/trace': projectId ? `projects/${projectId}/traces/${trace.traceId}` : trace.traceId,
    'logging.googleapis.com/spanId': trace.spanId,
    'logging.googleapis.com/trace_sampled': trace.sampled,
  };
}
