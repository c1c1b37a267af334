import * as z from 'zod';
import { mailSettings, quotaSettings } from '../../shared/platform/mail-config';
import { composeConfig, positiveInteger } from '../../shared/runtime/config';
import { delegation, googleEndpoints, project, scheduler, serving } from '../../shared/runtime/config-fragments';

const limits = z.object({
  JOB_BUDGET_SECONDS: positiveInteger()
    .default(240)
    .describe('After so long a job leaves the rest to its next run; keep it below the attempt deadline'),
});

export const watchRenewalConfig = composeConfig(
  project,
  serving,
  googleEndpoints,
  delegation,
  scheduler,
  mailSettings,
  quotaSettings,
  limits,
);
