import { mailSettings } from '../../shared/platform/mail-config';
import { composeConfig } from '../../shared/runtime/config';
import { certificates, jobBudget, project, scheduler, serving } from '../../shared/runtime/config-fragments';

export const mailboxSweepConfig = composeConfig(project, serving, certificates, scheduler, mailSettings, jobBudget);
