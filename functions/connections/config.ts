import { connectionSettings, tokenEncryption } from '../../shared/platform/connection-config';
import { mailSettings } from '../../shared/platform/mail-config';
import { composeConfig, keyRule } from '../../shared/runtime/config';
import { agents, calendarDelegation, googleEndpoints, project, serving } from '../../shared/runtime/config-fragments';

const callback = serving.refine(
  ({ BASE_URL }) => BASE_URL,
  keyRule('BASE_URL', 'required: authorization servers send the browser back to it'),
);

export const connectionsConfig = composeConfig(
  project,
  callback,
  googleEndpoints,
  calendarDelegation,
  agents,
  connectionSettings,
  tokenEncryption,
  mailSettings.pick({ AGENT_EVENTS_TOPIC: true }),
);
