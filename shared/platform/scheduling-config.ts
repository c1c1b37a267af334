import * as z from 'zod';
import { weeklyHours } from '../domain/host-rules';
import { json } from '../runtime/config';
import { mailSettings } from './mail-config';

export const schedulingSettings = z.object({
  DEFAULT_WORKING_HOURS: json(weeklyHours)
    .default([{ days: [1, 2, 3, 4, 5], start: '09:00', end: '17:00' }])
    .describe('JSON: weekly hours of hosts without rules, in the zone of their calendar'),
});

/** Keys of the functions that tell agents of something. */
export const eventSettings = mailSettings.pick({ AGENT_EVENTS_TOPIC: true });
