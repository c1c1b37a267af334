import * as z from 'zod';

/** A user's own Zoom account, in one document (`zoomAccounts/{owner}`); its tokens are in `oauthTokens`. */
export const zoomAccountSchema = z.object({
  /** The user, by mailbox address. */
  owner: z.string(),
  /** The owner's. */
  domain: z.string(),
  /** The Zoom user's address. */
  account: z.string(),
  integrationId: z.string(),
  status: z.enum(['active', 'needsAuth']),
  statusReason: z.string().nullable(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});

export type ZoomAccount = z.infer<typeof zoomAccountSchema>;
