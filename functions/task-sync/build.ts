import { randomBytes } from 'node:crypto';
import { createMarks } from '../../shared/domain/task/mark';
import { authorizePush } from '../../shared/platform/authorize';
import { connectBus, connectLogger, connectStore } from '../../shared/platform/connect';
import { connectConnections } from '../../shared/platform/connect-connections';
import { fromEnvironment } from '../../shared/runtime/from-environment';
import { clock, random } from '../../shared/runtime/system';
import { createTaskStore } from '../../shared/store/task-store';
import { taskSyncConfig } from './config';
import { defaultTaskSyncSettings } from './dependencies';
import { createTaskSyncHandler } from './handler';

export const build = fromEnvironment(taskSyncConfig, (config) => {
  const store = connectStore(config);
  const bus = connectBus(config);
  const logger = connectLogger(config);
  const { outbox, ...connected } = connectConnections(config, { store, bus, logger });
  return createTaskSyncHandler(
    {
      ...connected,
      store,
      bus,
      clock,
      random,
      tasks: createTaskStore({ store, clock, outbox }),
      marks: createMarks(config.DEPLOYMENT, config.EVENT_SIGNING_KEY),
      newToken: () => randomBytes(32).toString('base64url'),
      settings: {
        ...defaultTaskSyncSettings,
        syncTopic: config.TASK_SYNC_TOPIC,
        deployment: config.DEPLOYMENT,
        managedBy: config.MANAGED_BY,
        webhookUrl: config.CALENDAR_WEBHOOK_URL,
      },
    },
    { authorize: authorizePush(config), logger },
  );
});
