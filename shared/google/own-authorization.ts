import { AttacheError } from '../domain/errors';
import { fromGoogleError } from './errors';

/**
 * The `Authorization` header of the function's own service account, by application default credentials: the metadata server
 * on Cloud Run. Errors: `unavailable`, `rateLimited`, and `bug` with code `noCredentials`.
 */
export function createOwnAuthorization(): () => Promise<string> {
  let loading: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined;

  async function load() {
    const { GoogleAuth } = await import('./auth-library');
    return new GoogleAuth({
      scopes: 'https://www.googleapis.com/auth/cloud-platform',
      // Nothing here uses the project; without one given the library goes looking for it.
      projectId: '-',
      clientOptions: { transporterOptions: { fetchImplementation: fetch } },
    });
  }

  return async () => {
    try {
      const token = await (await (loading ??= load())).getAccessToken();
      if (token) return `Bearer ${token}`;
    } catch (error) {
      const translated = fromGoogleError(error, 'Getting the function’s own credentials');
      if (translated.kind === 'unavailable' || translated.kind === 'rateLimited') throw translated;
    }
    throw new AttacheError('bug', 'The function has no credentials of its own.', {
      code: 'noCredentials',
      fix: 'On Cloud Run, give the function a service account; elsewhere run `gcloud auth application-default login`.',
    });
  };
}
