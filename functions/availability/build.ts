import { availabilityScopes } from '../../shared/google/calendar';
import { authenticateAgents } from '../../shared/platform/authorize';
import { connectLogger, connectStore } from '../../shared/platform/connect';
import { connectCalendars } from '../../shared/platform/connect-calendars';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock, random } from '../../shared/runtime/system';
import { createBookingStore } from '../../shared/store/booking-store';
import { createHostRulesStore } from '../../shared/store/host-rules-store';
import { cacheFreeBusy } from './cache-free-busy';
import { availabilityConfig } from './config';
import { createAvailabilityHandler } from './handler';

export const build = fromEnvironment(availabilityConfig, (config) => {
  const store = connectStore(config);
  return createAvailabilityHandler(
    {
      store,
      hostRules: createHostRulesStore(store),
      listBookings: createBookingStore({ store, clock, random }).list,
      calendars: cacheFreeBusy(connectCalendars(config, availabilityScopes), clock),
      defaultWeekly: config.DEFAULT_WORKING_HOURS,
      clock,
    },
    { authenticate: authenticateAgents(config), logger: connectLogger(config), baseUrl: config.BASE_URL },
  );
});
