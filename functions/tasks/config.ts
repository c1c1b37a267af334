import * as z from 'zod';
import { connectionSettings } from '../../shared/platform/connection-config';
import { eventSettings } from '../../shared/platform/scheduling-config';
import { taskSettings } from '../../shared/platform/task-config';
import { composeConfig } from '../../shared/runtime/config';
import { agents, calendarDelegation, certificates, project, serving } from '../../shared/runtime/config-fragments';

/** Whom delegation covers needs no consent. */
const { ALLOWED_DOMAINS, DENIED_USERS } = calendarDelegation.shape;
const delegatedUsers = z.object({ ALLOWED_DOMAINS, DENIED_USERS });

export const tasksConfig = composeConfig(
  project,
  serving,
  certificates,
  agents,
  delegatedUsers,
  connectionSettings.pick({ TASK_SYNC_TOPIC: true }),
  eventSettings,
  taskSettings,
);
