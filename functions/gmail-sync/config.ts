import * as z from 'zod';
import { tokenKeys } from '../../shared/platform/connection-config';
import { mailSettings, quotaSettings } from '../../shared/platform/mail-config';
import { composeConfig, positiveInteger } from '../../shared/runtime/config';
import { delegation, googleEndpoints, project, push, serving } from '../../shared/runtime/config-fragments';

const limits = z.object({
  SYNC_BUDGET_SECONDS: positiveInteger()
    .default(240)
    .describe(
      'After so long an invocation hands the rest of a mailbox to the next one; keep it below the ack deadline',
    ),
  LEASE_SECONDS: positiveInteger()
    .default(90)
    .describe('How long a mailbox stays with a worker that gives no sign of life'),
});

export const gmailSyncConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  delegation,
  push,
  mailSettings,
  tokenKeys,
  quotaSettings,
  limits,
);
