import type { Clock, DocumentStore, EventBus, Random } from '../domain/ports';
import type { Logger } from '../runtime/logger';
import { createBookingStore } from '../store/booking-store';
import { createEventOutbox } from '../store/event-outbox';
import { createIdempotencyKeys } from '../store/idempotency-keys';
import { createMeetingStore } from '../store/meeting-store';

/** Meetings on a document store and a bus: what `meetings` books with and `calendar-sweep` settles. */
export function connectMeetings(dependencies: {
  readonly store: DocumentStore;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly eventsTopic: string;
}) {
  const { store, clock, random, logger } = dependencies;
  const bookings = createBookingStore({ store, clock, random });
  const keys = createIdempotencyKeys(store, clock);
  const outbox = createEventOutbox({
    ...dependencies,
    onFailure: ({ id, type }, error) => logger.warning('event not published', { eventId: id, eventType: type, error }),
  });
  const meetings = createMeetingStore({ store, bookings, keys, outbox, clock });
  return { meetings, keys, listBookings: bookings.list };
}
