import { randomUUID } from 'node:crypto';
import type { DocumentStore } from '../shared/domain/ports';
import type { pubsubProject } from '../test/integration/pubsub-emulator';
import type { Workspace } from '../test/workspace/server';

/** A function's first real request. */
export interface Work {
  /** Makes the work that there is to do. */
  prepare(): Promise<void>;
  request(): WorkRequest;
  /** Throws unless the work was done. */
  check(answer: string): Promise<void>;
}

export interface WorkRequest {
  readonly path: string;
  readonly init: RequestInit;
}

/** Where works are made and looked for. */
export interface WorkPlace {
  /** The one user that there is. */
  readonly emailAddress: string;
  readonly workspace: Workspace;
  readonly store: DocumentStore;
  readonly pubsub: ReturnType<typeof pubsubProject>;
  /** Requests as the functions get them: of an agent, of Cloud Scheduler, of a push subscription. */
  readonly asAgent: (method: string, path: string, body?: object) => WorkRequest;
  readonly asScheduler: (path: string) => WorkRequest;
  readonly asPush: (data: string) => WorkRequest;
}

export const prepared = async (): Promise<void> => {};

export function expectDone(condition: boolean, expected: string): void {
  if (!condition) throw new Error(`The work was not done: expected ${expected}.`);
}

/** What Pub/Sub POSTs. */
export function pushEnvelope(data: string, messageId: string = randomUUID()): string {
  return JSON.stringify({
    message: {
      messageId,
      data: Buffer.from(data).toString('base64'),
      publishTime: new Date().toISOString(),
      attributes: {},
    },
    subscription: 'projects/benchmark/subscriptions/benchmark',
  });
}
