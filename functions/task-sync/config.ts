import { connectionSettings, tokenEncryption, zoomSettings } from '../../shared/platform/connection-config';
import { eventSettings } from '../../shared/platform/scheduling-config';
import { taskEvents, taskSettings } from '../../shared/platform/task-config';
import { composeConfig } from '../../shared/runtime/config';
import { calendarDelegation, googleEndpoints, project, push, serving } from '../../shared/runtime/config-fragments';

export const taskSyncConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  calendarDelegation,
  push,
  connectionSettings,
  tokenEncryption,
  zoomSettings,
  eventSettings,
  taskSettings,
  taskEvents,
);
