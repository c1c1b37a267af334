import type { NormalizedMessage } from './event-schemas';
import { allValues, firstValue, readParameter, readToken, type HeaderField } from './header-values';

/** What tells machines from people (RFC 3834, RFC 2369, RFC 3464), so that two programs do not answer each other for ever. */
export function readAutomated(headers: readonly HeaderField[]): NormalizedMessage['automated'] {
  const has = (name: string) => firstValue(headers, name).trim() !== '';
  const precedence = readToken(firstValue(headers, 'precedence'));
  const autoSubmitted = readToken(firstValue(headers, 'auto-submitted'));
  const suppress = readToken(firstValue(headers, 'x-auto-response-suppress'));
  const contentType = firstValue(headers, 'content-type');
  const isReport = readToken(contentType) === 'multipart/report';
  const reportType = readParameter(contentType, 'report-type').toLowerCase();

  return {
    autoSubmitted:
      (autoSubmitted !== '' && autoSubmitted !== 'no') ||
      (suppress !== '' && suppress !== 'none') ||
      /^auto[-_]?reply$/.test(precedence) ||
      ['x-autoreply', 'x-autorespond', 'x-autoresponder'].some(has) ||
      isReport,
    bulk:
      /^(?:bulk|list|junk)$/.test(precedence) ||
      headers.some(({ name, value }) => isListField(name) && value.trim() !== ''),
    bounce:
      (isReport && reportType !== 'disposition-notification') ||
      has('x-failed-recipients') ||
      allValues(headers, 'return-path').some((value) => /^\s*<\s*>\s*$/.test(value.slice(0, 100))),
  };
}

function isListField(name: string): boolean {
  return /^list-(?:id|post|help|archive|owner|subscribe|unsubscribe)$/.test(name) || name === 'mailing-list';
}
