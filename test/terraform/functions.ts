import { join } from 'node:path';
import * as z from 'zod';
import { repository } from './terraform';

/**
 * Keys that Terraform leaves alone: Cloud Run sets K_SERVICE itself, Google's addresses and the ways to authenticate are the
 * same in every deployment, and the rest is for development.
 */
const leftAlone = [
  'CALENDAR_API_URL',
  'FIRESTORE_EMULATOR_HOST',
  'GMAIL_API_URL',
  'GOOGLE_CERTS_URL',
  'IAM_CREDENTIALS_API_URL',
  'KMS_API_URL',
  'K_SERVICE',
  'OAUTH_AUTHORIZATION_URL',
  'OAUTH_REVOKE_URL',
  'OAUTH_TOKEN_URL',
  'PUBSUB_EMULATOR_HOST',
  'PUSH_AUTHENTICATION',
  'SCHEDULER_AUTHENTICATION',
  'SERVICE_ACCOUNT_KEY_FILE',
  'STATIC_ACCESS_TOKEN',
  'TOKEN_LOCAL_KEYS',
  'TOKEN_SOURCE',
  'ZOOM_API_URL',
  'ZOOM_OAUTH_URL',
];

/** What Cloud Functions is told to call: letters, digits, underscores and dots are all that it takes. */
export function entryPointOf(name: string): string {
  return name.replaceAll('-', '_');
}

/** What a function's `config.ts` parses its environment with. */
export async function configOf(name: string): Promise<z.ZodObject> {
  const module: unknown = await import(join(repository, 'functions', name, 'config'));
  const schemas = Object.values(z.record(z.string(), z.unknown()).parse(module));
  const schema = schemas.find((value) => value instanceof z.ZodObject);
  if (!schema) throw new Error(`functions/${name}/config.ts exports no schema.`);
  return schema;
}

/** The keys that a function reads and a deployment has to say. */
export function deployedKeys(schema: z.ZodObject): string[] {
  return Object.keys(schema.shape).filter((key) => !leftAlone.includes(key));
}
