import { randomBytes } from 'node:crypto';
import { authenticateAgents } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { connectTasks } from '../../shared/platform/connect-tasks';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock } from '../../shared/runtime/system';
import { tasksConfig } from './config';
import { createTasksHandler } from './handler';

export const build = fromEnvironment(tasksConfig, (config) => {
  const store = connectStore(config);
  const bus = connectBus(config);
  const logger = connectLogger(config);
  const { ALLOWED_DOMAINS, DENIED_USERS } = config;
  return createTasksHandler(
    {
      ...connectTasks(config, { store, bus, logger }),
      store,
      bus,
      clock,
      logger,
      syncTopic: config.TASK_SYNC_TOPIC,
      managedBy: config.MANAGED_BY,
      isDelegated: (email) =>
        ALLOWED_DOMAINS.includes(email.slice(email.lastIndexOf('@') + 1)) && !DENIED_USERS.includes(email),
      newId: () => randomBytes(16).toString('hex'),
    },
    { authenticate: authenticateAgents(config), baseUrl: config.BASE_URL },
  );
});
