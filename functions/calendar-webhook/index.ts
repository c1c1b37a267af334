import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { loadConfig } from '../../shared/runtime/config';
import { registerFunction } from '../../shared/runtime/serve-on-framework';
import { clock } from '../../shared/runtime/system';
import { calendarWebhookConfig } from './config';
import { createCalendarWebhookHandler } from './handler';

registerFunction('calendar-webhook', () => {
  const config = loadConfig(calendarWebhookConfig);
  return createCalendarWebhookHandler(
    { store: connectStore(config), bus: connectBus(config), syncTopic: config.TASK_SYNC_TOPIC },
    { logger: connectLogger(config), now: () => clock.now() },
  );
});
