import { composeConfig } from '../../shared/runtime/config';
import { agents, delegation, googleEndpoints, project, serving } from '../../shared/runtime/config-fragments';
import { tokenKeys } from '../../shared/platform/connection-config';
import { mailSettings, quotaSettings } from '../../shared/platform/mail-config';

export const mailboxesConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  delegation,
  agents,
  mailSettings,
  tokenKeys,
  quotaSettings,
);
