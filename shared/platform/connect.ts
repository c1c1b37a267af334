import type { DueSettings } from '../domain/mailbox-record';
import type { DocumentStore, EventBus } from '../domain/ports';
import { createPubSubBus } from '../google/pubsub-bus';
import { createLogger, type Logger } from '../runtime/logger';
import { clock } from '../runtime/system';
import { createFirestoreStore } from '../store/firestore';

/** What a deployed function is made of, from its configuration. Nothing is loaded or connected before its first use. */

interface ProjectConfig {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly FIRESTORE_DATABASE: string;
  readonly FIRESTORE_EMULATOR_HOST?: string | undefined;
  readonly PUBSUB_EMULATOR_HOST?: string | undefined;
}

export function connectStore(config: ProjectConfig): DocumentStore {
  const { GOOGLE_CLOUD_PROJECT: projectId, FIRESTORE_DATABASE: databaseId, FIRESTORE_EMULATOR_HOST: host } = config;
  return createFirestoreStore({ projectId, databaseId, ...(host !== undefined && { emulatorHost: host }) });
}

export function connectBus(config: ProjectConfig): EventBus {
  return createPubSubBus({ projectId: config.GOOGLE_CLOUD_PROJECT, emulatorHost: config.PUBSUB_EMULATOR_HOST });
}

export function connectLogger(config: {
  readonly GOOGLE_CLOUD_PROJECT: string;
  readonly LOG_SEVERITY: 'debug' | 'info' | 'warning' | 'error';
}): Logger {
  return createLogger({
    now: () => clock.now(),
    severity: config.LOG_SEVERITY,
    projectId: config.GOOGLE_CLOUD_PROJECT,
  });
}

export function dueSettings(config: { readonly QUIET_MINUTES: number }): DueSettings {
  return { quietMs: config.QUIET_MINUTES * 60_000, retryAfterMs: 60_000 };
}
