import { tokenKeys, zoomSettings } from '../../shared/platform/connection-config';
import { composeConfig } from '../../shared/runtime/config';
import { agents, calendarDelegation, googleEndpoints, project, serving } from '../../shared/runtime/config-fragments';
import { eventSettings, schedulingSettings } from '../../shared/platform/scheduling-config';

export const meetingsConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  calendarDelegation,
  agents,
  schedulingSettings,
  eventSettings,
  tokenKeys,
  zoomSettings,
);
