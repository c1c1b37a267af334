import * as z from 'zod';

/** An OAuth app that users consent to, in one document (`integrations/{id}`). Times are epoch milliseconds. */
export const integrationSchema = z.object({
  integrationId: z.string(),
  /** The caller that registered it: nobody else sees or uses it. */
  ownerId: z.string(),
  provider: z.enum(['google', 'zoom']),
  name: z.string(),
  clientId: z.string(),
  /** Made by a TokenCipher; opens in this field of this record only. */
  clientSecret: z.string(),
  /** `disabled`: no new consents; the ones given go on. */
  status: z.enum(['active', 'disabled']),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});

export type Integration = z.infer<typeof integrationSchema>;
export type Provider = Integration['provider'];
