import { tokenKeys } from '../../shared/platform/connection-config';
import { mailSettings, quotaSettings } from '../../shared/platform/mail-config';
import { composeConfig } from '../../shared/runtime/config';
import {
  delegation,
  googleEndpoints,
  jobBudget,
  project,
  scheduler,
  serving,
} from '../../shared/runtime/config-fragments';

export const watchRenewalConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  delegation,
  scheduler,
  mailSettings,
  tokenKeys,
  quotaSettings,
  jobBudget,
);
