import * as z from 'zod';
import { connectionSettings, tokenEncryption, zoomSettings } from '../../shared/platform/connection-config';
import { mailSettings } from '../../shared/platform/mail-config';
import { composeConfig } from '../../shared/runtime/config';
import { agents, calendarDelegation, googleEndpoints, project, serving } from '../../shared/runtime/config-fragments';

/** Authorization servers send the browser back to it. */
const callback = z.object({ ...serving.shape, BASE_URL: serving.shape.BASE_URL.unwrap() });

export const connectionsConfig = composeConfig(
  project,
  callback,
  googleEndpoints,
  calendarDelegation,
  agents,
  connectionSettings,
  tokenEncryption,
  zoomSettings,
  mailSettings.pick({ AGENT_EVENTS_TOPIC: true }),
);
