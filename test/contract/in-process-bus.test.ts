import { clock, random } from '../../shared/runtime/system';
import { createInProcessBus } from '../../shared/store/in-process-bus';
import { describeEventBus } from './event-bus';

describeEventBus('The in-process bus', () => {
  const bus = createInProcessBus({ clock, random });
  return {
    bus,
    createTopic: async (topic) => bus.createTopic(topic),
    subscribe: async (topic, name, push) =>
      bus.subscribe(topic, { name, push, ordered: true, ackDeadlineMs: 10_000, minBackoffMs: 1, maxBackoffMs: 5 }),
    close: async () => bus.close(),
  };
});
