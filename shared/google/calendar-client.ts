import { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';

/**
 * Google's Calendar client as one chunk of its own in the bundle: it is loaded with the first call, not with the function.
 * Answers come as text, so that one that was cut is seen as such. Nothing is retried here: what is retried, and when, is
 * decided once, by the callers.
 */
export function createCalendarClient(
  rootUrl: string,
  timeoutMs: number,
  fetchImplementation: typeof fetch,
): calendar_v3.Calendar {
  return new calendar_v3.Calendar({
    rootUrl,
    timeout: timeoutMs,
    retry: false,
    responseType: 'text',
    fetchImplementation,
  });
}
