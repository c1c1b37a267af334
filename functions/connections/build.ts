import { authenticateAgents } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { connectConnections, connectConsentServers } from '../../shared/platform/connect-connections';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock } from '../../shared/runtime/system';
import { createTaskStore } from '../../shared/store/task-store';
import { connectionsConfig } from './config';
import { createConnectionTasks } from './connection-tasks';
import { createConnectionsHandler } from './handler';
import { redirectUriOf } from './routes';

export const build = fromEnvironment(connectionsConfig, (config) => {
  const store = connectStore(config);
  const bus = connectBus(config);
  const logger = connectLogger(config);
  const { outbox, ...connected } = connectConnections(config, { store, bus, logger });
  const syncTopic = config.TASK_SYNC_TOPIC;
  return createConnectionsHandler(
    {
      ...connected,
      consentServers: connectConsentServers(config),
      store,
      bus,
      clock,
      syncTopic,
      redirectUri: redirectUriOf(config.BASE_URL),
      deniedUsers: config.DENIED_USERS,
      tasks: createConnectionTasks({ tasks: createTaskStore({ store, clock, outbox }), bus, clock, syncTopic }),
    },
    { authenticate: authenticateAgents(config), logger, baseUrl: config.BASE_URL },
  );
});
