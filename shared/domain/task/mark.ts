import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What our events carry in `extendedProperties.private`. */
export interface Mark {
  readonly taskId: string;
  readonly type: string;
  /** The task's revision that was written. */
  readonly revision: number;
}

/** What a mark is good for: one event, by one deployment, through one connection. A copied event carries a copied mark. */
export interface MarkPlace {
  readonly connectionId: string;
  readonly eventId: string;
}

export interface Marks {
  /** Finds the events of this deployment: `name=value`. */
  readonly filter: string;
  sign(mark: Mark, place: MarkPlace): Record<string, string>;
  /** Undefined where it is not ours, or not of this place. */
  read(properties: Readonly<Record<string, string>>, place: MarkPlace): Mark | undefined;
}

/** `deployment` names this installation; `key` is secret and at least 32 characters long. */
export function createMarks(deployment: string, key: string): Marks {
  const signatureOf = ({ taskId, type, revision }: Mark, { connectionId, eventId }: MarkPlace): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([deployment, connectionId, eventId, taskId, type, revision]))
      .digest();
  return {
    filter: `${names.deployment}=${deployment}`,

    sign: (mark, place) => ({
      [names.deployment]: deployment,
      [names.taskId]: mark.taskId,
      [names.type]: mark.type,
      [names.revision]: String(mark.revision),
      [names.signature]: signatureOf(mark, place).toString('base64url'),
    }),

    read(properties, place) {
      const { [names.taskId]: taskId, [names.type]: type, [names.revision]: text = '' } = properties;
      const revision = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      if (taskId === undefined || type === undefined || Number.isNaN(revision)) return undefined;
      const mark = { taskId, type, revision };
      const given = Buffer.from(properties[names.signature] ?? '', 'base64url');
      const expected = signatureOf(mark, place);
      return given.length === expected.length && timingSafeEqual(given, expected) ? mark : undefined;
    },
  };
}

/**
 * The id that a task's event has: the same for every attempt to make it, so that an insert whose answer was lost finds
 * its own event. A generation ends when its event is deleted, because a deleted event keeps its id.
 */
export function eventIdOf(deployment: string, taskId: string, generation: number): string {
  const digest = createHash('sha256').update(`${deployment}\n${taskId}\n${generation}`).digest();
  return [...digest].map((byte) => BASE32_HEX[byte % 32]).join('');
}

/** All that Google takes in an event's id. */
const BASE32_HEX = '0123456789abcdefghijklmnopqrstuv';

const names = {
  deployment: 'attacheDeployment',
  taskId: 'attacheTask',
  type: 'attacheType',
  revision: 'attacheRevision',
  signature: 'attacheSignature',
} as const;
