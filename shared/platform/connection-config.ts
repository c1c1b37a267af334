import * as z from 'zod';
import { httpUrl, json, keyRule } from '../runtime/config';
import { cloudRun } from '../runtime/config-fragments';

const keyBytes = 32;

const localKeys = json(
  z
    .record(
      z.string().regex(/^[\w-]{1,32}$/),
      z.base64().refine((key) => Buffer.from(key, 'base64').length === keyBytes, `expected ${keyBytes} bytes`),
    )
    .refine((keys) => Object.keys(keys).length > 0, 'expected at least one key'),
);

/** Keys of the functions that can act for users by their own consent; without any of them, by delegation only. */
export const tokenKeys = z
  .object({
    ...cloudRun.shape,
    TOKEN_KMS_KEY: z
      .string()
      .regex(/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/, 'expected a key’s full name')
      .optional()
      .describe('Cloud KMS key that wraps the data keys of stored tokens, as `projects/…/cryptoKeys/…`'),
    TOKEN_LOCAL_KEYS: localKeys
      .optional()
      .describe('JSON: key id → 32 bytes in base64, instead of Cloud KMS; the first one seals. Development only'),
    KMS_API_URL: httpUrl().default('https://cloudkms.googleapis.com/').describe('Root of the Cloud KMS API'),
  })
  .refine(
    ({ TOKEN_LOCAL_KEYS, K_SERVICE }) => !TOKEN_LOCAL_KEYS || !K_SERVICE,
    keyRule('TOKEN_LOCAL_KEYS', 'must not be set on Cloud Run: use TOKEN_KMS_KEY'),
  );

/** Keys of the functions that cannot do without. */
export const tokenEncryption = tokenKeys.refine(
  ({ TOKEN_KMS_KEY, TOKEN_LOCAL_KEYS }) => TOKEN_KMS_KEY ?? TOKEN_LOCAL_KEYS,
  keyRule('TOKEN_KMS_KEY', 'required; in development TOKEN_LOCAL_KEYS will do'),
);

/** Keys of the functions that connect accounts. */
export const connectionSettings = z.object({
  OAUTH_AUTHORIZATION_URL: httpUrl()
    .default('https://accounts.google.com/o/oauth2/v2/auth')
    .describe('Google’s consent page'),
  OAUTH_REVOKE_URL: httpUrl().default('https://oauth2.googleapis.com/revoke').describe('Where a consent is taken back'),
  TASK_SYNC_TOPIC: z.string().default('task-sync').describe('Topic that jobs of calendar sync go to'),
});

/** Keys of the functions that make Zoom meetings. Without a server-to-server app only users' own accounts are used. */
export const zoomSettings = z
  .object({
    ZOOM_API_URL: httpUrl().default('https://api.zoom.us/v2/').describe('Root of Zoom’s API'),
    ZOOM_OAUTH_URL: httpUrl().default('https://zoom.us/oauth/').describe('Root of Zoom’s OAuth endpoints'),
    ZOOM_ACCOUNT_ID: z.string().optional().describe('Account of a Zoom server-to-server app; with id and secret'),
    ZOOM_CLIENT_ID: z.string().optional().describe('Client id of the Zoom server-to-server app'),
    ZOOM_CLIENT_SECRET: z.string().optional().describe('Its secret'),
  })
  .refine(
    ({ ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET }) =>
      new Set([ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET].map((value) => value === undefined)).size === 1,
    keyRule('ZOOM_CLIENT_SECRET', 'ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET go together'),
  );
