import { availabilityScopes } from '../../shared/google/calendar';
import { createIdTokenVerifier } from '../../shared/google/id-tokens';
import { connectLogger, connectStore } from '../../shared/platform/connect';
import { connectCalendars } from '../../shared/platform/connect-calendars';
import { authenticateCallers } from '../../shared/runtime/callers';
import { loadConfig } from '../../shared/runtime/config';
import { registerFunction } from '../../shared/runtime/serve-on-framework';
import { clock, random } from '../../shared/runtime/system';
import { createBookingStore } from '../../shared/store/booking-store';
import { createHostRulesStore } from '../../shared/store/host-rules-store';
import { cacheFreeBusy } from './cache-free-busy';
import { availabilityConfig } from './config';
import { createAvailabilityHandler } from './handler';

registerFunction('availability', () => {
  const config = loadConfig(availabilityConfig);
  const store = connectStore(config);
  const authenticate = authenticateCallers({
    agents: config.AGENTS,
    audiences: config.ID_TOKEN_AUDIENCES,
    verifyIdToken: createIdTokenVerifier({ certsUrl: config.GOOGLE_CERTS_URL }),
    now: () => clock.now(),
  });
  return createAvailabilityHandler(
    {
      store,
      hostRules: createHostRulesStore(store),
      listBookings: createBookingStore({ store, clock, random }).list,
      calendars: cacheFreeBusy(connectCalendars(config, availabilityScopes), clock),
      defaultWeekly: config.DEFAULT_WORKING_HOURS,
      clock,
    },
    { authenticate, logger: connectLogger(config), baseUrl: config.BASE_URL },
  );
});
