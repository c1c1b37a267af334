import type * as z from 'zod';
import type { authorization, connection, consentUrl, settings } from '../functions/connections/schema';
import { Problem, type Api } from './api';

export type Connection = z.infer<typeof connection>;
/** Changes settings; resolves with what they now are. */
export type Save = (change: z.input<typeof settings>) => Promise<Connection>;

/** Sends this browser to the consent page, from where it comes back to the connections. */
export async function goToConsent(api: Api, request: z.input<typeof authorization>): Promise<undefined> {
  const body = { ...request, returnTo: '/#connections' };
  const { authorizationUrl } = await api<z.infer<typeof consentUrl>>('POST /v1/connections:authorize', { body }).catch(
    (error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'integrationRequired') throw error;
      throw new Problem({
        detail: `There is no OAuth app of ${request.provider === 'zoom' ? 'Zoom' : 'Google'} to ask through, or more than one.`,
        fix: 'Register one under Setup; of several, choose one in the form below.',
      });
    },
  );
  location.assign(authorizationUrl);
}
