/**
 * google-auth-library as one chunk of its own in the bundle: a function loads it with the first token that it verifies or
 * has signed, not with its start.
 */
export { GoogleAuth, OAuth2Client } from 'google-auth-library';
