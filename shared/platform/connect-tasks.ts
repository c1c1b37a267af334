import type { DocumentStore, EventBus } from '../domain/ports';
import type { Logger } from '../runtime/logger';
import { clock } from '../runtime/system';
import { createConnectionStore } from '../store/connection-store';
import { createEventOutbox } from '../store/event-outbox';
import { createTaskStore } from '../store/task-store';

/** Tasks on a document store and a bus, for functions that do not act for users themselves. */
export function connectTasks(
  { AGENT_EVENTS_TOPIC: eventsTopic }: { readonly AGENT_EVENTS_TOPIC: string },
  { store, bus, logger }: { readonly store: DocumentStore; readonly bus: EventBus; readonly logger: Logger },
) {
  const outbox = createEventOutbox({
    store,
    bus,
    clock,
    eventsTopic,
    onFailure: ({ id, type }, error) => logger.warning('event not published', { eventId: id, eventType: type, error }),
  });
  return { tasks: createTaskStore({ store, clock, outbox }), connections: createConnectionStore({ store, clock }) };
}
