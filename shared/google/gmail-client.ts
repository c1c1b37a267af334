import { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1';

/**
 * Google's Gmail client as one chunk of its own in the bundle: it is loaded with the first call, not with the function.
 * Answers come as text, because numbers above 2^53 have to be seen before `JSON.parse` rounds them. Nothing is retried
 * here: what is retried, and when, is decided once, by the callers.
 */
export function createGmailClient(
  rootUrl: string,
  timeoutMs: number,
  fetchImplementation: typeof fetch,
): gmail_v1.Gmail {
  return new gmail_v1.Gmail({
    rootUrl,
    timeout: timeoutMs,
    retry: false,
    responseType: 'text',
    fetchImplementation,
  });
}
