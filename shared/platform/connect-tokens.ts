import type { DocumentStore, EventBus } from '../domain/ports';
import type { TokenCipher } from '../domain/token-cipher';
import { createGoogleRenewal } from '../google/google-consent';
import { createKmsKeyWrap } from '../google/kms-key-wrap';
import type { Logger } from '../runtime/logger';
import { clock, random } from '../runtime/system';
import { createConnectionStore } from '../store/connection-store';
import { createConnectionTokens } from '../store/connection-tokens';
import { createEnvelopeCipher } from '../store/envelope-cipher';
import { createEventOutbox } from '../store/event-outbox';
import { createIntegrationStore } from '../store/integration-store';
import { createLocalKeyWrap, type LocalKey } from '../store/local-key-wrap';
import { createOAuthTokenStore } from '../store/oauth-token-store';

export interface CipherConfig {
  readonly TOKEN_KMS_KEY?: string | undefined;
  readonly TOKEN_LOCAL_KEYS?: Readonly<Record<string, string>> | undefined;
  readonly KMS_API_URL: string;
}

/** What seals users' tokens: Cloud KMS, or in development the keys of the environment. */
export function connectCipher({ TOKEN_KMS_KEY, TOKEN_LOCAL_KEYS, KMS_API_URL }: CipherConfig): TokenCipher {
  if (TOKEN_KMS_KEY !== undefined) {
    return createEnvelopeCipher(createKmsKeyWrap({ keyName: TOKEN_KMS_KEY, kmsUrl: KMS_API_URL }), clock);
  }
  const [first, ...others] = Object.entries(TOKEN_LOCAL_KEYS ?? {}).map(([id, key]): LocalKey => {
    return { id, key: Buffer.from(key, 'base64') };
  });
  if (!first) throw new Error('The configuration lets no function start without a key.');
  return createEnvelopeCipher(createLocalKeyWrap([first, ...others]), clock);
}

export interface TokensConfig extends CipherConfig {
  readonly OAUTH_TOKEN_URL: string;
  readonly AGENT_EVENTS_TOPIC: string;
}

export interface Backend {
  readonly store: DocumentStore;
  readonly bus: EventBus;
  readonly logger: Logger;
}

/** What acting for users by their own consent takes. */
export function connectTokens(config: TokensConfig, { store, bus, logger }: Backend) {
  const cipher = connectCipher(config);
  const connections = createConnectionStore({ store, clock });
  const integrations = createIntegrationStore({ store, cipher, clock });
  const tokenStore = createOAuthTokenStore({ store, cipher, clock, random });
  /** Of the events that tell about connections and their tasks. */
  const outbox = createEventOutbox({
    store,
    bus,
    clock,
    eventsTopic: config.AGENT_EVENTS_TOPIC,
    onFailure: ({ id }, error) => logger.warning('An event waits for the sweep', { eventId: id, error }),
  });
  const consent = createGoogleRenewal({ tokenUrl: config.OAUTH_TOKEN_URL, clock });
  const tokensOf = createConnectionTokens({ connections, integrations, tokenStore, consent, clock, outbox });
  return { connections, integrations, tokenStore, tokensOf, outbox };
}
