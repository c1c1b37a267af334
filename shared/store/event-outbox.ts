import { isAttacheError } from '../domain/errors';
import type { Clock, DocumentStore, EventBus, Write } from '../domain/ports';
import { createEvent, listUnpublished, markPublished, type EventRecord } from './event-store';

/** An event outside of a mailbox's numbered mail. */
export type OutgoingEvent = Omit<EventRecord, 'sequence'>;

/**
 * Events that are recorded with what they tell of, in one commit, and published after it: whoever is killed in between
 * leaves them to the sweep. Agents may see one twice, by the same id.
 */
export interface EventOutbox {
  /** Goes into the commit. */
  record(event: OutgoingEvent): Write;
  /** After the commit. Never throws: what fails is published by the next sweep, and reported. */
  publish(event: OutgoingEvent): Promise<void>;
  /** What was left, oldest first. Resolves with how many events were published. Errors: those of store and bus. */
  publishDue(limit: number): Promise<number>;
}

/** So long whoever has recorded an event may take to publish it. */
const publishWithinMs = 60_000;

export function createEventOutbox(dependencies: {
  readonly store: DocumentStore;
  readonly bus: EventBus;
  readonly clock: Pick<Clock, 'now'>;
  readonly eventsTopic: string;
  readonly onFailure: (event: OutgoingEvent, error: unknown) => void;
}): EventOutbox {
  const { store, bus, clock, eventsTopic, onFailure } = dependencies;

  async function send({ id, type, mailbox, json }: OutgoingEvent): Promise<void> {
    const attributes = { id, type, mailbox, 'content-type': 'application/cloudevents+json' };
    await bus.publish(eventsTopic, [{ data: json, attributes, orderingKey: mailbox }]);
    try {
      await store.commit([markPublished(id)]);
    } catch (error) {
      // Expired meanwhile, and with it the mark.
      if (!isAttacheError(error, 'notFound')) throw error;
    }
  }

  return {
    record: (event) => createEvent({ ...event, sequence: 0 }, clock.now(), clock.now() + publishWithinMs),

    async publish(event) {
      try {
        await send(event);
      } catch (error) {
        onFailure(event, error);
      }
    },

    async publishDue(limit) {
      const due = await listUnpublished(store, clock.now(), limit);
      const failures: unknown[] = [];
      for (const event of due) await send(event).catch((error: unknown) => failures.push(error));
      // One that cannot be published does not keep the others back.
      if (failures.length > 0) throw failures[0];
      return due.length;
    },
  };
}
