import { meetingScopes } from '../../shared/google/calendar';
import { authorizeScheduler } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { connectCalendars } from '../../shared/platform/connect-calendars';
import { connectMeetings } from '../../shared/platform/connect-meetings';
import { connectTasks } from '../../shared/platform/connect-tasks';
import { connectMeetingZoom } from '../../shared/platform/connect-zoom';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock, random } from '../../shared/runtime/system';
import { calendarSweepConfig } from './config';
import { createCalendarSweepHandler } from './handler';

export const build = fromEnvironment(calendarSweepConfig, (config) => {
  const logger = connectLogger(config);
  const store = connectStore(config);
  const bus = connectBus(config);
  const { meetings } = connectMeetings({ store, bus, clock, random, logger, eventsTopic: config.AGENT_EVENTS_TOPIC });
  return createCalendarSweepHandler(
    {
      ...connectTasks(config, { store, bus, logger }),
      meetings,
      bus,
      syncTopic: config.TASK_SYNC_TOPIC,
      calendars: connectCalendars(config, meetingScopes),
      zoom: connectMeetingZoom(config, store),
      clock,
      random,
      budgetMs: config.JOB_BUDGET_SECONDS * 1_000,
    },
    { authorize: authorizeScheduler(config), logger },
  );
});
