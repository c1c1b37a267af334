import * as z from 'zod';
import { mailSettings } from '../../shared/platform/mail-config';
import { composeConfig, positiveInteger } from '../../shared/runtime/config';
import { certificates, project, scheduler, serving } from '../../shared/runtime/config-fragments';

const limits = z.object({
  JOB_BUDGET_SECONDS: positiveInteger()
    .default(240)
    .describe('After so long a job leaves the rest to its next run; keep it below the attempt deadline'),
});

export const mailboxSweepConfig = composeConfig(project, serving, certificates, scheduler, mailSettings, limits);
