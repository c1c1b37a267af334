import * as z from 'zod';
import { weeklyHours } from '../../shared/domain/host-rules';
import { composeConfig, json } from '../../shared/runtime/config';
import { agents, calendarDelegation, googleEndpoints, project, serving } from '../../shared/runtime/config-fragments';

const scheduling = z.object({
  DEFAULT_WORKING_HOURS: json(weeklyHours)
    .default([{ days: [1, 2, 3, 4, 5], start: '09:00', end: '17:00' }])
    .describe('JSON: weekly hours of hosts without rules, in the zone of their calendar'),
});

export const availabilityConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  calendarDelegation,
  agents,
  scheduling,
);
