import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock } from '../../shared/runtime/system';
import { calendarWebhookConfig } from './config';
import { createCalendarWebhookHandler } from './handler';

export const build = fromEnvironment(calendarWebhookConfig, (config) => {
  return createCalendarWebhookHandler(
    { store: connectStore(config), bus: connectBus(config), syncTopic: config.TASK_SYNC_TOPIC },
    { logger: connectLogger(config), now: () => clock.now() },
  );
});
