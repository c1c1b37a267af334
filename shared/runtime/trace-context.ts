import type { IncomingHttpHeaders } from 'node:http';

export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string | undefined;
  readonly sampled: boolean;
}

/** The trace a request belongs to: W3C `traceparent`, else Google's older `X-Cloud-Trace-Context` (`TRACE/SPAN;o=1`). */
export function traceContextOf(headers: IncomingHttpHeaders): TraceContext | undefined {
  const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(firstOf(headers.traceparent));
  if (w3c) return { traceId: w3c[1]!, spanId: w3c[2], sampled: (parseInt(w3c[3]!, 16) & 1) === 1 };

  const google = /^([0-9a-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?/.exec(firstOf(headers['x-cloud-trace-context']));
  if (!google) return undefined;
  // The older header writes the span in decimal, Cloud Logging wants it in hex.
  const spanId = google[2] === undefined ? undefined : BigInt(google[2]).toString(16).padStart(16, '0');
  return { traceId: google[1]!, spanId, sampled: google[3] === '1' };
}

function firstOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}
