import { meetingScopes } from '../../shared/google/calendar';
import { authenticateAgents } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { connectCalendars } from '../../shared/platform/connect-calendars';
import { connectMeetings } from '../../shared/platform/connect-meetings';
import { connectMeetingZoom } from '../../shared/platform/connect-zoom';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock, random } from '../../shared/runtime/system';
import { createHostRulesStore } from '../../shared/store/host-rules-store';
import { meetingsConfig } from './config';
import { createMeetingsHandler } from './handler';

export const build = fromEnvironment(meetingsConfig, (config) => {
  const store = connectStore(config);
  const logger = connectLogger(config);
  const bus = connectBus(config);
  return createMeetingsHandler(
    {
      ...connectMeetings({ store, bus, clock, random, logger, eventsTopic: config.AGENT_EVENTS_TOPIC }),
      store,
      hostRules: createHostRulesStore(store),
      calendars: connectCalendars(config, meetingScopes),
      zoom: connectMeetingZoom(config, store),
      defaultWeekly: config.DEFAULT_WORKING_HOURS,
      clock,
      random,
    },
    { authenticate: authenticateAgents(config), logger, baseUrl: config.BASE_URL },
  );
});
