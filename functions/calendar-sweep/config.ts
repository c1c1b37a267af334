import { connectionSettings, tokenKeys, zoomSettings } from '../../shared/platform/connection-config';
import { eventSettings } from '../../shared/platform/scheduling-config';
import { composeConfig } from '../../shared/runtime/config';
import {
  calendarDelegation,
  googleEndpoints,
  jobBudget,
  project,
  scheduler,
  serving,
} from '../../shared/runtime/config-fragments';

export const calendarSweepConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  calendarDelegation,
  scheduler,
  eventSettings,
  connectionSettings.pick({ TASK_SYNC_TOPIC: true }),
  tokenKeys,
  zoomSettings,
  jobBudget,
);
