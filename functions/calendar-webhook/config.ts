import { connectionSettings } from '../../shared/platform/connection-config';
import { composeConfig } from '../../shared/runtime/config';
import { project, serving } from '../../shared/runtime/config-fragments';

export const calendarWebhookConfig = composeConfig(
  project,
  serving,
  connectionSettings.pick({ TASK_SYNC_TOPIC: true }),
);
