import type { Calendars } from '../domain/calendar';
import { createAccessTokens } from '../google/access-tokens';
import { createCalendars } from '../google/calendar';
import { createTokenSource, type TokenSourceConfig } from '../google/token-sources';
import { clock } from '../runtime/system';

interface CalendarConfig extends TokenSourceConfig {
  readonly CALENDAR_API_URL: string;
  readonly CALENDAR_DELEGATED_SERVICE_ACCOUNT?: string | undefined;
  readonly ALLOWED_DOMAINS: readonly string[];
  readonly DENIED_USERS: readonly string[];
}

/** Calendar by domain-wide delegation, with no more scopes than the function needs. */
export function connectCalendars(config: CalendarConfig, scopes: readonly string[]): Calendars {
  const source = createTokenSource(config, { clock, serviceAccount: config.CALENDAR_DELEGATED_SERVICE_ACCOUNT });
  const { ALLOWED_DOMAINS: allowedDomains, DENIED_USERS: deniedUsers } = config;
  const tokens = createAccessTokens({ source, clock, allowedDomains, deniedUsers });
  return createCalendars({ tokens, apiUrl: config.CALENDAR_API_URL, scopes });
}
