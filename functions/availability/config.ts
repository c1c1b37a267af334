import { schedulingSettings } from '../../shared/platform/scheduling-config';
import { composeConfig } from '../../shared/runtime/config';
import { agents, calendarDelegation, googleEndpoints, project, serving } from '../../shared/runtime/config-fragments';

export const availabilityConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  calendarDelegation,
  agents,
  schedulingSettings,
);
